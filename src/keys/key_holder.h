// The one interface behind which identity, device and prekey private keys live (DESIGN §11; docs/spec/pqxdh.md §9).
//
// It signs typed structures only, never raw bytes; session secrets come out, private keys never do. Every argument and
// answer is a plain value, so that an agent in its own process can serve it. Verifying is the client's: what comes in
// as VerifiedBundle was verified there, and respond() answers an Unconfirmed that pqxdh::confirm has to accept.
// One thread at a time.
//
// What a call answers is kept by the holder before it answers. A one-time pair is erased by forget() only, and until
// then respond() gives the same answer again, so a crash between storing the session and erasing the pair loses
// nothing.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "crypto/suite.h"
#include "identity/account_record.h"
#include "identity/statements.h"
#include "keys/error.h"
#include "protocol/pqxdh/pqxdh.h"

namespace pqc::keys {

// The public half of what create() or create_device() made, ready for an AccountRecord.
struct PublicIdentity {
  identity::AccountName account;
  identity::DeviceId device;
  std::vector<identity::IdentityKey> identities;  // none on a further device: it cannot sign records
  std::vector<identity::DeviceKeys> device_keys;
};

// A batch whose private halves the holder still has.
struct BatchStatus {
  crypto::SuiteId suite{};
  pqxdh::BatchId batch;
  UnixMillis created;
  UnixMillis expires;  // initiators refuse it afterwards
  std::uint32_t size = 0;
  std::uint32_t unused = 0;  // pairs not yet forgotten
};

class KeyHolder {
 public:
  virtual ~KeyHolder() = default;

  // Makes an identity and the keys of its first device, own component keys for each suite.
  [[nodiscard]] virtual Result<PublicIdentity> create(const identity::AccountName& account, identity::DeviceId device,
                                                      std::span<const crypto::SuiteId> suites) = 0;
  // Makes the keys of a further device of an account whose identity another device holds (docs/spec/devices.md §1).
  [[nodiscard]] virtual Result<PublicIdentity> create_device(const identity::AccountName& account,
                                                             identity::DeviceId device,
                                                             std::span<const crypto::SuiteId> suites) = 0;
  [[nodiscard]] virtual Result<PublicIdentity> public_identity() const = 0;
  // Erases identity, device and prekeys, so that create() may follow: for an account that no server has.
  [[nodiscard]] virtual Result<void> discard() = 0;

  // Signs a record of the holder's own account and identity keys, higher than any it signed before; the same record
  // again is signed again. Answers the signed bytes. Error on a further device: no_identity.
  [[nodiscard]] virtual Result<Bytes> sign_record(const identity::AccountRecord& record) = 0;
  // A device signature over a statement that names the holder's account and device.
  [[nodiscard]] virtual Result<Bytes> sign(const identity::Statement& statement) = 0;

  // Makes `size` one-time pairs, a signed prekey and a last-resort key.
  // Where a suite has keys/limits.h's max_batches_a_suite, the oldest is erased.
  [[nodiscard]] virtual Result<pqxdh::PrekeyBatch> generate_batch(crypto::SuiteId suite, std::uint32_t size,
                                                                  UnixMillis now) = 0;
  [[nodiscard]] virtual std::vector<BatchStatus> batches() const = 0;
  // Erases batches that expired more than pqxdh::batch_grace ago, with the sessions remembered for them.
  [[nodiscard]] virtual Result<void> destroy_expired(UnixMillis now) = 0;
  // Erases a batch that nobody is to use any more; that it is gone already is no error.
  [[nodiscard]] virtual Result<void> destroy_batch(pqxdh::BatchId batch) = 0;

  // `own_record` is the version of our record that we hold now.
  [[nodiscard]] virtual Result<pqxdh::Initiated> initiate(const pqxdh::VerifiedBundle& peer,
                                                          identity::RecordVersion own_record) = 0;
  // `initiator` is the sender's device by its verified record. Erases nothing.
  [[nodiscard]] virtual Result<pqxdh::Unconfirmed> respond(const pqxdh::InitialPart& part,
                                                           const identity::DeviceIdentity& initiator) = 0;
  // Called once the session is stored: erases its one-time pair, or remembers its id when only reusable prekeys were
  // used. Doing it twice is no error.
  [[nodiscard]] virtual Result<void> forget(const pqxdh::PrekeyUse& prekeys, const pqxdh::SessionId& session) = 0;
};

}  // namespace pqc::keys
