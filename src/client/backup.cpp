#include "client/backup.h"

#include <algorithm>
#include <thread>

#include "client/backup_file.h"
#include "client/content.h"
#include "client/limits.h"
#include "client/store/restored_rows.h"
#include "crypto/random.h"
#include "proto/backup.pb.h"

namespace pqc::client {
namespace {

namespace v1 = pqc_chat::backup::v1;

constexpr std::size_t page = 500;

Status add(BackupWriter& writer, const v1::BackupRecord& record) {
  SecretBytes bytes(record.ByteSizeLong());
  record.SerializeToArray(bytes.fill().data(), static_cast<int>(bytes.size()));
  return writer.add(bytes.view());
}

void set_bytes(std::string& out, ByteView in) {
  out.assign(as_text(in));
}

bool read_id(const std::string& in, MessageId& out) {
  if (in.size() != out.size()) return false;
  std::ranges::copy(as_bytes(in), out.begin());
  return true;
}

v1::BackupRecord encode(const ContactRow& in) {
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

v1::BackupRecord encode(const MessageRow& in) {
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
  return record;
}

// Nothing for a row that no version of ours can have written.
std::optional<MessageRow> decode(const v1::Message& in) {
  MessageRow out;
  auto& m = out.message;
  if (!read_id(in.id(), m.id) || in.direction() > 1 || !is_utf8(in.text())) return std::nullopt;
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

// Adds what comes out of a backup to a store, inside the caller's transaction.
class Restorer {
 public:
  Restorer(Store& store, UnixMillis now) : store_(store), now_(now) {}

  Status take(const v1::BackupRecord& record) {
    switch (record.body_case()) {
      case v1::BackupRecord::kProfile:
        return take(record.profile());
      case v1::BackupRecord::kContact:
        return take(record.contact());
      case v1::BackupRecord::kMessage:
        return take(record.message());
      case v1::BackupRecord::BODY_NOT_SET:
        return {};
    }
    return {};
  }
  [[nodiscard]] const BackupCounts& counts() const { return counts_; }

 private:
  Status take(const v1::Profile& in) {
    auto& account = store_.account;
    if (auto done = account.set_number(setting::read_receipts, in.read_receipts() ? 1 : 0); !done) return done;
    if (auto done = account.set_number(setting::typing, in.typing() ? 1 : 0); !done) return done;
    return account.set_number(setting::keep_days, std::min<std::int64_t>(in.keep_days(), limits::keep_days));
  }

  // The keys that are pinned here stay; what is not known here comes as it was.
  Status take(const v1::Contact& in) {
    auto found = store_.contacts.find(in.peer());
    if (!found) return pass(found);
    if (*found && !(*found)->record.empty()) return {};
    if (!*found) ++counts_.contacts;
    const auto state = in.state() == static_cast<std::uint32_t>(ContactState::accepted) ? ContactState::accepted
                                                                                        : ContactState::stranger;
    auto row = store_.contacts.find_or_add(in.peer(), state, now_);
    if (!row) return pass(row);
    auto& contacts = store_.contacts;
    if (auto done = contacts.set_state(row->id, state); !done) return done;
    // Pinned long ago: the server is asked before anything is sent.
    if (!in.record().empty())
      if (auto done = contacts.pin_record(row->id, as_bytes(in.record()), {0}); !done) return done;
    if (auto done = contacts.set_verified(row->id, in.verified()); !done) return done;
    if (in.has_level() && in.has_suite())
      if (auto done = contacts.pin_suite(row->id, in.level(), in.suite()); !done) return done;
    if (auto done = contacts.set_barred(row->id, in.blocked()); !done) return done;
    return contacts.set_timer(row->id, in.timer(), in.timer_revision(), as_bytes(in.timer_change()));
  }

  Status take(const v1::Message& in) {
    auto row = decode(in);
    if (!row) return fail(ExitCode::damaged, "the backup has a message that no version can have written");
    auto contact = store_.contacts.find_or_add(in.peer(), ContactState::stranger, now_);
    if (!contact) return pass(contact);
    row->contact = contact->id;
    auto added = RestoredRows(store_).add(*row);
    if (!added) return pass(added);
    if (*added) ++counts_.messages;
    return {};
  }

  Store& store_;
  UnixMillis now_;
  BackupCounts counts_;
};

Result<ProfileLock> lock_profile(const ProfilePaths& paths) {
  const auto deadline = std::chrono::steady_clock::now() + limits::profile_wait;
  for (;;) {
    auto lock = ProfileLock::try_lock(paths);
    if (!lock) return pass(lock);
    if (*lock) return std::move(**lock);
    if (std::chrono::steady_clock::now() >= deadline)
      return fail(ExitCode::busy, "another pqc-chat uses the profile: end it (receive --follow, chat) and try again");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

}  // namespace

Result<BackupCounts> write_backup(Store& store, const std::filesystem::path& file, const SecretBytes& passphrase,
                                  const crypto::Argon2Parameters& parameters, UnixMillis now, Rng& rng) {
  auto account = store.account.load();
  if (!account) return pass(account);
  auto writer = BackupWriter::create(file, passphrase, parameters, rng);
  if (!writer) return pass(writer);
  v1::BackupRecord profile;
  if (*account) profile.mutable_profile()->set_account((*account)->name + "@" + (*account)->server);
  profile.mutable_profile()->set_created_at(now.value);
  auto reads = store.account.number(setting::read_receipts);
  auto typing = store.account.number(setting::typing);
  auto days = store.account.number(setting::keep_days);
  if (!reads || !typing || !days) return fail(ExitCode::damaged, "the settings of the profile cannot be read");
  profile.mutable_profile()->set_read_receipts(reads->value_or(0) != 0);
  profile.mutable_profile()->set_typing(typing->value_or(0) != 0);
  profile.mutable_profile()->set_keep_days(static_cast<std::uint32_t>(days->value_or(0)));
  if (auto done = add(**writer, profile); !done) return pass(done);
  BackupCounts counts;
  auto contacts = store.contacts.all();
  if (!contacts) return pass(contacts);
  for (const auto& contact : *contacts) {
    if (auto done = add(**writer, encode(contact)); !done) return pass(done);
    ++counts.contacts;
  }
  for (std::int64_t after = 0;;) {
    auto rows = RestoredRows(store).after(after, page);
    if (!rows) return pass(rows);
    if (rows->empty()) break;
    after = rows->back().message.seq;
    for (const auto& row : *rows) {
      if (row.message.expires_at.value > 0 && row.message.expires_at <= now) continue;
      if (auto done = add(**writer, encode(row)); !done) return pass(done);
      ++counts.messages;
    }
  }
  if (auto done = (*writer)->finish(); !done) return pass(done);
  return counts;
}

Result<BackupCounts> restore_backup(Store& store, const std::filesystem::path& file, const SecretBytes& passphrase,
                                    UnixMillis now) {
  auto reader = BackupReader::open(file, passphrase);
  if (!reader) return pass(reader);
  auto transaction = store.begin();
  if (!transaction) return pass(transaction);
  Restorer restorer(store, now);
  for (;;) {
    auto bytes = (*reader)->next();
    if (!bytes) return pass(bytes);
    if (!*bytes) break;
    v1::BackupRecord record;
    if (!record.ParseFromArray((*bytes)->view().data(), static_cast<int>((*bytes)->size())))
      return fail(ExitCode::damaged, "the backup has a record that cannot be read: nothing was restored");
    if (auto done = restorer.take(record); !done) return pass(done);
  }
  if (auto done = store.account.set_number(setting::restored, 1); !done) return pass(done);
  if (auto done = transaction->commit(); !done) return pass(done);
  return restorer.counts();
}

Result<BackupCounts> write_backup(const ProfilePaths& paths, const KeyAccess& access, const std::filesystem::path& file,
                                  const SecretBytes& passphrase, const Clock& clock) {
  if (auto checked = check_keys(paths); !checked) return pass(checked);
  auto lock = lock_profile(paths);
  if (!lock) return pass(lock);
  auto profile = open_profile(paths, *lock, access);
  if (!profile) return pass(profile);
  return write_backup(*profile->store, file, passphrase, {}, clock.now(), crypto::SystemRng::instance());
}

Result<BackupCounts> restore_backup(const ProfilePaths& paths, const KeyAccess& access,
                                    const std::filesystem::path& file, const SecretBytes& passphrase,
                                    const Clock& clock) {
  if (auto checked = check_keys(paths); !checked) return pass(checked);
  auto lock = lock_profile(paths);
  if (!lock) return pass(lock);
  auto profile = open_profile(paths, *lock, access);
  if (!profile) return pass(profile);
  return restore_backup(*profile->store, file, passphrase, clock.now());
}

}  // namespace pqc::client
