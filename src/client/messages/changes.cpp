#include "client/messages/changes.h"

#include "base/log.h"
#include "client/limits.h"
#include "client/messages/drafts.h"
#include "client/messages/effects.h"

namespace pqc::client {

namespace {

std::unexpected<Error> no_contact(const std::string& peer) {
  return fail(ExitCode::unknown_peer, "there is no contact " + printable(peer) + ": check the spelling");
}

}  // namespace

Status Changes::apply(const Change& change) {
  return std::visit([this](const auto& what) { return make(what); }, change);
}

Result<ContactRow> Changes::contact(const std::string& peer) {
  auto name = core_.contacts.parse(peer);
  if (!name) return pass(name);
  auto found = core_.store.contacts.find(name->text());
  if (!found) return pass(found);
  if (!*found) return no_contact(peer);
  return std::move(**found);
}

Status Changes::make(const DeleteMessage& change) {
  auto row = find_named(core_, change.id, change.peer);
  if (!row) return pass(row);
  auto transaction = core_.store.begin();
  if (!transaction) return pass(transaction);
  // Of a file on its way nobody has the keys yet.
  auto transfer = core_.store.transfers.find(row->message.seq);
  if (!transfer) return pass(transfer);
  if (*transfer)
    if (auto done = forget_blob(core_.store, *row); !done) return done;
  if (auto done = core_.store.erasure.remove(row->message.seq, core_.clock.now()); !done) return done;
  return transaction->commit();
}

Status Changes::make(const DeleteConversation& change) {
  auto row = contact(change.peer);
  if (!row) return pass(row);
  if (auto done = core_.store.calls.remove_with(row->id); !done) return done;
  return core_.store.erasure.remove_conversation(row->id, core_.clock.now());
}

Status Changes::make(const SetBlocked& change) {
  auto row = contact(change.peer);
  if (!row) return pass(row);
  if (row->record.empty() && !row->barred) {
    // Asked for and not found yet: somebody only to whom something was written.
    auto written = core_.store.contacts.messages(row->id);
    if (!written) return pass(written);
    if (*written == 0) return no_contact(change.peer);
  }
  if (auto done = core_.store.contacts.set_barred(row->id, change.blocked); !done) return done;
  if (!change.blocked) {
    core_.loop.post([this] { outbox_.pump(); });
    return {};
  }
  return outbox_.give_up(row->id, blocked_error(row->peer));
}

Status Changes::make(const DeclineRequest& change) {
  auto row = contact(change.peer);
  if (!row) return pass(row);
  if (row->state != ContactState::stranger)
    return fail(ExitCode::usage, row->peer + " is a contact, no request: delete the conversation, or block them");
  if (auto done = core_.store.outbox.forget_owed(row->id); !done) return done;
  return core_.store.erasure.remove_conversation(row->id, core_.clock.now());
}

Status Changes::make(const ChangeSettings& change) {
  const auto& wanted = change.settings;
  if (wanted.keep_days > limits::keep_days) return fail(ExitCode::usage, "messages are kept for at most 36500 days");
  auto transaction = core_.store.begin();
  if (!transaction) return pass(transaction);
  auto& account = core_.store.account;
  if (auto done = account.set_number(setting::read_receipts, wanted.read_receipts ? 1 : 0); !done) return done;
  if (auto done = account.set_number(setting::typing, wanted.typing ? 1 : 0); !done) return done;
  if (auto done = account.set_number(setting::keep_days, wanted.keep_days); !done) return done;
  return transaction->commit();
}

Result<Settings> Changes::settings() {
  Settings out;
  auto& account = core_.store.account;
  auto reads = account.number(setting::read_receipts);
  if (!reads) return pass(reads);
  auto typing = account.number(setting::typing);
  if (!typing) return pass(typing);
  auto days = account.number(setting::keep_days);
  if (!days) return pass(days);
  out.read_receipts = reads->value_or(0) != 0;
  out.typing = typing->value_or(0) != 0;
  out.keep_days = static_cast<std::uint32_t>(days->value_or(0));
  return out;
}

// Told to contacts only, and only where the user wants it (THREATS 16).
Result<bool> Changes::may_tell_typing(const ContactRow& contact, bool active) {
  auto wanted = settings();
  if (!wanted) return pass(wanted);
  if (!wanted->typing || contact.state != ContactState::accepted || contact.barred || !core_.online()) return false;
  const auto now = core_.clock.now();
  const auto told = typing_told_.find(contact.id);
  if (active && told != typing_told_.end() && now - told->second < limits::typing_interval) return false;
  if (!active && told == typing_told_.end()) return false;
  if (active)
    typing_told_[contact.id] = now;
  else
    typing_told_.erase(contact.id);
  return true;
}

Status Changes::make(const SetTyping& change) {
  auto row = contact(change.peer);
  if (!row) return pass(row);
  auto may = may_tell_typing(*row, change.active);
  if (!may) return pass(may);
  if (!*may) return {};
  auto transaction = core_.store.begin();
  if (!transaction) return pass(transaction);
  const Content content{
      .id = core_.rng.bytes<16>(), .sent_at = core_.clock.now(), .body = TypingContent{.active = change.active}};
  if (auto done = outbox_.add_to_all_devices(*row, content); !done) return pass(done);
  if (auto done = core_.account.commit(*transaction); !done) return done;
  core_.loop.post([this] { outbox_.pump(); });
  return {};
}

}  // namespace pqc::client
