// The KeyHolder that a client uses when its keys live in the agent (docs/spec/agent.md §5). Synchronous; one thread at
// a time, the same as its AgentClient.
//
// The agent answers only after its vault is written.
// Error:: locked: unlock the agent and ask again.
#pragma once

#include "keys/agent_client/agent_client.h"
#include "keys/key_holder.h"

namespace pqc::keys::agent_client {

class AgentKeyHolder final : public KeyHolder {
 public:
  // `client` outlives the holder.
  explicit AgentKeyHolder(AgentClient& client) : client_(client) {}

  [[nodiscard]] keys::Result<PublicIdentity> create(const identity::AccountName& account, identity::DeviceId device,
                                                    std::span<const crypto::SuiteId> suites) override;
  [[nodiscard]] keys::Result<PublicIdentity> create_device(const identity::AccountName& account,
                                                           identity::DeviceId device,
                                                           std::span<const crypto::SuiteId> suites) override;
  [[nodiscard]] keys::Result<PublicIdentity> public_identity() const override;
  [[nodiscard]] keys::Result<void> discard() override;
  [[nodiscard]] keys::Result<Bytes> sign_record(const identity::AccountRecord& record) override;
  [[nodiscard]] keys::Result<Bytes> sign(const identity::Statement& statement) override;
  [[nodiscard]] keys::Result<pqxdh::PrekeyBatch> generate_batch(crypto::SuiteId suite, std::uint32_t size,
                                                                UnixMillis now) override;
  // Nothing when the agent does not answer.
  [[nodiscard]] std::vector<BatchStatus> batches() const override;
  [[nodiscard]] keys::Result<void> destroy_expired(UnixMillis now) override;
  [[nodiscard]] keys::Result<void> destroy_batch(pqxdh::BatchId batch) override;
  [[nodiscard]] keys::Result<pqxdh::Initiated> initiate(const pqxdh::VerifiedBundle& peer,
                                                        identity::RecordVersion own_record) override;
  [[nodiscard]] keys::Result<pqxdh::Unconfirmed> respond(const pqxdh::InitialPart& part,
                                                         const identity::DeviceIdentity& initiator) override;
  [[nodiscard]] keys::Result<void> forget(const pqxdh::PrekeyUse& prekeys, const pqxdh::SessionId& session) override;

  // From now on the agent logs refusals without the names of those who are refused.
  void name_nobody() { names_nobody_ = true; }

 private:
  keys::Result<PublicIdentity> create_keys(const identity::AccountName& account, identity::DeviceId device,
                                           std::span<const crypto::SuiteId> suites, bool further);

  AgentClient& client_;
  bool names_nobody_ = false;
};

}  // namespace pqc::keys::agent_client
