// What a transaction of Sync's brings that concerns paths to other devices (docs/spec/direct.md): gathered while it is
// made, told after its commit. Loop thread only.
#pragma once

#include <string>
#include <utility>

#include "client/direct/direct_news.h"
#include "client/store/contact_table.h"

namespace pqc::client {

class DirectNotes {
 public:
  // A content that this device of the contact sent.
  void content(const ContactRow& contact, identity::DeviceId device, bool by_server, const Content& content);
  // An item with this id came over a path, and was handled.
  void handled(const std::string& peer, identity::DeviceId device, ByteView id);
  // What came over a path is what no client sends.
  void unfit(const std::string& peer, identity::DeviceId device) { commit_.unfit.emplace_back(peer, device); }

  [[nodiscard]] DirectCommit take() { return std::exchange(commit_, {}); }
  void forget() { commit_ = {}; }

  // Whether it is about paths only, and nothing to store or to show.
  [[nodiscard]] static bool concerns(const Content& content);

 private:
  DirectCommit commit_;
};

}  // namespace pqc::client
