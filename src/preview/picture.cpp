#include "preview/picture.h"

#include <algorithm>
#include <array>
#include <utility>

#include "preview/limits.h"

namespace pqc::preview {
namespace {

// The part of a side that one of `parts` equal pieces covers; never empty while parts <= length.
std::pair<std::uint32_t, std::uint32_t> piece(std::uint32_t length, std::uint32_t parts, std::uint32_t index) {
  const auto edge = [&](std::uint64_t i) { return static_cast<std::uint32_t>(i * length / parts); };
  return {edge(index), edge(std::uint64_t{index} + 1)};
}

std::array<std::uint8_t, 3> mean(const Picture& picture, std::pair<std::uint32_t, std::uint32_t> columns,
                                 std::pair<std::uint32_t, std::uint32_t> rows) {
  std::array<std::uint64_t, 3> sum{};
  for (auto y = rows.first; y < rows.second; ++y)
    for (auto x = columns.first; x < columns.second; ++x)
      for (std::size_t c = 0; c < 3; ++c) sum[c] += picture.pixel(x, y)[c];
  const auto count = std::uint64_t{columns.second - columns.first} * (rows.second - rows.first);
  std::array<std::uint8_t, 3> out{};
  for (std::size_t c = 0; c < 3; ++c) out[c] = static_cast<std::uint8_t>((sum[c] + count / 2) / count);
  return out;
}

}  // namespace

bool within_limits(std::uint64_t width, std::uint64_t height) {
  return width > 0 && height > 0 && width <= limits::side && height <= limits::side && width * height <= limits::pixels;
}

Picture shrink(const Picture& picture, std::uint32_t side) {
  const auto longer = std::max(picture.width, picture.height);
  if (longer <= side) return picture;
  const auto scaled = [&](std::uint32_t length) {
    return std::max<std::uint32_t>(1, static_cast<std::uint32_t>(std::uint64_t{length} * side / longer));
  };
  Picture out{.width = scaled(picture.width), .height = scaled(picture.height), .pixels = {}};
  out.pixels.reserve(std::size_t{out.width} * out.height * 3);
  for (std::uint32_t y = 0; y < out.height; ++y)
    for (std::uint32_t x = 0; x < out.width; ++x)
      append(out.pixels, mean(picture, piece(picture.width, out.width, x), piece(picture.height, out.height, y)));
  return out;
}

Picture turn(const Picture& picture, unsigned orientation) {
  if (orientation < 2 || orientation > 8) return picture;
  // 5 to 8 stand on their side. What is shown at (x, y) comes from (across, down) of the stored rows.
  const bool on_side = orientation >= 5;
  Picture out{.width = on_side ? picture.height : picture.width,
              .height = on_side ? picture.width : picture.height,
              .pixels = {}};
  out.pixels.reserve(picture.pixels.size());
  const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_below = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  for (std::uint32_t y = 0; y < out.height; ++y) {
    for (std::uint32_t x = 0; x < out.width; ++x) {
      const auto across = on_side ? y : x;
      const auto down = on_side ? x : y;
      append(out.pixels, picture.pixel(from_right ? picture.width - 1 - across : across,
                                       from_below ? picture.height - 1 - down : down));
    }
  }
  return out;
}

}  // namespace pqc::preview
