// Pictures: whatever comes in, nothing comes out or a small JPEG that has a preview itself.
#include <cstdlib>

#include "preview/decoders.h"
#include "preview/limits.h"
#include "preview/orientation.h"
#include "preview/preview.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pqc;
  const ByteView file(data, size);
  const auto orientation = preview::orientation_of(file);
  if (orientation < 1 || orientation > 8) std::abort();
  const auto made = preview::make_preview(file);
  if (!made) return 0;
  if (made->size() > preview::limits::preview_bytes || !preview::is_jpeg(*made)) std::abort();
  const auto again = preview::decode_jpeg(*made);
  if (!again || again->width > preview::limits::preview_side || again->height > preview::limits::preview_side)
    std::abort();
  return 0;
}
