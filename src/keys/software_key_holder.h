// A KeyHolder in this process: the key agent's own, and that of tests.
//
// Private keys lie in locked memory, ML-KEM and ML-DSA keys as seeds; the identity's and the device's key objects stay
// ready for signing. Its owner persists export_state() or changes() sealed.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/rng.h"
#include "base/secret.h"
#include "keys/key_holder.h"

namespace pqc::keys {

// A piece of the holder's state, to be sealed and stored by its owner under its name.
struct StateItem {
  std::string name;
  SecretBytes value;
};

struct StateChanges {
  std::uint64_t generation = 0;
  std::vector<StateItem> changed;
  std::vector<std::string> removed;
  [[nodiscard]] bool empty() const { return changed.empty() && removed.empty(); }
};

class SoftwareKeyHolder final : public KeyHolder {
 public:
  // `rng` outlives the holder.
  explicit SoftwareKeyHolder(Rng& rng);
  ~SoftwareKeyHolder() override;
  SoftwareKeyHolder(const SoftwareKeyHolder&) = delete;
  SoftwareKeyHolder& operator=(const SoftwareKeyHolder&) = delete;

  [[nodiscard]] Result<PublicIdentity> create(const identity::AccountName& account, identity::DeviceId device,
                                              std::span<const crypto::SuiteId> suites) override;
  [[nodiscard]] Result<PublicIdentity> create_device(const identity::AccountName& account, identity::DeviceId device,
                                                     std::span<const crypto::SuiteId> suites) override;
  [[nodiscard]] Result<PublicIdentity> public_identity() const override;
  [[nodiscard]] Result<void> discard() override;
  [[nodiscard]] Result<Bytes> sign_record(const identity::AccountRecord& record) override;
  [[nodiscard]] Result<Bytes> sign(const identity::Statement& statement) override;
  [[nodiscard]] Result<pqxdh::PrekeyBatch> generate_batch(crypto::SuiteId suite, std::uint32_t size,
                                                          UnixMillis now) override;
  [[nodiscard]] std::vector<BatchStatus> batches() const override;
  [[nodiscard]] Result<void> destroy_expired(UnixMillis now) override;
  [[nodiscard]] Result<void> destroy_batch(pqxdh::BatchId batch) override;
  [[nodiscard]] Result<pqxdh::Initiated> initiate(const pqxdh::VerifiedBundle& peer,
                                                  identity::RecordVersion own_record) override;
  [[nodiscard]] Result<pqxdh::Unconfirmed> respond(const pqxdh::InitialPart& part,
                                                   const identity::DeviceIdentity& initiator) override;
  [[nodiscard]] Result<void> forget(const pqxdh::PrekeyUse& prekeys, const pqxdh::SessionId& session) override;

  // What changed since the generation last given to saved(). The owner stores the items and then calls saved(); when
  // storing failed, the same changes come again, or the owner goes back to what is stored with a new holder.
  [[nodiscard]] StateChanges changes() const;
  void saved(std::uint64_t generation);
  // Everything, whatever was saved before.
  [[nodiscard]] std::vector<StateItem> export_state() const;
  // Into a holder without an identity. Errors: has_identity, damaged_state, unsupported.
  [[nodiscard]] Result<void> import_state(std::span<const StateItem> items);

 private:
  struct State;
  Result<PublicIdentity> create_keys(const identity::AccountName& account, identity::DeviceId device,
                                     std::span<const crypto::SuiteId> suites, bool primary);

  std::unique_ptr<State> state_;
  Rng& rng_;
};

}  // namespace pqc::keys
