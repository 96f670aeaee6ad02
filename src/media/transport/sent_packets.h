// What was sent lately: when and how large each packet was, by its transport-wide number, for the peer's feedback; and
// the datagrams of streams whose lost packets are sent again.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "media/transport/limits.h"
#include "media/transport/time.h"

namespace pqc::media {

class SentPackets {
 public:
  struct Sent {
    std::int64_t sequence = -1;
    Time time;
    std::size_t size = 0;
    bool missing = false;  // when feedback last told of it
  };
  void add(std::int64_t transport_sequence, std::size_t size, Time now) {
    sent_[place(transport_sequence)] = {transport_sequence, now, size};
  }
  // Takes it out: feedback counts once.
  std::optional<Sent> take(std::int64_t transport_sequence) {
    auto& entry = sent_[place(transport_sequence)];
    if (transport_sequence < 0 || entry.sequence != transport_sequence) return std::nullopt;
    return std::exchange(entry, {});
  }
  void mark_missing(std::int64_t transport_sequence) {
    auto& entry = sent_[place(transport_sequence)];
    if (entry.sequence == transport_sequence) entry.missing = true;
  }
  // Takes out all that were sent before `end`, of those below `next`, and gives the ones that are missing: they come no
  // more. Of the others nothing was heard.
  void settle(Time end, std::int64_t next, auto&& lost) {
    oldest_ = std::max(oldest_, next - static_cast<std::int64_t>(limits::sent_packets));
    for (; oldest_ < next; ++oldest_) {
      auto& entry = sent_[place(oldest_)];
      if (entry.sequence != oldest_) continue;
      if (entry.time >= end) return;
      if (entry.missing) lost(entry);
      entry = {};
    }
  }

 private:
  static std::size_t place(std::int64_t sequence) {
    return static_cast<std::size_t>(static_cast<std::uint64_t>(sequence) % limits::sent_packets);
  }
  std::array<Sent, limits::sent_packets> sent_;
  std::int64_t oldest_ = 0;  // all below are taken
};

class KeptPackets {
 public:
  void add(std::uint16_t sequence, ByteView datagram) {
    if (kept_.empty()) kept_.resize(limits::kept_packets);
    auto& entry = kept_[sequence % kept_.size()];
    entry.sequence = sequence;
    entry.repeats = 0;
    entry.next = {};
    entry.size = datagram.size();
    std::ranges::copy(datagram, entry.memory.begin());
  }
  // Nothing for one that is gone, was asked for too often, or less than `pause` ago.
  std::optional<ByteView> repeat(std::uint16_t sequence, Time now, Time::duration pause) {
    if (kept_.empty()) return std::nullopt;
    auto& entry = kept_[sequence % kept_.size()];
    if (entry.size == 0 || entry.sequence != sequence) return std::nullopt;
    if (entry.repeats >= limits::repeats || now < entry.next) return std::nullopt;
    ++entry.repeats;
    entry.next = now + pause;
    return ByteView(entry.memory).first(entry.size);
  }

 private:
  struct Kept {
    std::uint16_t sequence = 0;
    std::uint8_t repeats = 0;
    Time next{};
    std::size_t size = 0;
    std::array<std::uint8_t, limits::datagram> memory{};
  };
  std::vector<Kept> kept_;  // made with the first packet
};

}  // namespace pqc::media
