// Engine: the devices of this account, linking, and the history that a linked device gets (docs/spec/devices.md).
#include "base/log.h"
#include "client/engine.h"
#include "client/limits.h"
#include "proto/relay.pb.h"

namespace pqc::client {
namespace {

namespace v1 = pqc_chat::v1;

}  // namespace

// The primary device made a newer one.
void Engine::refresh_own_record() {
  const auto self = core_.contacts.self();
  if (!self) return log(LogLevel::error, "engine.own_record", {{"why", self.error().message}});
  directory_.fetch_record(self->id, [](const Status&) {});
}

void Engine::add_device(const identity::DeviceEntry& device, Done done) {
  publish_devices(core_.account.add_device(device), std::move(done));
}

void Engine::revoke_device(identity::DeviceId device, Done done) {
  auto revoked = core_.account.revoke_device(device);
  if (revoked)
    if (auto withdrawn = HistoryTransfer::withdraw(*store_, device); !withdrawn) return done(withdrawn);
  publish_devices(revoked, [this, done = std::move(done)](const Status& published) {
    if (!published) return done(published);
    // Contacts are told before a command ends, where they can be.
    wait_for([this] { return settled_outcome(); }, limits::request_deadline, [done](const Status&) { done({}); });
  });
}

void Engine::publish_devices(const Result<Bytes>& signed_record, Done done) {
  if (!signed_record) return done(std::unexpected(signed_record.error()));
  if (auto self = core_.contacts.self(); !self) return done(pass(self));
  if (!core_.online()) go_online({});
  when_online([this, record = *signed_record, done = std::move(done)](const Status& online) {
    if (!online) return done(online);
    std::vector<v1::ClientFrame> frames;
    frames.emplace_back().mutable_publish_account_record()->set_account_record(record.data(), record.size());
    publish(std::move(frames), [this, record, done](const Status& status) {
      if (status) outbox_.tell_devices_changed();
      if (status || status.error().code != ExitCode::refused) return done(status);
      // The login may have published it a moment ago (publish_newer_record).
      v1::ClientFrame frame;
      frame.mutable_fetch_account()->set_account(core_.account.name().text());
      core_.relay->ask(std::move(frame), [record, done, status](Result<const v1::ServerFrame*> answer) {
        const bool there = answer && equal(as_bytes((*answer)->account().account_record()), record);
        done(there ? Status() : status);
      });
    });
  });
}

Result<std::vector<DeviceInfo>> Engine::devices() {
  const auto here = core_.account.row().device;
  auto primary = core_.account.primary();
  if (!primary) return pass(primary);
  std::vector<DeviceInfo> out;
  for (const auto& device : core_.account.record().record().devices)
    out.push_back({.id = device.id.value,
                   .active = device.state == identity::DeviceState::active,
                   .here = device.id.value == here,
                   .primary = device.id.value == here && *primary,
                   .created = device.created,
                   .revoked = device.revoked});
  return out;
}

void Engine::link_device(std::string_view code, bool history, Answer<std::uint32_t> answer) {
  go_online({.subscribe = true, .keep = false});
  when_online([this, code = std::string(code), history, answer = std::move(answer)](const Status& online) {
    if (!online) return answer(std::unexpected(online.error()));
    link_host_.start(code, history, answer);
  });
}

// Once what the mailbox holds was taken in: pieces may be among it.
void Engine::ask_for_history() {
  const auto source = history_.source();
  if (!source || !source->valid() || std::exchange(asking_for_history_, true)) return;
  const auto ready = [this]() -> std::optional<Status> {
    const auto connected = connected_outcome();
    if (!connected || !*connected) return connected;
    if (sync_.caught_up()) return Status();
    return std::nullopt;
  };
  const auto asked = [this](const Status& status) {
    const auto sealed = status ? seal_history_request() : status;
    if (!sealed) log(LogLevel::warning, "history.not_asked", {{"why", sealed.error().message}});
    asking_for_history_ = false;
    outbox_.pump();
  };
  wait_for(ready, limits::request_deadline, [this, device = *source, asked](const Status& status) {
    const auto self = core_.contacts.self();
    const auto can = self ? core_.sessions.can_seal(*self, device) : Result<bool>(false);
    if (!status || !self || (can && *can)) return asked(status);
    directory_.begin_session(self->id, device, asked);
  });
}

Status Engine::seal_history_request() {
  auto transaction = store_->begin();
  if (!transaction) return pass(transaction);
  if (auto done = history_.ask(); !done) {
    core_.account.roll_back(*transaction);
    return done;
  }
  return core_.account.commit(*transaction);
}

}  // namespace pqc::client
