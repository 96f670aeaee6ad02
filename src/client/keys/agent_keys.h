// The keys of a profile in its agent (docs/spec/agent.md): found or started, unlocked, and then asked.
//
// When the agent had to be started again it is locked; a key file opens it without a question, in the middle of
// whatever needed it. Any other way in waits for `pqc-chat unlock` or the next command: a user who locked the keys
// meant it.
#pragma once

#include <memory>
#include <string>

#include "client/keys/agent_access.h"
#include "client/keys/key_service.h"
#include "client/store/database.h"
#include "keys/agent_client/agent_key_holder.h"

namespace pqc::client {

class AgentKeys final : public KeyService {
 public:
  using Location = keys::agent_client::Location;

  // An open vault. Errors: those of unlock_agent().
  [[nodiscard]] static Result<std::unique_ptr<AgentKeys>> open(Location location, const AskPassphrase& ask);
  // Makes the vault. Without a passphrase it gets a key file, so that it opens unattended. One that is there already is
  // opened, with the passphrase.
  [[nodiscard]] static Result<std::unique_ptr<AgentKeys>> create(Location location,
                                                                 const std::optional<SecretBytes>& passphrase);

  // Whether the vault has an identity.
  [[nodiscard]] Result<bool> has_identity();
  [[nodiscard]] Result<DatabaseKey> database_key();
  // A vault below this generation is rolled back: the highest one that the database knows.
  void expect_generation(std::uint64_t generation) { client_.expect_generation(generation); }

  [[nodiscard]] keys::KeyHolder& holder() override { return holder_; }
  [[nodiscard]] std::optional<State> state() override;
  void witness(std::uint64_t generation) override;
  void record(const keys::audit::Event& event) override;
  void name_nobody() override { holder_.name_nobody(); }

 private:
  explicit AgentKeys(Location location);

  keys::agent_client::AgentClient client_;
  keys::agent_client::AgentKeyHolder holder_;
};

}  // namespace pqc::client
