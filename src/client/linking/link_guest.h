// The new device's side of linking, over a connection of its own to the server (docs/spec/devices.md §8): shows a code,
// waits for the device that reads it, makes keys, and stores the account whose record names them. Nothing is stored
// before the record is here; an attempt that was cut off is begun again. Loop thread only.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "client/core.h"
#include "protocol/linking/guest.h"

namespace pqc::client {

class LinkGuest {
 public:
  using Done = std::function<void(const Status&)>;
  // Once: what the user shows to the other device.
  using OnCode = std::function<void(const std::string& code)>;

  LinkGuest(Core& core, RelayAddress address, OnCode on_code, Done done);
  ~LinkGuest();
  LinkGuest(const LinkGuest&) = delete;
  LinkGuest& operator=(const LinkGuest&) = delete;

  // `done` comes once: the account is stored, or why not.
  void start();
  void stop(std::function<void()> stopped) { relay_->stop(std::move(stopped)); }

 private:
  Result<std::unique_ptr<pqc_chat::v1::ClientFrame>> open(const pqc_chat::v1::Hello& hello, const net::LinkInfo& link);
  void on_frame(const pqc_chat::v1::ServerFrame& frame);
  Status on_message(ByteView message);
  Status take_invitation(const linking::Offer& offer, ByteView message);
  Status take_record(const linking::Answered& answered, ByteView message);
  Status check_profile() const;
  Status check(const linking::Invitation& invitation) const;
  Status store(const linking::Invitation& invitation, ByteView signed_record);
  void send(const Bytes& message, std::function<void()> sent);
  void finish(const Status& status);

  Core& core_;
  RelayAddress address_;
  OnCode on_code_;
  Done done_;
  std::variant<std::monostate, linking::Offer, linking::Answered> state_;
  std::optional<linking::Invitation> invitation_;
  std::string server_name_;
  std::unique_ptr<Relay> relay_;
  Loop::HandlePtr deadline_;
};

}  // namespace pqc::client
