// How much may wait to be stored: what the mailbox delivered, and what came from each device that has a path of its own
// (docs/spec/direct.md §6), which takes nothing of the mailbox's share nor of another device's. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "client/limits.h"

namespace pqc::client {

class InboxRoom {
 public:
  using Device = std::pair<std::string, std::uint32_t>;  // name@server and its number

  // False: nothing was taken.
  [[nodiscard]] bool take(std::size_t bytes) {
    return take_of(mailbox_, bytes, limits::waiting_deliveries, limits::waiting_delivery_bytes);
  }
  [[nodiscard]] bool take_direct(const Device& device, std::size_t bytes) {
    return take_of(direct_[device], bytes, limits::direct_held, limits::direct_held_bytes);
  }
  void give_back(std::size_t bytes) { give_back_to(mailbox_, bytes); }
  void give_back_direct(const Device& device, std::size_t bytes) {
    const auto found = direct_.find(device);
    if (found == direct_.end()) return;
    give_back_to(found->second, bytes);
    if (found->second.count == 0) direct_.erase(found);
  }
  void clear() {
    mailbox_ = {};
    direct_.clear();
  }
  // Whether nothing of the mailbox waits.
  [[nodiscard]] bool mailbox_empty() const { return mailbox_.count == 0; }

 private:
  struct Share {
    std::size_t count = 0;
    std::size_t bytes = 0;
  };
  static bool take_of(Share& share, std::size_t bytes, std::size_t count_limit, std::size_t bytes_limit) {
    if (share.count >= count_limit || share.bytes >= bytes_limit) return false;
    ++share.count;
    share.bytes += bytes;
    return true;
  }
  static void give_back_to(Share& share, std::size_t bytes) {
    --share.count;
    share.bytes -= bytes;
  }

  Share mailbox_;
  std::map<Device, Share> direct_;
};

}  // namespace pqc::client
