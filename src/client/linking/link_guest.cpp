#include "client/linking/link_guest.h"

#include <algorithm>

#include "base/log.h"
#include "client/limits.h"
#include "client/linking/history_transfer.h"
#include "proto/relay.pb.h"

namespace pqc::client {
namespace {

namespace v1 = pqc_chat::v1;

std::unexpected<Error> interfered() {
  return fail(ExitCode::refused,
              "what came over the link is not from a device that read this code: somebody interferes. Nothing was "
              "linked; begin again, and show the code to your own device only");
}

Account::New account_of(const linking::Invitation& invitation, const RelayAddress& address) {
  return {.name = invitation.account.name(),
          .server = invitation.account.server(),
          .host = address.host,
          .port = address.port,
          .fingerprint = {invitation.server_key},
          .suites = invitation.suites};
}

}  // namespace

LinkGuest::LinkGuest(Core& core, RelayAddress address, OnCode on_code, Done done)
    : core_(core), address_(std::move(address)), on_code_(std::move(on_code)), done_(std::move(done)) {
  relay_ = std::make_unique<Relay>(
      core_.loop, core_.clock, core_.rng, address_,
      Relay::Handlers{.sign_in = [this](const auto& hello, const auto& link) { return open(hello, link); },
                      .online = [](const auto&) {},
                      .offline = [this](const Error& error) { finish(std::unexpected(error)); },
                      .deliver = [](const auto&) {},
                      .link = [this](const auto& frame) { on_frame(frame); }});
}

LinkGuest::~LinkGuest() = default;

void LinkGuest::start() {
  if (auto checked = check_profile(); !checked) return finish(checked);
  relay_->start(false);
}

// Messages that come from the other device keep their numbers, and stand before all that comes here by itself.
Status LinkGuest::check_profile() const {
  auto newest = HistoryTransfer::newest(core_.store);
  if (!newest) return pass(newest);
  if (*newest == 0) return {};
  return fail(ExitCode::usage,
              "this profile holds messages already: link with a new one, which another --profile makes");
}

Result<std::unique_ptr<v1::ClientFrame>> LinkGuest::open(const v1::Hello& hello, const net::LinkInfo&) {
  auto offer = linking::Offer::make(core_.rng);
  if (!offer) return fail(ExitCode::unexpected, "the keys of a link could not be made");
  server_name_ = hello.server_name();
  auto frame = std::make_unique<v1::ClientFrame>();
  const auto id = offer->code().link_id();
  frame->mutable_open_link()->set_link(id.data(), id.size());
  frame->mutable_open_link()->set_offer(offer->public_key().data(), offer->public_key().size());
  state_.emplace<linking::Offer>(std::move(*offer));
  return frame;
}

void LinkGuest::on_frame(const v1::ServerFrame& frame) {
  if (frame.has_link_opened()) {
    deadline_ = core_.loop.after(limits::link_lifetime, [this] {
      finish(fail(ExitCode::timed_out, "no device read the code in time: run pqc-chat link again"));
    });
    if (const auto* offer = std::get_if<linking::Offer>(&state_)) on_code_(to_text(offer->code()));
    return;
  }
  if (frame.has_link_ended())
    return finish(fail(ExitCode::unreachable,
                       "the other device went away before this one was linked: run pqc-chat link again. If it lists a "
                       "device that you do not have (pqc-chat devices list), revoke that one"));
  if (!frame.has_link_message()) return;
  if (auto taken = on_message(as_bytes(frame.link_message().body())); !taken) finish(taken);
}

Status LinkGuest::on_message(ByteView message) {
  if (const auto* offer = std::get_if<linking::Offer>(&state_)) return take_invitation(*offer, message);
  if (const auto* answered = std::get_if<linking::Answered>(&state_)) return take_record(*answered, message);
  return {};
}

// The server whose account this is has to be the one that carries the link, and the record one that verifies.
Status LinkGuest::check(const linking::Invitation& invitation) const {
  if (!equal(invitation.server_key, relay_->info().fingerprint.bytes) || invitation.account.server() != server_name_)
    return fail(ExitCode::wrong_server, "the account is at another server than " + address_.host +
                                            ": give --server as pqc-chat whoami prints it on the other device");
  const auto record = identity::verify(invitation.record, invitation.account, core_.clock.now());
  const bool free = record && record->record().find(invitation.device) == nullptr;
  return free ? Status() : Status(interfered());
}

Status LinkGuest::take_invitation(const linking::Offer& offer, ByteView message) {
  auto invited = offer.open_invitation(message);
  if (!invited) return interfered();
  if (auto checked = check(invited->invitation()); !checked) return checked;
  invitation_ = invited->invitation();
  auto entry = core_.account.create_device(account_of(*invitation_, address_), invitation_->device);
  if (!entry) return pass(entry);
  auto reply = linking::Invited::answer(std::move(*invited), entry->keys);
  if (!reply) return interfered();
  state_.emplace<linking::Answered>(std::move(reply->next));
  send(reply->message, [] {});
  return {};
}

Status LinkGuest::take_record(const linking::Answered& answered, ByteView message) {
  const auto record = answered.open_record(message);
  if (!record) return interfered();
  if (auto stored = store(*invitation_, *record); !stored) return stored;
  const auto confirmation = answered.confirm();
  if (!confirmation) return interfered();
  // From here on the device is linked, whatever becomes of the confirmation.
  send(*confirmation, [this] { finish({}); });
  state_.emplace<std::monostate>();
  return {};
}

Status LinkGuest::store(const linking::Invitation& invitation, ByteView signed_record) {
  auto transaction = core_.store.begin();
  if (!transaction) return pass(transaction);
  if (invitation.history)
    if (auto noted = HistoryTransfer::expect(core_.store, invitation.host, invitation.last_message); !noted)
      return noted;
  if (auto done = core_.account.finish_device(account_of(invitation, address_), invitation.device, signed_record);
      !done)
    return done;
  return core_.account.commit(*transaction);
}

void LinkGuest::send(const Bytes& message, std::function<void()> sent) {
  v1::ClientFrame frame;
  frame.mutable_link_message()->set_body(message.data(), message.size());
  relay_->ask(std::move(frame), [this, sent = std::move(sent)](Result<const v1::ServerFrame*> answer) {
    if (!answer && !std::holds_alternative<std::monostate>(state_)) return finish(std::unexpected(answer.error()));
    sent();
  });
}

void LinkGuest::finish(const Status& status) {
  deadline_.reset();
  if (const auto done = std::exchange(done_, {})) core_.loop.post([done, status] { done(status); });
}

}  // namespace pqc::client
