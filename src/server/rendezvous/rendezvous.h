// Two who know the same code find each other: each leaves sealed bytes in a slot and gets those of the other
// (docs/spec/rendezvous.md). In memory only, of bounded size; knows neither the code nor who they are. One thread.
//
//   empty ──first──► waiting ──second──► met ──slot_lifetime after the first──► empty
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "base/bytes.h"
#include "server/rendezvous/limits.h"

namespace pqc::server::rendezvous {

using Slot = std::array<std::uint8_t, slot_size>;
using Time = std::chrono::steady_clock::time_point;
// Who asks, as net::AddressKey has it: the first eight bytes of an IPv6 address, or ::ffff and an IPv4 address.
using Source = std::array<std::uint8_t, 8>;

enum class Outcome : std::uint8_t {
  waiting,  // the other has not come yet
  met,      // `other` is what the other left
  taken,    // two others have met here
  full,     // no room for another slot now
  greedy,   // no room for another one of this source or site now
};
struct Meeting {
  Outcome outcome{};
  Bytes other;
  std::chrono::milliseconds left{};  // of the slot's life
};

class Rendezvous {
 public:
  // The same bytes again ask again: a client that lost its connection loses nothing. Who comes first pays for the slot;
  // without a source nobody does.
  [[nodiscard]] Meeting meet(const Slot& slot, ByteView sealed, const std::optional<Source>& source, Time now);
  // Tells the first one of a slot, once, what the second leaves; a later call takes the place of an earlier one.
  void wait(const Slot& slot, std::function<void(ByteView)> tell);
  [[nodiscard]] std::size_t size() const { return slots_.size(); }

 private:
  struct Entry {
    Bytes first;
    Bytes second;
    std::function<void(ByteView)> tell;
    Time end;
    std::optional<Source> source;
  };
  using Site = std::array<std::uint8_t, 6>;
  static std::optional<Site> site_of(const Source& source);
  [[nodiscard]] bool may_take_one(const Source& source) const;
  void count(const Source& source, std::ptrdiff_t slots);
  void forget_old(Time now);

  std::map<Slot, Entry> slots_;
  std::map<Source, std::size_t> of_source_;
  std::map<Site, std::size_t> of_site_;
  std::deque<std::pair<Time, Slot>> ends_;  // all live equally long, so in the order of their making
};

}  // namespace pqc::server::rendezvous
