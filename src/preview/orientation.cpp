#include "preview/orientation.h"

#include <algorithm>
#include <array>
#include <optional>

namespace pqc::preview {
namespace {

constexpr unsigned as_stored = 1;
constexpr std::uint32_t orientation_tag = 0x0112;
constexpr std::uint32_t type_short = 3;
constexpr std::size_t entry_bytes = 12;

// Numbers of a TIFF structure: of either byte order (TIFF 6.0 §2).
class Tiff {
 public:
  Tiff(ByteView bytes, bool little) : bytes_(bytes), little_(little) {}

  [[nodiscard]] std::optional<std::uint32_t> number(std::size_t at, std::size_t size) const {
    if (at > bytes_.size() || bytes_.size() - at < size) return std::nullopt;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value = value << 8 | bytes_[little_ ? at + size - 1 - i : at + i];
    return value;
  }

 private:
  ByteView bytes_;
  bool little_;
};

unsigned orientation_in(const Tiff& tiff) {
  const auto folder = tiff.number(4, 4);
  if (tiff.number(2, 2) != 42U || !folder) return as_stored;
  const auto entries = tiff.number(*folder, 2);
  for (std::uint32_t i = 0; i < entries.value_or(0); ++i) {
    const auto entry = std::size_t{*folder} + 2 + i * entry_bytes;
    const auto tag = tiff.number(entry, 2);
    if (!tag) return as_stored;
    if (*tag != orientation_tag) continue;
    const auto value = tiff.number(entry + 8, 2);
    const bool known = tiff.number(entry + 2, 2) == type_short && value && *value >= 1 && *value <= 8;
    return known ? *value : as_stored;
  }
  return as_stored;
}

unsigned orientation_in_exif(ByteView segment) {
  constexpr std::array<std::uint8_t, 6> mark{'E', 'x', 'i', 'f', 0, 0};
  if (segment.size() < mark.size() + 8 || !std::ranges::equal(segment.first(mark.size()), mark)) return as_stored;
  const auto tiff = segment.subspan(mark.size());
  const bool little = tiff[0] == 'I' && tiff[1] == 'I';
  const bool big = tiff[0] == 'M' && tiff[1] == 'M';
  return little || big ? orientation_in({tiff, little}) : as_stored;
}

}  // namespace

// Segments before the picture itself (ITU-T T.81 §B.1.1): 0xFF, a marker, and a length that counts itself.
unsigned orientation_of(ByteView jpeg) {
  constexpr std::uint8_t exif = 0xE1;
  constexpr std::uint8_t start_of_scan = 0xDA;
  for (std::size_t at = 2; jpeg.size() >= 4 && at <= jpeg.size() - 4;) {
    const auto marker = jpeg[at + 1];
    if (jpeg[at] != 0xFF || marker == start_of_scan) break;
    const std::size_t length = std::size_t{jpeg[at + 2]} << 8 | jpeg[at + 3];
    if (length < 2 || jpeg.size() - at - 2 < length) break;
    if (marker == exif) return orientation_in_exif(jpeg.subspan(at + 4, length - 2));
    at += 2 + length;
  }
  return as_stored;
}

}  // namespace pqc::preview
