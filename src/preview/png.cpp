// libpng's simplified interface (libpng-manual.txt §V): it keeps libpng's jumps to itself.
#include <algorithm>
#include <array>

#include <png.h>

#include "preview/decoders.h"

namespace pqc::preview {
namespace {

constexpr std::array<std::uint8_t, 8> signature{0x89, 'P', 'N', 'G', 0x0D, 0x0A, 0x1A, 0x0A};

// Frees what libpng holds, at the end or where it gave up.
struct Reader {
  png_image image{};
  Reader() { image.version = PNG_IMAGE_VERSION; }
  ~Reader() { png_image_free(&image); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
};

}  // namespace

bool is_png(ByteView file) {
  return file.size() > signature.size() && std::ranges::equal(file.first(signature.size()), signature);
}

std::optional<Picture> decode_png(ByteView file) {
  Reader reader;
  auto& image = reader.image;
  if (png_image_begin_read_from_memory(&image, file.data(), file.size()) == 0) return std::nullopt;
  if (!within_limits(image.width, image.height)) return std::nullopt;
  image.format = PNG_FORMAT_RGB;
  Picture out{
      .width = image.width, .height = image.height, .pixels = Bytes(std::size_t{3} * image.width * image.height)};
  const png_color white{255, 255, 255};
  if (png_image_finish_read(&image, &white, out.pixels.data(), 0, nullptr) == 0) return std::nullopt;
  return out;
}

}  // namespace pqc::preview
