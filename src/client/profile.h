// A profile on disk: one folder, mode 0700, that one process owns at a time.
//
//   keys/        the key agent's vault: private keys, and the database's key (docs/spec/agent.md §2)
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

#include "client/files.h"
#include "client/keys/agent_keys.h"
#include "client/store/store.h"

namespace pqc::client {

struct ProfilePaths {
  std::filesystem::path folder;
  [[nodiscard]] std::filesystem::path keys() const { return folder / "keys"; }
  [[nodiscard]] std::filesystem::path vault() const { return keys() / "vault"; }
  [[nodiscard]] std::filesystem::path database() const { return folder / "profile.db"; }
  [[nodiscard]] std::filesystem::path lock() const { return folder / "lock"; }
  [[nodiscard]] std::filesystem::path socket() const { return folder / "socket"; }
  [[nodiscard]] bool exists() const;
  // Of its key agent, which is started where none runs. `program` empty: pqc-chat-keyd beside this process's own.
  [[nodiscard]] keys::agent_client::Location agent(const std::string& program = {}) const;
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

struct OpenProfile {
  std::unique_ptr<AgentKeys> keys;
  std::unique_ptr<Store> store;
};

// How a profile's keys are reached.
struct KeyAccess {
  AskPassphrase ask;
  std::string agent_program;  // see ProfilePaths::agent
};

// Whether there is a profile whose keys live in an agent. Errors: not_registered, too_old, damaged.
Status check_keys(const ProfilePaths& paths);

// Opens an existing profile. Errors: not_registered (there is none), too_old (its keys lie in a file of their own, as
// before there was a key agent), damaged, and those of AgentKeys and the store.
Result<OpenProfile> open_profile(const ProfilePaths& paths, const ProfileLock& lock, const KeyAccess& access);

// Makes keys and store, or opens what an interrupted attempt left. Without a passphrase the keys open unattended.
Result<OpenProfile> create_profile(const ProfilePaths& paths, const ProfileLock& lock,
                                   const std::optional<SecretBytes>& passphrase, const KeyAccess& access);

}  // namespace pqc::client
