// Lets packets out no faster than a rate (docs/spec/media.md §9): a bucket of credit, and a queue behind it. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "media/transport/limits.h"
#include "media/transport/time.h"

namespace pqc::media {

struct PacedPacket {
  std::int64_t transport_sequence = 0;
  std::size_t size = 0;
  std::array<std::uint8_t, limits::datagram> memory;
  [[nodiscard]] ByteView bytes() const { return ByteView(memory).first(size); }
};

class Pacer {
 public:
  // 0: no limit.
  void set_rate(std::uint64_t bits_per_second);
  // Whether a packet may leave now, before which nobody waits; its size is then taken from the credit.
  [[nodiscard]] bool pass(std::size_t size, Time now);
  // Puts a packet behind the others, at most limits::datagram bytes. False where the oldest was given up for it.
  bool push(ByteView packet, std::int64_t transport_sequence);
  // The next one that may leave; valid until the next push.
  [[nodiscard]] const PacedPacket* pop(Time now);
  // When pop() will have one.
  [[nodiscard]] std::optional<Time> due() const;

 private:
  void refill(Time now);
  [[nodiscard]] bool ready() const { return rate_ == 0 || credit_ > 0; }

  double rate_ = 0;    // bytes a second
  double credit_ = 0;  // bytes; below zero after a packet
  Time filled_{};
  std::vector<PacedPacket> queue_;  // a ring, made when there is first a rate
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace pqc::media
