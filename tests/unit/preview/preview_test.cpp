// Small pictures of pictures, and what the process that makes them may still do.
#include "preview/preview.h"

#include <array>
#include <cerrno>
#include <random>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <png.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "preview/confinement.h"
#include "preview/decoders.h"
#include "preview/limits.h"
#include "preview/orientation.h"

namespace pqc::preview {
namespace {

using Colour = std::array<std::uint8_t, 3>;
constexpr Colour red{255, 0, 0};
constexpr Colour green{0, 255, 0};
constexpr Colour blue{0, 0, 255};
constexpr Colour black{0, 0, 0};

// A colour a quarter: top left, top right, bottom left, bottom right.
Picture quarters(std::uint32_t width, std::uint32_t height, const std::array<Colour, 4>& colours) {
  Picture out{.width = width, .height = height, .pixels = {}};
  for (std::uint32_t y = 0; y < height; ++y)
    for (std::uint32_t x = 0; x < width; ++x)
      append(out.pixels, colours[(y < height / 2 ? 0U : 2U) + (x < width / 2 ? 0U : 1U)]);
  return out;
}

Picture noise(std::uint32_t width, std::uint32_t height) {
  std::mt19937 random(7);
  Picture out{.width = width, .height = height, .pixels = Bytes(std::size_t{3} * width * height)};
  for (auto& byte : out.pixels) byte = static_cast<std::uint8_t>(random());
  return out;
}

Bytes png_of(std::uint32_t width, std::uint32_t height, png_uint_32 format, ByteView pixels) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = width;
  image.height = height;
  image.format = format;
  png_alloc_size_t size = 0;
  if (png_image_write_to_memory(&image, nullptr, &size, 0, pixels.data(), 0, nullptr) == 0) return {};
  Bytes out(size);
  if (png_image_write_to_memory(&image, out.data(), &size, 0, pixels.data(), 0, nullptr) == 0) return {};
  return out;
}
Bytes png_of(const Picture& picture) {
  return png_of(picture.width, picture.height, PNG_FORMAT_RGB, picture.pixels);
}

Bytes jpeg_of(const Picture& picture) {
  return encode_jpeg(picture, 1 << 20).value_or(Bytes());
}

// The same JPEG with a description that holds nothing but how it is to be turned.
Bytes with_orientation(const Bytes& jpeg, std::uint8_t orientation, bool little) {
  const Bytes big_tiff{'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0};
  const Bytes little_tiff{'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0};
  Bytes segment{0xFF, 0xE1, 0, 30, 'E', 'x', 'i', 'f', 0, 0};
  append(segment, little ? little_tiff : big_tiff);
  Bytes out(jpeg);
  out.insert(out.begin() + 2, segment.begin(), segment.end());
  return out;
}

// The colour in the middle of each quarter, by what it is nearest to.
std::string quarters_of(const Picture& picture) {
  std::string out;
  for (const auto& [x, y] : {std::pair(1U, 1U), std::pair(3U, 1U), std::pair(1U, 3U), std::pair(3U, 3U)}) {
    const auto pixel = picture.pixel(picture.width * x / 4, picture.height * y / 4);
    const auto strong = [&](std::size_t c) { return pixel[c] > 128; };
    out += strong(0) && strong(1) && strong(2) ? 'w' : strong(0) ? 'r' : strong(1) ? 'g' : strong(2) ? 'b' : 'k';
  }
  return out;
}

Picture preview_of(ByteView file) {
  const auto made = make_preview(file);
  EXPECT_TRUE(made);
  if (!made) return {};
  EXPECT_LE(made->size(), limits::preview_bytes);
  EXPECT_TRUE(is_jpeg(*made));
  return decode_jpeg(*made).value_or(Picture{});
}

TEST(Preview, HasTheProportionsOfThePictureAndAtMost160PixelsASide) {
  struct Case {
    std::uint32_t width, height, small_width, small_height;
  };
  for (const auto& c : {Case{1, 1, 1, 1}, Case{160, 160, 160, 160}, Case{100, 7, 100, 7}, Case{161, 80, 160, 79},
                        Case{1000, 10, 160, 1}, Case{3, 2000, 1, 160}, Case{1500, 900, 160, 96}}) {
    const auto picture = quarters(c.width, c.height, {red, green, blue, black});
    for (const auto& file : {png_of(picture), jpeg_of(picture)}) {
      const auto small = preview_of(file);
      EXPECT_EQ(small.width, c.small_width) << c.width << "x" << c.height;
      EXPECT_EQ(small.height, c.small_height) << c.width << "x" << c.height;
    }
  }
}

TEST(Preview, ShowsWhatThePictureShows) {
  const auto picture = quarters(1'000, 700, {red, green, blue, black});
  EXPECT_EQ(quarters_of(preview_of(png_of(picture))), "rgbk");
  EXPECT_EQ(quarters_of(preview_of(jpeg_of(picture))), "rgbk");
}

TEST(Preview, WhatIsTransparentIsWhite) {
  const Bytes clear(std::size_t{4} * 50 * 50, 0);
  EXPECT_EQ(quarters_of(preview_of(png_of(50, 50, PNG_FORMAT_RGBA, clear))), "wwww");
}

TEST(Preview, OtherKindsOfPngAreTaken) {
  EXPECT_EQ(quarters_of(preview_of(png_of(40, 40, PNG_FORMAT_GRAY, Bytes(40 * 40, 255)))), "wwww");
  EXPECT_EQ(quarters_of(preview_of(png_of(40, 40, PNG_FORMAT_GA, Bytes(40 * 40 * 2, 255)))), "wwww");
  const Bytes deep(std::size_t{40} * 40 * 3 * 2, 0xFF);
  EXPECT_EQ(quarters_of(preview_of(png_of(40, 40, PNG_FORMAT_LINEAR_RGB, deep))), "wwww");
}

TEST(Preview, IsTurnedAsTheCameraWasHeld) {
  const auto jpeg = jpeg_of(quarters(400, 200, {red, green, blue, black}));
  const std::array<std::string, 9> seen{"rgbk", "rgbk", "grkb", "kbgr", "bkrg", "rbgk", "brkg", "kgbr", "gkrb"};
  for (std::uint8_t orientation = 0; orientation <= 8; ++orientation) {
    for (const bool little : {false, true}) {
      const auto small = preview_of(with_orientation(jpeg, orientation, little));
      EXPECT_EQ(quarters_of(small), seen.at(orientation)) << int{orientation};
      EXPECT_EQ(small.width, orientation >= 5 ? 80U : 160U) << int{orientation};
    }
  }
}

TEST(Preview, ADescriptionThatCannotBeIsPassedOver) {
  const auto good = with_orientation(jpeg_of(quarters(40, 20, {red, green, blue, black})), 6, false);
  ASSERT_EQ(orientation_of(good), 6U);
  constexpr std::size_t segment = 2;
  constexpr std::size_t tiff = segment + 10;
  for (std::size_t at = segment; at < tiff + 22; ++at) {
    for (const int value : {0, 1, 0x7F, 0x80, 0xFF}) {
      auto bad = good;
      bad[at] = static_cast<std::uint8_t>(value);
      const auto found = orientation_of(bad);
      EXPECT_TRUE(found >= 1 && found <= 8);
    }
  }
  for (std::size_t size = 0; size <= good.size(); ++size) {
    const auto found = orientation_of(ByteView(good).first(size));
    EXPECT_TRUE(found == 1 || found == 6);
  }
}

TEST(Preview, NoiseFitsAsWell) {
  const auto picture = noise(640, 640);
  EXPECT_EQ(preview_of(png_of(picture)).width, 160U);
  EXPECT_EQ(preview_of(png_of(noise(160, 160))).width, 160U);
}

TEST(Preview, SaysNothingOfWhereItComesFrom) {
  const auto made = make_preview(with_orientation(jpeg_of(quarters(400, 200, {red, green, blue, black})), 3, true));
  ASSERT_TRUE(made);
  EXPECT_FALSE(as_text(*made).contains("Exif"));
}

TEST(Preview, WhatIsNoPictureHasNone) {
  for (const auto* const text : {"", "x", "hello", "\x89PNG\r\n\x1a\n", "\xFF\xD8\xFF", "GIF89a", "<svg/>"})
    EXPECT_FALSE(make_preview(as_bytes(text))) << text;
  EXPECT_FALSE(make_preview(Bytes(limits::file_bytes + 1, 0xFF)));
}

TEST(Preview, APartOfAPictureDoesNoHarm) {
  const auto picture = quarters(90, 60, {red, green, blue, black});
  for (const auto& file : {png_of(picture), jpeg_of(picture)}) {
    for (std::size_t size = 0; size < file.size(); size += 1 + size / 40) {
      const auto made = make_preview(ByteView(file).first(size));
      EXPECT_TRUE(!made || is_jpeg(*made));
    }
  }
}

TEST(Preview, EveryDamagedByteDoesNoHarm) {
  const auto picture = quarters(20, 12, {red, green, blue, black});
  for (const auto& file : {png_of(picture), jpeg_of(picture)}) {
    for (std::size_t at = 0; at < file.size(); ++at) {
      auto bad = file;
      bad[at] ^= 0x55;
      const auto made = make_preview(bad);
      EXPECT_TRUE(!made || (is_jpeg(*made) && made->size() <= limits::preview_bytes));
    }
  }
}

// What the child answers: 0 when all of it is refused.
int what_is_left() {
  if (!confine()) return 1;
  const auto refused = [](long result) { return result < 0 && errno == EPERM; };
  if (!refused(::open("/etc/passwd", O_RDONLY))) return 2;
  if (!refused(::socket(AF_INET, SOCK_STREAM, 0))) return 3;
  if (!refused(::socket(AF_UNIX, SOCK_STREAM, 0))) return 4;
  if (!refused(::fork())) return 5;
  char* const nothing[] = {nullptr};
  if (!refused(::execve("/bin/true", nothing, nothing))) return 6;
  if (!refused(::kill(::getppid(), 0))) return 7;
  if (::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED) return 8;
  if (!refused(::dup(0))) return 9;
  // Its work is still possible.
  const auto made = make_preview(png_of(quarters(300, 200, {red, green, blue, black})));
  return made ? 0 : 10;
}

TEST(PreviewProcess, Threat14MayOnlyReadWriteAndEnd) {
  const auto child = ::fork();
  if (child == 0) ::_exit(what_is_left());
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace pqc::preview
