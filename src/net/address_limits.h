// How many connections each address has, and how fast it makes them (THREATS 22). An IPv6 /64 counts as one address.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <map>

#include "net/limits.h"

namespace pqc::net {

// The first eight bytes of an IPv6 address, or ::ffff and the whole of an IPv4 address.
using AddressKey = std::array<std::uint8_t, 8>;

// This machine: 127.0.0.0/8, or the /64 of ::1.
[[nodiscard]] inline bool is_loopback(const AddressKey& key) {
  return key == AddressKey{} || (key[0] == 0 && key[1] == 0 && key[2] == 0xFF && key[3] == 0xFF && key[4] == 127);
}

class AddressLimits {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // Counts one more, a stranger until logged_in(); false, and nothing is counted, when that is one too many, or they
  // come too fast. A handshake costs the server a signature; this machine itself has no such rate.
  [[nodiscard]] bool add(const AddressKey& key, Time now) {
    if (counts_.size() >= max_known_addresses)
      std::erase_if(counts_, [](auto& entry) { return entry.second.all == 0; });
    auto& count = counts_[key];
    if (count.all >= max_connections_per_address || count.strangers >= max_strangers_per_address) return false;
    if (!is_loopback(key) && !count.take(now)) return false;
    ++count.all;
    ++count.strangers;
    return true;
  }
  void logged_in(const AddressKey& key) { --counts_[key].strangers; }
  void remove(const AddressKey& key, bool stranger, Time now) {
    const auto it = counts_.find(key);
    if (it == counts_.end()) return;
    if (stranger) --it->second.strangers;
    // Who comes back at once is still the same.
    if (--it->second.all == 0 && it->second.is_rested(now)) counts_.erase(it);
  }

 private:
  struct Count {
    std::size_t all = 0;
    std::size_t strangers = 0;
    double left = static_cast<double>(connections_burst_of_address);
    Time since{};

    void refill(Time now) {
      const auto passed = since == Time{} ? 0.0 : std::chrono::duration<double>(now - since).count();
      left = std::min<double>(connections_burst_of_address, left + passed * connections_per_second_of_address);
      since = now;
    }
    bool take(Time now) {
      refill(now);
      if (left < 1) return false;
      left -= 1;
      return true;
    }
    bool is_rested(Time now) {
      refill(now);
      return left >= connections_burst_of_address;
    }
  };
  std::map<AddressKey, Count> counts_;
};

}  // namespace pqc::net
