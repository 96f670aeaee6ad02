// What a backup holds and how it comes back (docs/spec/backup.md §3 and §4): history, contacts, what was verified,
// settings. No key, no session. The profile's owner calls it; no connection is needed.
#pragma once

#include <cstdint>
#include <filesystem>

#include "client/backup/backup_records.h"
#include "client/profile.h"
#include "crypto/password_hash.h"

namespace pqc::client {

// Writes a profile's backup to a file that is not there yet. Errors: busy (another process owns the profile), those of
// the profile and of the file.
Result<BackupCounts> write_backup(const ProfilePaths& paths, const KeyAccess& access, const std::filesystem::path& file,
                                  const SecretBytes& passphrase, const Clock& clock);

// Adds it to a profile with an account. The counts are of what was not there. Errors: as above; not_registered;
// wrong_key, damaged, too_new: then nothing was changed.
Result<BackupCounts> restore_backup(const ProfilePaths& paths, const KeyAccess& access,
                                    const std::filesystem::path& file, const SecretBytes& passphrase,
                                    const Clock& clock);

// The same over an open store, for tests.
Result<BackupCounts> write_backup(Store& store, const std::filesystem::path& file, const SecretBytes& passphrase,
                                  const crypto::Argon2Parameters& parameters, UnixMillis now, Rng& rng);
Result<BackupCounts> restore_backup(Store& store, const std::filesystem::path& file, const SecretBytes& passphrase,
                                    UnixMillis now);

}  // namespace pqc::client
