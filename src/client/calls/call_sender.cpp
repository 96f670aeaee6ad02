#include "client/calls/call_sender.h"

#include "base/log.h"
#include "client/messages/content.h"
#include "client/messages/drafts.h"
#include "proto/relay.pb.h"

namespace pqc::client {
namespace {

namespace v1 = pqc_chat::v1;

}  // namespace

void CallSender::send(const SendCall& action) {
  const bool offers = std::holds_alternative<CallOffer>(action.content.what);
  if (offers && action.to.device == 0) return offer(action);
  if (const auto sealed = offers ? seal_offer(action) : seal(action); !sealed)
    log(LogLevel::warning, "call.not_sent", {{"why", sealed.error().message}});
  tell_server(action.content);
}

// The server hears of the call first: where it has too many of this account, nobody rings.
void CallSender::offer(const SendCall& action) {
  const auto contact = core_.store.contacts.find(action.to.contact);
  const auto id = action.content.call;
  const auto failed = [weak = std::weak_ptr(self_), id](const std::string& why) {
    if (const auto self = weak.lock()) (*self)->handlers_.offer_failed(id, why);
  };
  if (!core_.relay || !contact || !*contact)
    return core_.loop.post([failed] { failed("not connected to the server"); });
  v1::ClientFrame frame;
  frame.mutable_call_initiate()->set_call_id(to_hex(id));
  frame.mutable_call_initiate()->set_to((*contact)->peer);
  core_.relay->ask(std::move(frame), [weak = std::weak_ptr(self_), action, failed](auto answer) {
    const auto self = weak.lock();
    if (!self) return;
    auto& sender = **self;
    if (!answer) return failed(answer.error().message);
    if (!sender.handlers_.goes_on(action.content.call)) return;
    if (const auto sealed = sender.seal_offer(action); !sealed) failed(sealed.error().message);
  });
}

// By the server's clock, which both sides know.
Status CallSender::seal_offer(SendCall action) {
  std::get<CallOffer>(action.content.what).offered_at = core_.server_now();
  return seal(action);
}

// In sessions that are there: a device without one was offered nothing.
Status CallSender::seal(const SendCall& action) {
  auto contact = core_.store.contacts.find(action.to.contact);
  if (!contact) return pass(contact);
  if (!*contact) return fail(ExitCode::unknown_peer, "there is no such contact");
  auto record = core_.contacts.pinned(**contact);
  if (!record) return pass(record);
  if (!*record) return fail(ExitCode::unknown_peer, "there are no keys of " + (*contact)->peer);
  const bool ends = std::holds_alternative<CallHangup>(action.content.what);
  if (auto checked = check_peer(**contact, ends); !checked) return checked;
  auto transaction = core_.store.begin();
  if (!transaction) return pass(transaction);
  const Content content{
      .id = core_.rng.bytes<16>(), .sent_at = core_.clock.now(), .expires_after = 0, .body = action.content};
  for (const auto& device : (*record)->record().devices) {
    const bool meant = action.to.device == 0 ? device.id.value != action.except : device.id.value == action.to.device;
    if (!meant || device.state != identity::DeviceState::active) continue;
    auto can = core_.sessions.can_seal(**contact, device.id);
    if (!can) return pass(can);
    if (!*can) continue;
    if (auto done = outbox_.add_control(**contact, **record, device.id, content); !done) return done;
  }
  if (std::holds_alternative<CallAnswer>(action.content.what))
    if (auto done = handlers_.answer_sealed(action.content.call); !done) return done;
  if (auto done = core_.account.commit(*transaction); !done) return done;
  core_.loop.post([weak = std::weak_ptr(self_)] {
    if (const auto self = weak.lock()) (*self)->outbox_.pump();
  });
  return {};
}

// Nothing depends on its answer (docs/spec/calls.md §7).
void CallSender::tell_server(const CallContent& content) {
  if (!core_.online()) return;
  const auto id = to_hex(content.call);
  v1::ClientFrame frame;
  if (std::holds_alternative<CallAnswer>(content.what))
    frame.mutable_call_accept()->set_call_id(id);
  else if (std::holds_alternative<CallReject>(content.what))
    frame.mutable_call_reject()->set_call_id(id);
  else if (std::holds_alternative<CallHangup>(content.what))
    frame.mutable_call_hangup()->set_call_id(id);
  else
    return;
  core_.relay->ask(std::move(frame), [](const auto&) {});
}

// Whom the user blocked hears that a call is over, and nothing else.
Status CallSender::check_peer(const ContactRow& contact, bool ends) {
  if (contact.barred && !ends) return std::unexpected(blocked_error(contact.peer));
  auto withheld = core_.contacts.withheld(contact);
  if (!withheld) return pass(withheld);
  if (contact.blocked() || *withheld) return fail(ExitCode::refused, "the keys of " + contact.peer + " are in doubt");
  return {};
}

}  // namespace pqc::client
