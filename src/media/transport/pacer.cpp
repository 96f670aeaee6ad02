#include "media/transport/pacer.h"

#include <algorithm>

namespace pqc::media {
namespace {

constexpr double burst_seconds = 0.005;

}  // namespace

void Pacer::set_rate(std::uint64_t bits_per_second) {
  rate_ = static_cast<double>(bits_per_second) / 8;
  if (rate_ > 0 && queue_.empty()) queue_.resize(limits::paced_packets);
}

void Pacer::refill(Time now) {
  const std::chrono::duration<double> passed = now - filled_;
  // One byte at least, so that a packet can leave at any rate.
  credit_ = std::min(credit_ + passed.count() * rate_, std::max(1.0, rate_ * burst_seconds));
  filled_ = now;
}

bool Pacer::pass(std::size_t size, Time now) {
  if (rate_ == 0 && size_ == 0) return true;
  refill(now);
  if (size_ != 0 || !ready()) return false;
  credit_ -= static_cast<double>(size);
  return true;
}

bool Pacer::push(ByteView packet, std::int64_t transport_sequence) {
  const bool full = size_ == queue_.size();
  if (full) {
    first_ = (first_ + 1) % queue_.size();
    --size_;
  }
  auto& place = queue_[(first_ + size_) % queue_.size()];
  std::ranges::copy(packet, place.memory.begin());
  place.size = packet.size();
  place.transport_sequence = transport_sequence;
  ++size_;
  return !full;
}

const PacedPacket* Pacer::pop(Time now) {
  if (size_ == 0) return nullptr;
  refill(now);
  if (!ready()) return nullptr;
  const auto& out = queue_[first_];
  first_ = (first_ + 1) % queue_.size();
  --size_;
  credit_ -= static_cast<double>(out.size);
  return &out;
}

std::optional<Time> Pacer::due() const {
  if (size_ == 0) return std::nullopt;
  if (ready()) return filled_;
  const std::chrono::duration<double> wait((1 - credit_) / rate_);
  return filled_ + std::chrono::ceil<Time::duration>(wait);
}

}  // namespace pqc::media
