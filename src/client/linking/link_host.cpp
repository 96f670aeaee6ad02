#include "client/linking/link_host.h"

#include <algorithm>

#include "client/limits.h"
#include "client/linking/history_transfer.h"
#include "identity/limits.h"
#include "proto/relay.pb.h"

namespace pqc::client {
namespace {

namespace v1 = pqc_chat::v1;

std::unexpected<Error> interfered() {
  return fail(ExitCode::refused,
              "the server gave other keys than the code names, or what came is not from the device that shows it: "
              "somebody interferes. The device was not linked");
}

}  // namespace

Status LinkHost::check() const {
  if (done_) return fail(ExitCode::usage, "another device is being linked: wait until that is done");
  auto primary = core_.account.primary();
  if (!primary) return pass(primary);
  if (!*primary) return fail(ExitCode::usage, "only the device that made the account links others: do it there");
  const auto active = core_.account.other_devices().size() + 1;
  if (active >= identity::max_active_devices)
    return fail(ExitCode::usage, "an account has at most " + std::to_string(identity::max_active_devices) +
                                     " devices: revoke one first");
  return {};
}

void LinkHost::start(std::string_view text, bool history, Done done) {
  auto code = linking::parse_code(text);
  if (!code)
    return done(fail(ExitCode::invalid_name,
                     "this is no code of a new device: give what 'pqc-chat link' shows there, all of "
                     "it, beginning with link1."));
  if (auto checked = check(); !checked) return done(pass(checked));
  done_ = std::move(done);
  history_ = history;
  deadline_ = core_.loop.after(limits::link_deadline, [this] {
    finish(fail(ExitCode::timed_out, "the new device did not answer in time: begin again on both"));
  });
  v1::ClientFrame frame;
  const auto id = code->link_id();
  frame.mutable_join_link()->set_link(id.data(), id.size());
  state_.emplace<Waiting>(std::move(*code));
  core_.relay->ask(std::move(frame), [this](Result<const v1::ServerFrame*> answer) { on_offer(std::move(answer)); });
}

Result<linking::Invitation> LinkHost::invitation() const {
  auto newest = HistoryTransfer::newest(core_.store);
  if (!newest) return pass(newest);
  const auto& account = core_.account;
  linking::Invitation out{.account = account.name(),
                          .device = {account.record().record().devices.back().id.value + 1},
                          .host = {account.row().device},
                          .server_key = {},
                          .history = history_,
                          .last_message = static_cast<std::uint64_t>(*newest),
                          .suites = account.suites(),
                          .record = account.row().record};
  std::ranges::copy(account.row().pin, out.server_key.begin());
  return out;
}

void LinkHost::on_offer(Result<const v1::ServerFrame*> answer) {
  const auto* waiting = std::get_if<Waiting>(&state_);
  if (waiting == nullptr) return;
  if (!answer && answer.error().code == ExitCode::unknown_peer)
    return finish(fail(ExitCode::unknown_peer,
                       "no device shows this code at this server any more, or another device "
                       "has read it: run pqc-chat link there again"));
  if (!answer) return finish(std::unexpected(answer.error()));
  if (!(*answer)->has_link_joined()) return finish(interfered());
  auto invitation = this->invitation();
  if (!invitation) return finish(pass(invitation));
  device_ = invitation->device;
  auto sealed = linking::invite(waiting->code, as_bytes((*answer)->link_joined().offer()), *invitation, core_.rng);
  if (!sealed) return finish(interfered());
  state_.emplace<linking::Inviting>(std::move(sealed->next));
  send(sealed->message);
}

void LinkHost::on_frame(const v1::ServerFrame& frame) {
  if (!done_) return;
  if (frame.has_link_ended())
    return finish(
        fail(ExitCode::timed_out, "the new device went away before it was linked: run pqc-chat link there again"));
  if (frame.has_link_message()) on_message(as_bytes(frame.link_message().body()));
}

void LinkHost::on_offline(const Error& error) {
  if (done_) finish(std::unexpected(error));
}

void LinkHost::on_message(ByteView message) {
  if (auto* inviting = std::get_if<linking::Inviting>(&state_)) return take_answer(*inviting, message);
  const auto* finishing = std::get_if<linking::Finishing>(&state_);
  if (finishing == nullptr) return;
  if (!finishing->open_confirmation(message)) return finish(interfered());
  finish(device_.value);
}

void LinkHost::take_answer(linking::Inviting& inviting, ByteView message) {
  auto answer = inviting.open_answer(message);
  if (!answer) return finish(interfered());
  const identity::DeviceEntry entry{.id = device_,
                                    .state = identity::DeviceState::active,
                                    .created = core_.clock.now(),
                                    .revoked = {},
                                    .keys = std::move(answer->keys)};
  state_.emplace<linking::Signing>(std::move(answer->next));
  // Before the record: a device in it may ask at once. An earlier attempt may have used this number.
  const auto noted =
      history_ ? HistoryTransfer::offer(core_.store, device_) : HistoryTransfer::withdraw(core_.store, device_);
  if (!noted) return finish(std::unexpected(noted.error()));
  add_device_(entry, [this](const Status& added) {
    if (!done_ || !std::holds_alternative<linking::Signing>(state_)) return;
    if (added) return give_record();
    const auto withdrawn = HistoryTransfer::withdraw(core_.store, device_);
    finish(std::unexpected(withdrawn ? added.error() : withdrawn.error()));
  });
}

void LinkHost::give_record() {
  auto sealed =
      linking::Signing::seal_record(std::move(std::get<linking::Signing>(state_)), core_.account.row().record);
  if (!sealed) return finish(interfered());
  state_.emplace<linking::Finishing>(std::move(sealed->next));
  send(sealed->message);
}

void LinkHost::send(const Bytes& message) {
  v1::ClientFrame frame;
  frame.mutable_link_message()->set_body(message.data(), message.size());
  core_.relay->ask(std::move(frame), [this](Result<const v1::ServerFrame*> answer) {
    if (!answer && done_) finish(std::unexpected(answer.error()));
  });
}

void LinkHost::finish(Result<std::uint32_t> result) {
  // From the signature on the record may name the new device, though nobody heard that it has stored it.
  const bool named = core_.account.record().record().find(device_) != nullptr;
  const bool signed_already =
      std::holds_alternative<linking::Signing>(state_) || std::holds_alternative<linking::Finishing>(state_);
  if (!result && signed_already && named)
    result.error().message +=
        ". Unless the new device says that it is linked: pqc-chat devices revoke " + std::to_string(device_.value);
  state_.emplace<std::monostate>();
  deadline_.reset();
  if (const auto done = std::exchange(done_, {})) core_.loop.post([done, result = std::move(result)] { done(result); });
}

}  // namespace pqc::client
