// How many connections each address has (THREATS 22). An IPv6 /64 counts as one address.
#pragma once

#include <array>
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
  // Counts one more, a stranger until logged_in(); false, and nothing is counted, when that is one too many.
  [[nodiscard]] bool add(const AddressKey& key) {
    auto& count = counts_[key];
    if (count.all >= max_connections_per_address || count.strangers >= max_strangers_per_address) return false;
    ++count.all;
    ++count.strangers;
    return true;
  }
  void logged_in(const AddressKey& key) { --counts_[key].strangers; }
  void remove(const AddressKey& key, bool stranger) {
    const auto it = counts_.find(key);
    if (it == counts_.end()) return;
    if (stranger) --it->second.strangers;
    if (--it->second.all == 0) counts_.erase(it);
  }

 private:
  struct Count {
    std::size_t all = 0;
    std::size_t strangers = 0;
  };
  std::map<AddressKey, Count> counts_;
};

}  // namespace pqc::net
