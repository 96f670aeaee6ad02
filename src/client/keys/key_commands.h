// What a user does with a profile's keys themselves, whoever owns the profile at that moment: lock and unlock, change
// the passphrase, use the keyring, look at the security log and at what protects the agent. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/keys/agent_access.h"
#include "client/profile.h"

namespace pqc::client {

struct KeyMeasure {
  std::string name;  // docs/spec/agent.md §7
  bool holds = false;
  std::string detail;
};

struct KeyStatus {
  bool unlocked = false;
  bool passphrase = false;  // the ways in
  bool keyring = false;
  bool key_file = false;
  std::uint64_t generation = 0;
  std::uint32_t failed_attempts = 0;
  bool vault_rolled_back = false;
  bool store_rolled_back = false;
  bool audit_ok = true;
  bool arena_overflowed = false;
  std::vector<KeyMeasure> measures;
};

class KeyCommands {
 public:
  // Errors: not_registered, too_old.
  [[nodiscard]] static Result<KeyCommands> open(const ProfilePaths& paths, const KeyAccess& access);

  // Starts the agent where none runs.
  [[nodiscard]] Result<KeyStatus> status();
  // The agent forgets the keys. A process that owns the profile keeps what it has: session keys and database.
  [[nodiscard]] Result<KeyStatus> lock();
  [[nodiscard]] Result<KeyStatus> unlock();
  // `old_passphrase` is empty where there was none; a key file then goes. Errors: wrong_key, too_soon, usage.
  [[nodiscard]] Result<KeyStatus> change_passphrase(const SecretBytes& old_passphrase,
                                                    const SecretBytes& new_passphrase);
  // Errors: usage (there is no passphrase), missing (no keyring to keep it), wrong_key, too_soon.
  [[nodiscard]] Result<KeyStatus> enable_keyring(const SecretBytes& passphrase);
  [[nodiscard]] Result<KeyStatus> disable_keyring();
  // The lines of the security log, oldest first (docs/spec/agent.md §8). Needs no agent.
  [[nodiscard]] Result<std::vector<std::string>> security_log() const;

 private:
  KeyCommands(ProfilePaths paths, const KeyAccess& access);

  ProfilePaths paths_;
  AskPassphrase ask_;
  std::unique_ptr<keys::agent_client::AgentClient> agent_;
};

}  // namespace pqc::client
