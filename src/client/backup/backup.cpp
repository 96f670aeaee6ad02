#include "client/backup/backup.h"

#include <algorithm>
#include <ranges>
#include <thread>

#include "client/backup/backup_file.h"
#include "client/limits.h"
#include "client/store/restored_rows.h"
#include "crypto/random.h"

namespace pqc::client {
namespace {

constexpr std::size_t page = 500;

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
  auto profile = profile_record(store, now);
  if (!profile) return pass(profile);
  if (auto done = (*writer)->add(profile->view()); !done) return pass(done);
  BackupCounts counts;
  auto contacts = store.contacts.all();
  if (!contacts) return pass(contacts);
  // A profile's own account is no contact, though other devices of it are kept as one.
  const auto own = *account ? (*account)->name + "@" + (*account)->server : "";
  for (const auto& contact : *contacts) {
    if (contact.peer == own) continue;
    if (auto done = (*writer)->add(encode_record(contact).view()); !done) return pass(done);
    ++counts.contacts;
  }
  auto calls = store.calls.latest(limits::call_history_rows);
  if (!calls) return pass(calls);
  for (const auto& call : *calls | std::views::reverse) {
    if (auto done = (*writer)->add(encode_record(call).view()); !done) return pass(done);
    ++counts.calls;
  }
  for (std::int64_t after = 0;;) {
    auto rows = RestoredRows(store).after(after, page);
    if (!rows) return pass(rows);
    if (rows->empty()) break;
    after = rows->back().message.seq;
    for (const auto& row : *rows) {
      if (row.message.expires_at.value > 0 && row.message.expires_at <= now) continue;
      if (auto done = (*writer)->add(encode_record(row).view()); !done) return pass(done);
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
  auto account = store.account.load();
  if (!account) return pass(account);
  if (!*account)
    return fail(ExitCode::not_registered,
                "this profile has no account yet: register, or link it to another device, and then restore");
  auto transaction = store.begin();
  if (!transaction) return pass(transaction);
  RecordReader restorer(store, now);
  for (;;) {
    auto bytes = (*reader)->next();
    if (!bytes) return pass(bytes);
    if (!*bytes) break;
    if (auto done = restorer.take((*bytes)->view()); !done) return pass(done);
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
