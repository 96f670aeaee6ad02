#include "client/recording/track.h"

#include <algorithm>

#include "client/recording/limits.h"
#include "media/voice/payload.h"

namespace pqc::client {
namespace {

namespace voice = media::voice;

constexpr auto block_samples = static_cast<std::int32_t>(voice::limits::block_samples);

// In blocks. Beyond these a frame is of a stream that began anew.
constexpr std::int64_t most_early = 50;
constexpr std::int64_t most_late = limits::recording_reorder / std::chrono::milliseconds(10);
constexpr std::int64_t drift_window = 500;
constexpr std::int64_t most_drift = 6;
constexpr std::size_t most_made_up = 5;

}  // namespace

std::optional<Track> Track::create() {
  auto decoder = voice::Decoder::create();
  if (!decoder) return std::nullopt;
  return Track(std::move(*decoder));
}

std::int64_t Track::place(std::int64_t now, std::uint32_t timestamp) {
  const auto distance = static_cast<std::int32_t>(timestamp - timestamp_) / block_samples;
  const auto lateness = now - (block_ + distance);
  if (!begun_ || lateness < -most_early || lateness > most_late) {
    begun_ = true;
    timestamp_ = timestamp;
    block_ = now;
    window_ = now;
    least_lateness_ = 0;
    return now;
  }
  follow_drift(now, lateness);
  return block_ + static_cast<std::int32_t>(timestamp - timestamp_) / block_samples;
}

void Track::follow_drift(std::int64_t now, std::int64_t lateness) {
  least_lateness_ = std::min(least_lateness_, lateness);
  if (now - window_ < drift_window) return;
  if (least_lateness_ > most_drift || least_lateness_ < -most_drift) block_ += least_lateness_;
  window_ = now;
  least_lateness_ = most_late;
}

void Track::put(std::int64_t block, std::size_t blocks, ByteView packet) {
  if (block < next_) return;
  end_ = std::max(end_, block + static_cast<std::int64_t>(blocks));
  frames_.try_emplace(block, Frame{.blocks = blocks, .packet = to_bytes(packet)});
}

void Track::add(std::chrono::milliseconds time, std::uint32_t timestamp, ByteView bytes) {
  const auto payload = voice::parse_payload(bytes);
  if (!payload) return;
  const auto block = place(time.count() / 10, timestamp);
  const auto blocks = voice::blocks_of(payload->duration);
  put(block, blocks, payload->opus);
  if (!payload->previous.empty()) put(block - static_cast<std::int64_t>(blocks), blocks, payload->previous);
}

void Track::take(Block out) {
  if (left_ == 0) {
    const auto found = frames_.find(next_);
    if (found != frames_.end()) {
      decoded_size_ = left_ = found->second.blocks * voice::limits::block_samples;
      const auto samples = std::span(decoded_).first(decoded_size_);
      if (!decoder_.decode(found->second.packet, samples)) decoder_.conceal(samples);
      made_up_ = 0;
    } else {
      decoded_size_ = left_ = voice::limits::block_samples;
      const auto samples = std::span(decoded_).first(decoded_size_);
      const bool silent = next_ >= end_ || made_up_ == most_made_up || !begun_;
      if (silent)
        std::ranges::fill(samples, std::int16_t{0});
      else
        decoder_.conceal(samples);
      if (!silent) ++made_up_;
    }
  }
  std::ranges::copy(std::span(decoded_).first(decoded_size_).last(left_).first<voice::limits::block_samples>(),
                    out.begin());
  left_ -= out.size();
  ++next_;
  frames_.erase(frames_.begin(), frames_.lower_bound(next_));
}

}  // namespace pqc::client
