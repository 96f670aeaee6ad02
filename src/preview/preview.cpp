#include "preview/preview.h"

#include "preview/decoders.h"
#include "preview/limits.h"
#include "preview/orientation.h"

namespace pqc::preview {

std::optional<Bytes> make_preview(ByteView file) {
  if (file.size() > limits::file_bytes) return std::nullopt;
  const bool jpeg = is_jpeg(file);
  if (!jpeg && !is_png(file)) return std::nullopt;
  const auto picture = jpeg ? decode_jpeg(file) : decode_png(file);
  if (!picture) return std::nullopt;
  const auto small = shrink(*picture, limits::preview_side);
  return encode_jpeg(turn(small, jpeg ? orientation_of(file) : 1), limits::preview_bytes);
}

}  // namespace pqc::preview
