// A decoded picture, and how a small one is made of it. Pure; any thread.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace pqc::preview {

// Rows from the top, three bytes (red, green, blue) a pixel.
struct Picture {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  Bytes pixels;

  [[nodiscard]] ByteView pixel(std::uint32_t x, std::uint32_t y) const {
    return ByteView(pixels).subspan((std::size_t{y} * width + x) * 3, 3);
  }
};

// Whether a picture of these sides is decoded at all.
[[nodiscard]] bool within_limits(std::uint64_t width, std::uint64_t height);

// No side longer than `side`, in the same proportion; each pixel the mean of those that it stands for. Never larger.
[[nodiscard]] Picture shrink(const Picture& picture, std::uint32_t side);

// As it is to be looked at: `orientation` is 1 to 8 (Exif 2.3 §4.6.4, tag 0x0112), 1 being as it is.
[[nodiscard]] Picture turn(const Picture& picture, unsigned orientation);

}  // namespace pqc::preview
