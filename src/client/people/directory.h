// Asks the server for what a conversation needs: account records and prekey bundles. Questions about the same contact
// are asked once and answered together. Loop thread only.
#pragma once

#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "client/core.h"

namespace pqc::client {

class Directory {
 public:
  using Done = std::function<void(const Status&)>;

  explicit Directory(Core& core) : core_(core) {}

  // The newest record of a contact, verified and pinned. Errors: unknown_peer, identity_changed, refused, and those of
  // the connection.
  void fetch_record(std::int64_t contact, Done done);
  // A fresh session with one device, which sends from now on.
  void begin_session(std::int64_t contact, identity::DeviceId device, Done done);
  // Everything that sealing to a contact needs: a record that is not stale, a session with every active device of
  // theirs and every other one of ours. A device without usable prekeys is left out while others can be reached.
  void prepare(std::int64_t contact, Done done);
  // Whether a device is left out for now.
  [[nodiscard]] bool left_out(std::int64_t contact, identity::DeviceId device) const;

 private:
  using Waiting = std::vector<Done>;

  Status take_answer(std::int64_t contact, const pqc_chat::v1::ServerFrame& frame);
  Status take_bundle(std::int64_t contact, identity::DeviceId device, const pqc_chat::v1::ServerFrame& frame);
  void begin_missing_sessions(std::int64_t contact, bool fetched, Done done);
  void begin_with_own_devices(Done done);
  bool leave_out(std::int64_t contact, identity::DeviceId device, const Error& why);

  Core& core_;
  std::map<std::int64_t, Waiting> records_;  // by contact
  struct LeftOut {
    UnixMillis since;
    std::chrono::milliseconds wait{};
  };
  std::map<std::pair<std::int64_t, std::uint32_t>, LeftOut> left_out_;  // by contact and device
};

}  // namespace pqc::client
