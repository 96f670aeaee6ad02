// The old device's side of linking, over the client's connection (docs/spec/devices.md §8): reads the code that a new
// device shows, lets the identity sign a record with the new device's keys, and gives it to the new device.
// One at a time. Loop thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <variant>

#include "client/core.h"
#include "protocol/linking/host.h"

namespace pqc::client {

class LinkHost {
 public:
  using Done = std::function<void(Result<std::uint32_t>)>;
  // Makes the record with the new device in it, and publishes it.
  using AddDevice = std::function<void(const identity::DeviceEntry&, std::function<void(const Status&)>)>;

  LinkHost(Core& core, AddDevice add_device) : core_(core), add_device_(std::move(add_device)) {}

  // While online. Answers the new device's number once it has stored its account. Errors: usage (no code, not the
  // primary device, too many devices, another link is being made), unknown_peer (nobody shows this code), refused,
  // timed_out, and those of the connection.
  void start(std::string_view code, bool history, Done done);
  void on_frame(const pqc_chat::v1::ServerFrame& frame);
  void on_offline(const Error& error);

 private:
  struct Waiting {
    linking::Code code;
  };
  using State = std::variant<std::monostate, Waiting, linking::Inviting, linking::Signing, linking::Finishing>;

  Status check() const;
  Result<linking::Invitation> invitation() const;
  void on_offer(Result<const pqc_chat::v1::ServerFrame*> answer);
  void on_message(ByteView message);
  void take_answer(linking::Inviting& inviting, ByteView message);
  void give_record();
  void send(const Bytes& message);
  void finish(Result<std::uint32_t> result);

  Core& core_;
  AddDevice add_device_;
  State state_;
  bool history_ = false;
  identity::DeviceId device_;
  Done done_;
  Loop::HandlePtr deadline_;
};

}  // namespace pqc::client
