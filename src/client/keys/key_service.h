// Where a profile's private keys live and its security log is written, as the rest of the client sees it: the profile's
// key agent (agent_keys.h), or a stand-in in tests. Loop thread only; calls wait for the answer.
#pragma once

#include <cstdint>
#include <optional>

#include "keys/audit/event.h"
#include "keys/key_holder.h"

namespace pqc::client {

class KeyService {
 public:
  // The vault's (docs/spec/vault.md §8).
  struct State {
    std::uint64_t generation = 0;
    bool vault_rolled_back = false;  // older than a vault that this profile's database knows
    bool store_rolled_back = false;  // the database is older than one that the vault knows
  };

  virtual ~KeyService() = default;

  [[nodiscard]] virtual keys::KeyHolder& holder() = 0;
  // Nothing when it does not answer.
  [[nodiscard]] virtual std::optional<State> state() = 0;
  // The database has this generation now.
  virtual void witness(std::uint64_t generation) = 0;
  // Into the security log (docs/spec/agent.md §8). A log that cannot be written stops nothing.
  virtual void record(const keys::audit::Event& event) = 0;
  // From now on the agent itself names nobody there, either: who it refuses may be a stranger.
  virtual void name_nobody() = 0;
};

}  // namespace pqc::client
