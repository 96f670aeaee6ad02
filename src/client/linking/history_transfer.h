// Contacts, calls and messages on their way from the device that linked another to that other (docs/spec/devices.md
// §10), as messages in the session between the two: the new device asks for what comes behind what it has stored, the
// old one answers with a window of pieces, and so on to the end. Each step is stored with the position that it reached,
// so an interruption costs what was on its way. No ratchet and no key has a record.
//
// Loop thread only; answer() and take() inside the caller's transaction.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "client/core.h"
#include "client/messages/content.h"

namespace pqc::client {

class HistoryTransfer {
 public:
  // Seals content for one of our own devices, in the open transaction.
  using Seal = std::function<Status(identity::DeviceId, const Content&)>;
  // Whether this program has this call, or will have it.
  using HasCall = std::function<bool(const CallId&)>;

  HistoryTransfer(Core& core, Seal seal, HasCall has_call)
      : core_(core), seal_(std::move(seal)), has_call_(std::move(has_call)) {}

  // The old device gives its history to this new one, until that has all of it.
  static Status offer(Store& store, identity::DeviceId to);
  // No more: it was revoked.
  static Status withdraw(Store& store, identity::DeviceId from);
  // The new device expects it. `last` is the number of the old device's newest message: those that come here by
  // themselves get higher ones.
  static Status expect(Store& store, identity::DeviceId from, std::uint64_t last);
  // The number of the newest message.
  static Result<std::int64_t> newest(Store& store);

  // The device that this one still expects history from; none: 0.
  Result<identity::DeviceId> source();
  // Asks it for what is missing.
  Status ask();

  // From a device of ours that asks.
  Status answer(identity::DeviceId from, const HistoryRequestContent& request);
  // From a device of ours that answers.
  Status take(identity::DeviceId from, const HistoryContent& piece);

  // How far it is: with 0 what comes here, else what this device gets from us.
  Result<HistoryState> progress(std::uint32_t device);

 private:
  using Position = HistoryPosition;
  struct Window;

  Result<Position> position();
  Status store_position(const Position& position);
  Result<Window> next_window(const HistoryRequestContent& request);
  Status add_contacts(Window& window);
  Status add_calls(Window& window);
  Status add_messages(Window& window);
  [[nodiscard]] bool goes_on(const CallRecord& call) const;
  [[nodiscard]] bool worth_sending(const MessageRow& row) const;
  Status request(identity::DeviceId from, const Position& after, bool done);

  Core& core_;
  Seal seal_;
  HasCall has_call_;
};

}  // namespace pqc::client
