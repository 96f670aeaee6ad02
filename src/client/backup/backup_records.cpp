#include "client/backup/backup_records.h"

#include <algorithm>

#include "client/backup/contact_merge.h"
#include "client/limits.h"
#include "client/messages/content.h"
#include "client/store/restored_rows.h"
#include "identity/account_name.h"
#include "proto/backup.pb.h"

namespace pqc::client {
namespace {

namespace v1 = pqc_chat::backup::v1;

SecretBytes serialize(const v1::BackupRecord& record) {
  SecretBytes bytes(record.ByteSizeLong());
  record.SerializeToArray(bytes.fill().data(), static_cast<int>(bytes.size()));
  return bytes;
}

void set_bytes(std::string& out, ByteView in) {
  out.assign(as_text(in));
}

bool read_id(const std::string& in, MessageId& out) {
  if (in.size() != out.size()) return false;
  std::ranges::copy(as_bytes(in), out.begin());
  return true;
}

v1::BackupRecord to_record(const ContactRow& in) {
  v1::BackupRecord record;
  auto& out = *record.mutable_contact();
  out.set_peer(in.peer);
  out.set_state(static_cast<std::uint32_t>(in.state));
  out.set_verified(in.verified);
  set_bytes(*out.mutable_record(), in.record);
  if (in.level) out.set_level(*in.level);
  if (in.suite) out.set_suite(*in.suite);
  out.set_blocked(in.barred);
  out.set_timer(in.timer);
  out.set_timer_revision(in.timer_revision);
  set_bytes(*out.mutable_timer_change(), in.timer_change);
  return record;
}

v1::BackupRecord to_record(const MessageRow& in) {
  v1::BackupRecord record;
  auto& out = *record.mutable_message();
  const auto& m = in.message;
  out.set_peer(m.peer);
  set_bytes(*out.mutable_id(), m.id);
  out.set_direction(static_cast<std::uint32_t>(m.direction));
  out.set_device(m.device);
  out.set_sent_at(m.sent_at.value);
  out.set_stored_at(m.stored_at.value);
  out.set_kind(static_cast<std::uint32_t>(m.kind));
  out.set_text(m.text);
  set_bytes(*out.mutable_content(), in.content);
  out.set_suite(in.suite_number);
  out.set_verified(m.verified);
  out.set_status(static_cast<std::uint32_t>(m.status));
  out.set_failure_code(number(m.failure.code));
  out.set_failure(m.failure.message);
  if (m.target) {
    set_bytes(*out.mutable_target(), m.target->id);
    out.set_target_direction(static_cast<std::uint32_t>(m.target->direction));
  }
  out.set_revision(m.revision);
  out.set_seconds(m.seconds);
  out.set_expires_at(m.expires_at.value);
  out.set_edited(m.edited);
  out.set_unsent(m.unsent);
  out.set_their_reaction(m.their_reaction);
  out.set_our_reaction(m.our_reaction);
  out.set_read_at(m.read_at.value);
  out.set_seq(m.seq);
  return record;
}

v1::BackupRecord to_record(const CallRecord& in) {
  v1::BackupRecord record;
  auto& out = *record.mutable_call();
  out.set_peer(in.peer);
  set_bytes(*out.mutable_id(), from_hex(in.id).value_or(Bytes()));
  out.set_direction(static_cast<std::uint32_t>(in.direction));
  out.set_outcome(static_cast<std::uint32_t>(in.outcome));
  out.set_started(in.started.value);
  out.set_answered(in.answered.value);
  out.set_ended(in.ended.value);
  out.set_relayed(in.relayed);
  return record;
}

ContactRow decode(const v1::Contact& in) {
  ContactRow out;
  out.peer = in.peer();
  const bool accepted = in.state() == static_cast<std::uint32_t>(ContactState::accepted);
  out.state = accepted ? ContactState::accepted : ContactState::stranger;
  out.verified = in.verified();
  out.record = to_bytes(as_bytes(in.record()));
  if (in.has_level() && in.has_suite()) {
    out.level = in.level();
    out.suite = in.suite();
  }
  out.barred = in.blocked();
  out.timer = in.timer();
  out.timer_revision = in.timer_revision();
  out.timer_change = to_bytes(as_bytes(in.timer_change()));
  return out;
}

// Nothing for a row that no version of ours can have written.
std::optional<MessageRow> decode(const v1::Message& in) {
  MessageRow out;
  auto& m = out.message;
  const auto newest_status = static_cast<std::uint32_t>(MessageStatus::received);
  if (!read_id(in.id(), m.id) || in.direction() > 1 || in.status() > newest_status || !is_utf8(in.text()))
    return std::nullopt;
  m.peer = in.peer();
  m.direction = static_cast<Direction>(in.direction());
  m.device = in.device();
  m.sent_at = {in.sent_at()};
  m.stored_at = {in.stored_at()};
  m.kind = static_cast<MessageKind>(in.kind());
  m.text = in.text();
  m.verified = in.verified();
  m.status = static_cast<MessageStatus>(in.status());
  m.failure = {static_cast<ExitCode>(in.failure_code()), in.failure()};
  if (m.status == MessageStatus::queued) {
    m.status = MessageStatus::failed;
    m.failure = {ExitCode::queued, "the server did not have it when the backup was made: send it again if it matters"};
  }
  if (!in.target().empty()) {
    MessageRef target{.id = {}, .direction = static_cast<Direction>(in.target_direction() & 1)};
    if (!read_id(in.target(), target.id)) return std::nullopt;
    m.target = target;
  }
  m.revision = in.revision();
  m.seconds = in.seconds();
  m.expires_at = {in.expires_at()};
  m.edited = in.edited();
  m.unsent = in.unsent();
  m.their_reaction = in.their_reaction();
  m.our_reaction = in.our_reaction();
  m.read_at = {in.read_at()};
  out.content = to_bytes(as_bytes(in.content()));
  out.suite_number = static_cast<std::uint16_t>(in.suite());
  return out;
}

std::optional<CallRow> decode(const v1::Call& in) {
  CallRow out;
  const bool known_outcome = in.outcome() >= static_cast<std::uint32_t>(CallOutcome::completed) &&
                             in.outcome() <= static_cast<std::uint32_t>(CallOutcome::failed);
  if (!read_id(in.id(), out.id) || in.direction() > 1 || !known_outcome) return std::nullopt;
  out.direction = static_cast<Direction>(in.direction());
  out.outcome = static_cast<CallOutcome>(in.outcome());
  out.started = {in.started()};
  out.answered = {in.answered()};
  out.ended = {in.ended()};
  out.relayed = in.relayed();
  return out;
}

Status damaged(std::string_view what) {
  return fail(ExitCode::damaged, "the backup has a " + std::string(what) + " that no version can have written");
}

}  // namespace

Result<SecretBytes> profile_record(Store& store, UnixMillis now) {
  auto account = store.account.load();
  if (!account) return pass(account);
  v1::BackupRecord record;
  auto& profile = *record.mutable_profile();
  if (*account) profile.set_account((*account)->name + "@" + (*account)->server);
  profile.set_created_at(now.value);
  auto reads = store.account.number(setting::read_receipts);
  auto typing = store.account.number(setting::typing);
  auto days = store.account.number(setting::keep_days);
  if (!reads || !typing || !days) return fail(ExitCode::damaged, "the settings of the profile cannot be read");
  profile.set_read_receipts(reads->value_or(0) != 0);
  profile.set_typing(typing->value_or(0) != 0);
  profile.set_keep_days(static_cast<std::uint32_t>(days->value_or(0)));
  return serialize(record);
}

SecretBytes encode_record(const ContactRow& contact) {
  return serialize(to_record(contact));
}

SecretBytes encode_record(const MessageRow& message) {
  return serialize(to_record(message));
}

SecretBytes encode_record(const CallRecord& call) {
  return serialize(to_record(call));
}

struct RecordReader::Visitor {
  RecordReader& reader;
  Store& store;

