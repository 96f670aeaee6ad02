// A profile on disk: one folder, mode 0700, that one process owns at a time.
//
//   key          the database's key (key_file.h)
//   profile.db   everything else, encrypted (store/)
//   lock         flock(2): who holds it owns the profile
//   socket       where the owner answers other commands of the same user (local_server.h)
//
// Invariant: the database is opened only while the lock is held.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/rng.h"
#include "client/files.h"
#include "client/key_file.h"
#include "client/store/store.h"

namespace pqc::client {

struct ProfilePaths {
  std::filesystem::path folder;
  [[nodiscard]] std::filesystem::path key() const { return folder / "key"; }
  [[nodiscard]] std::filesystem::path database() const { return folder / "profile.db"; }
  [[nodiscard]] std::filesystem::path lock() const { return folder / "lock"; }
  [[nodiscard]] std::filesystem::path socket() const { return folder / "socket"; }
  [[nodiscard]] bool exists() const;
};

// $PQC_CHAT_PROFILE, else $XDG_DATA_HOME/pqc-chat, else ~/.local/share/pqc-chat.
ProfilePaths default_profile();

// The right to open the database; given up with the object.
class ProfileLock {
 public:
  // Nothing when another process has it.
  static Result<std::optional<ProfileLock>> try_lock(const ProfilePaths& paths);

 private:
  explicit ProfileLock(FileDescriptor file) : file_(std::move(file)) {}
  FileDescriptor file_;
};

// Opens the store of an existing profile. Errors: not_registered (no profile), those of the key file and the store.
Result<std::unique_ptr<Store>> open_profile(const ProfilePaths& paths, const ProfileLock& lock,
                                            const AskPassphrase& ask);

// Makes key file and store, or opens what an interrupted attempt left.
Result<std::unique_ptr<Store>> create_profile(const ProfilePaths& paths, const ProfileLock& lock,
                                              const std::optional<SecretBytes>& passphrase, Rng& rng);

}  // namespace pqc::client
