// A client's view of its key agent: the vault's ways in, the database key, the security log, what protects the agent
// (docs/spec/agent.md §4). The keys themselves are served by AgentKeyHolder (agent_key_holder.h).
//
// Synchronous: a call waits for the answer. Starts the agent where none runs, and connects again when it went away; it
// is locked then. One thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/secret.h"
#include "keys/agent_client/error.h"
#include "keys/agent_client/launcher.h"
#include "keys/audit/event.h"

namespace pqc::keys::agent_client {

class Link;

enum class State : std::uint8_t { absent = 1, locked = 2, empty = 3, ready = 4 };
enum class Way : std::uint8_t { passphrase = 1, keyring = 2, key_file = 3 };

struct Measure {
  std::string name;
  bool holds = false;
  std::string detail;
};

struct Status {
  State state{};
  Bytes vault_id;
  std::uint64_t generation = 0;  // keep the highest seen, and give it to the constructor
  std::vector<Way> ways;
  std::uint32_t argon2_memory_kib = 0;
  std::uint32_t argon2_passes = 0;
  std::uint32_t failed_attempts = 0;
  std::chrono::milliseconds wait{};
  bool vault_rolled_back = false;
  bool store_rolled_back = false;
  bool audit_ok = true;
  std::vector<Measure> measures;
  std::uint64_t arena_in_use = 0;
  std::uint64_t arena_overflowed = 0;
  std::optional<Error> vault_problem;
};

using StoreKey = Secret<struct StoreKeyTag, 32>;
using KeyringSecret = Secret<struct KeyringSecretTag, 32>;

class AgentClient {
 public:
  // `minimum_generation` is the highest vault generation this client ever saw: a lower one is a roll-back.
  explicit AgentClient(Location location, std::uint64_t minimum_generation = 0);
  ~AgentClient();
  AgentClient(const AgentClient&) = delete;
  AgentClient& operator=(const AgentClient&) = delete;

  [[nodiscard]] Result<Status> status();
  // An empty passphrase is none; `key_file` lets the agent write its own for unattended use. Unlocked afterwards.
  [[nodiscard]] Result<void> create_vault(ByteView passphrase, bool key_file);
  // For the key file an empty secret means the one in the key folder.
  [[nodiscard]] Result<void> unlock(Way way, ByteView secret);
  [[nodiscard]] Result<void> lock();
  // Ends the agent where one runs, and returns when it is gone; the next request starts none. For keys that nobody
  // will use.
  [[nodiscard]] Result<void> end_agent();
  [[nodiscard]] Result<void> change_passphrase(ByteView old_passphrase, ByteView new_passphrase);
  // What the keyring has to keep; for the program that talks to the keyring.
  [[nodiscard]] Result<KeyringSecret> enable_keyring(ByteView passphrase);
  [[nodiscard]] Result<void> disable_keyring();
  [[nodiscard]] Result<void> enable_key_file(ByteView passphrase);
  [[nodiscard]] Result<void> disable_key_file();

  // The raw key of the client's database.
  [[nodiscard]] Result<StoreKey> store_key();
  // The generation of the client's database; a lower one than before is noticed (Status::store_rolled_back).
  [[nodiscard]] Result<void> witness(std::uint64_t generation);
  // Into the security log; only kinds that a client may report.
  [[nodiscard]] Result<void> record(const audit::Event& event);

  // Called when the agent answers that it is locked: true when the caller unlocked it (with another call of this
  // object), and the request is asked again, once.
  void when_locked(std::function<bool()> unlock);

  // As the constructor's, where it is known later: the next request greets anew.
  void expect_generation(std::uint64_t minimum_generation);

  // For AgentKeyHolder.
  [[nodiscard]] Link& link() { return *link_; }

 private:
  std::unique_ptr<Link> link_;
};

}  // namespace pqc::keys::agent_client
