#include "media/voice/payload.h"

#include <opus.h>

#include "media/voice/limits.h"

namespace pqc::media::voice {

namespace {

constexpr std::uint8_t duration_mask = 0x03;
constexpr std::uint8_t redundancy_bit = 0x04;
constexpr std::uint8_t filled_bit = 0x08;
constexpr std::uint8_t recorded_bit = 0x10;
constexpr std::uint8_t reserved_bits = 0xe0;

constexpr auto malformed = std::unexpected(Error::malformed);

bool well_formed(std::uint8_t header) {
  const bool filled_alone = (header & (filled_bit | redundancy_bit)) == filled_bit;
  return (header & reserved_bits) == 0 && (header & duration_mask) != duration_mask && !filled_alone;
}

bool lasts(ByteView opus, FrameDuration duration) {
  if (opus.empty() || opus.size() > limits::opus_packet_bytes) return false;
  const int samples =
      opus_packet_get_nb_samples(opus.data(), static_cast<opus_int32>(opus.size()), limits::sample_rate);
  return samples == static_cast<int>(samples_of(duration));
}

}  // namespace

Result<Payload> parse_payload(ByteView bytes) {
  if (bytes.empty() || !well_formed(bytes[0])) return malformed;
  Payload out{.duration = static_cast<FrameDuration>(bytes[0] & duration_mask),
              .opus = bytes.subspan(1),
              .redundancy = (bytes[0] & redundancy_bit) != 0,
              .previous = {}};
  if (out.redundancy) {
    if (out.opus.size() % 2 != 0) return malformed;
    const auto half = out.opus.size() / 2;
    if ((bytes[0] & filled_bit) != 0) out.previous = out.opus.subspan(half);
    out.opus = out.opus.first(half);
  }
  if (!lasts(out.opus, out.duration)) return malformed;
  if (!out.previous.empty() && !lasts(out.previous, out.duration)) return malformed;
  return out;
}

void mark_recorded(ByteSpan payload, bool recorded) {
  if (payload.empty()) return;
  payload[0] = static_cast<std::uint8_t>(recorded ? payload[0] | recorded_bit : payload[0] & ~recorded_bit);
}

bool is_recorded(ByteView payload) {
  return !payload.empty() && (payload[0] & recorded_bit) != 0;
}

ByteView write_payload(const Payload& payload, ByteSpan out) {
  const auto n = payload.opus.size();
  const bool filled = payload.redundancy && payload.previous.size() == n;
  out[0] = static_cast<std::uint8_t>(static_cast<unsigned>(payload.duration) |
                                     (payload.redundancy ? redundancy_bit : 0U) | (filled ? filled_bit : 0U));
  std::ranges::copy(payload.opus, out.begin() + 1);
  if (!payload.redundancy) return out.first(1 + n);
  const auto copy = out.subspan(1 + n, n);
  if (filled) {
    std::ranges::copy(payload.previous, copy.begin());
  } else {
    std::ranges::fill(copy, std::uint8_t{0});
  }
  return out.first(1 + 2 * n);
}

}  // namespace pqc::media::voice
