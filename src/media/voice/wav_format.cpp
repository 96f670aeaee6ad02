#include "media/voice/wav_format.h"

#include <algorithm>
#include <optional>

#include "media/voice/limits.h"

namespace pqc::media::voice {

namespace {

constexpr std::uint16_t format_pcm = 1;
constexpr std::uint16_t format_extensible = 0xfffe;

std::uint32_t little(ByteView bytes, std::size_t at, std::size_t width) {
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < width; ++i) out |= std::uint32_t{bytes[at + i]} << (8 * i);
  return out;
}

bool named(ByteView bytes, std::string_view name) {
  return as_text(bytes.first(name.size())) == name;
}

// The head of a "fmt " chunk, which has 16 bytes at least. The extensible form has the format again in its byte 24.
Result<WavLayout> parse_format(ByteView chunk) {
  auto format = little(chunk, 0, 2);
  if (format == format_extensible && chunk.size() >= 26) format = little(chunk, 24, 2);
  const WavLayout out{.channels = static_cast<std::uint16_t>(little(chunk, 2, 2)),
                      .sample_rate = little(chunk, 4, 4),
                      .data_offset = 0,
                      .data_bytes = 0};
  const bool usable = format == format_pcm && little(chunk, 14, 2) == 16 && (out.channels == 1 || out.channels == 2) &&
                      out.sample_rate >= limits::least_file_rate && out.sample_rate <= limits::most_file_rate;
  if (!usable) return std::unexpected(Error::unsupported_wav);
  return out;
}

}  // namespace

Result<WavLayout> parse_wav(ByteView start) {
  start = start.first(std::min(start.size(), limits::wav_head_bytes));
  if (start.size() < 12 || !named(start, "RIFF") || !named(start.subspan(8), "WAVE")) {
    return std::unexpected(Error::not_wav);
  }
  std::optional<WavLayout> layout;
  for (std::size_t at = 12; start.size() - at >= 8;) {
    const auto chunk = start.subspan(at);
    const auto size = little(chunk, 4, 4);
    const auto body = chunk.subspan(8);
    if (named(chunk, "data")) {
      if (!layout) break;
      layout->data_offset = at + 8;
      layout->data_bytes = size;
      return *layout;
    }
    if (size > body.size()) break;
    if (named(chunk, "fmt ")) {
      if (layout || size < 16) break;
      const auto format = parse_format(body.first(size));
      if (!format) return format;
      layout = *format;
    }
    // Chunks start at even places.
    at += std::min<std::size_t>(8 + size + size % 2, chunk.size());
  }
  return std::unexpected(Error::not_wav);
}

WavHead make_wav_head(std::uint32_t data_bytes, std::uint16_t channels) {
  const std::uint32_t frame_bytes = 2U * channels;
  WavHead out{};
  std::size_t at = 0;
  const auto text = [&](std::string_view name) {
    std::ranges::copy(name, out.begin() + static_cast<std::ptrdiff_t>(at));
    at += name.size();
  };
  const auto number = [&](std::uint32_t value, std::size_t width) {
    for (std::size_t i = 0; i < width; ++i) out[at++] = static_cast<std::uint8_t>(value >> (8 * i));
  };
  text("RIFF");
  number(data_bytes + 36, 4);
  text("WAVEfmt ");
  number(16, 4);
  number(format_pcm, 2);
  number(channels, 2);
  number(limits::sample_rate, 4);
  number(limits::sample_rate * frame_bytes, 4);
  number(frame_bytes, 2);
  number(16, 2);
  text("data");
  number(data_bytes, 4);
  return out;
}

}  // namespace pqc::media::voice