  Status take(const v1::Profile& in) const {
    auto& account = store.account;
    if (auto done = account.set_number(setting::read_receipts, in.read_receipts() ? 1 : 0); !done) return done;
    if (auto done = account.set_number(setting::typing, in.typing() ? 1 : 0); !done) return done;
    return account.set_number(setting::keep_days, std::min<std::int64_t>(in.keep_days(), limits::keep_days));
  }

  // Who this is, the profile knows itself.
  Status take(const v1::Contact& in) const {
    auto own = own_name();
    if (!own) return pass(own);
    if (in.peer() == *own) return {};
    if (!identity::AccountName::parse(in.peer())) return damaged("contact");
    auto found = store.contacts.find(in.peer());
    if (!found) return pass(found);
    if (!*found) ++reader.counts_.contacts;
    auto row = store.contacts.find_or_add(in.peer(), ContactState::stranger, reader.now_);
    if (!row) return pass(row);
    auto merged = merge_contact(store, *row, decode(in), reader.now_);
    if (!merged) return pass(merged);
    if (*merged == Merged::identity_changed) reader.changed_.push_back(in.peer());
    return {};
  }

  Status take(const v1::Message& in) const {
    auto row = decode(in);
    if (!row || !identity::AccountName::parse(in.peer())) return damaged("message");
    auto contact = store.contacts.find_or_add(in.peer(), ContactState::stranger, reader.now_);
    if (!contact) return pass(contact);
    row->contact = contact->id;
    if (in.seq() > 0 && in.seq() <= reader.keep_numbers_to_) row->message.seq = in.seq();
    auto added = RestoredRows(store).add(*row);
    if (!added) return pass(added);
    if (*added) ++reader.counts_.messages;
    return {};
  }

  Status take(const v1::Call& in) const {
    auto row = decode(in);
    if (!row || !identity::AccountName::parse(in.peer())) return damaged("call");
    auto contact = store.contacts.find_or_add(in.peer(), ContactState::stranger, reader.now_);
    if (!contact) return pass(contact);
    row->contact = contact->id;
    auto added = store.calls.add(*row);
    if (!added) return pass(added);
    if (*added) ++reader.counts_.calls;
    return {};
  }

  [[nodiscard]] Result<std::string> own_name() const {
    if (reader.own_name_) return *reader.own_name_;
    auto account = store.account.load();
    if (!account) return pass(account);
    reader.own_name_ = *account ? (*account)->name + "@" + (*account)->server : "";
    return *reader.own_name_;
  }
};

Status RecordReader::take(ByteView bytes) {
  v1::BackupRecord record;
  if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return damaged("record");
  const Visitor visitor{*this, store_};
  switch (record.body_case()) {
    case v1::BackupRecord::kProfile:
      return visitor.take(record.profile());
    case v1::BackupRecord::kContact:
      return visitor.take(record.contact());
    case v1::BackupRecord::kMessage:
      return visitor.take(record.message());
    case v1::BackupRecord::kCall:
      return visitor.take(record.call());
    case v1::BackupRecord::BODY_NOT_SET:
      return {};
  }
  return {};
}

}  // namespace pqc::client
