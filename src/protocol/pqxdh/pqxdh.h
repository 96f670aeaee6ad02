// The key agreement between two devices (docs/spec/pqxdh.md): Signal's PQXDH with ML-KEM-1024, the hash of the whole
// transcript in the key derivation, and quantum-safe signatures of both sides.
//
//   initiator                                            responder
//   VerifiedBundle                                       InitialPart bytes
//     | initiate(our device, rng)                          | InitialPart::decode
//     v                                                    v
//   Initiated { secret, id, initial part } --------->    InitialPart
//     |                                                    | respond(our device, its prekeys)       [key holder]
//     v                                                    v
//   ratchet::start_initiator                             Unconfirmed { secret, id, signature }
//                                                          | confirm(initiator's verified device)   [client]
//                                                          v
//                                                        Agreed { secret, id } -> ratchet::start_responder
//
// The responder's signature is that on its prekey batch; the initiator's is over the transcript and travels sealed in
// the initial part. Private keys are needed by initiate() and respond() only, so a key agent runs these two; all that
// verifies runs in the client. Pure functions of their arguments; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/rng.h"
#include "base/secret.h"
#include "crypto/composite.h"
#include "crypto/dh.h"
#include "crypto/kem.h"
#include "identity/account_record.h"
#include "protocol/pqxdh/error.h"
#include "protocol/pqxdh/prekeys.h"

namespace pqc::pqxdh {

// What the ratchet starts from.
using SessionSecret = Secret<struct SessionSecretTag, 64>;
// SHA-512 of the transcript: names the session, the same on both sides.
using SessionId = std::array<std::uint8_t, 64>;
// SHA-512 of an initial part's bytes: recognises a repetition before any key is touched.
using InitialPartHash = std::array<std::uint8_t, 64>;

// Which prekeys of ours a session used; what is erased, or remembered, once the session is stored.
struct PrekeyUse {
  crypto::SuiteId suite{};
  BatchId batch;
  std::optional<std::uint32_t> one_time;  // index of the pair; none: only reusable prekeys were used
  friend bool operator==(const PrekeyUse&, const PrekeyUse&) = default;
};

// The first part of an initial message, in the clear but for the signature (§6).
struct InitialPart {
  crypto::SuiteId suite{};
  identity::DeviceAddress sender;
  identity::RecordVersion sender_record;  // the sender's own record
  identity::DeviceAddress recipient;
  identity::RecordVersion recipient_record;  // the recipient's record as the sender saw it
  PrekeyUse prekeys;
  Bytes ephemeral_key;
  Bytes kem_ciphertext;  // empty in suites without a KEM
  Bytes sealed_signature;
  friend bool operator==(const InitialPart&, const InitialPart&) = default;

  // Parses to the last byte. Errors: malformed, unsupported, limit.
  static Result<InitialPart> decode(ByteView bytes);
  [[nodiscard]] Bytes encode() const;
};

[[nodiscard]] InitialPartHash hash_initial_part(ByteView bytes);

// Our side: the public values and the two private keys of one device in one suite. Views; the owner outlives the call.
struct LocalDevice {
  const identity::DeviceIdentity& identity;
  const crypto::CompositePrivateKey& signature_key;
  const crypto::DhPrivateKey& dh_key;
};

struct Initiated {
  SessionSecret secret;
  SessionId id{};
  Bytes initial_part;
};

// Agrees on a secret with the bundle's device and signs the transcript. Errors: mismatch (suites differ), refused.
[[nodiscard]] Result<Initiated> initiate(const LocalDevice& us, const VerifiedBundle& peer, Rng& rng);

// The private halves that an initial part asks for, and the manifest they were published in.
struct ResponderPrekeys {
  const PrekeyManifest& manifest;
  const crypto::DhPrivateKey& signed_prekey;
  const crypto::DhPrivateKey* one_time;  // null when only reusable prekeys were used
  const crypto::KemPrivateKey* kem;      // of the pair, or the last-resort key; null in suites without a KEM
  ByteView one_time_key;                 // public halves, as published
  ByteView kem_key;
};

// The session as the responder derived it, before anybody checked who asked for it.
struct Unconfirmed {
  SessionSecret secret;
  SessionId id{};
  Bytes signature;  // composite, of the initiator over the transcript
  PrekeyUse prekeys;
  identity::DeviceAddress initiator;
};

// Derives the same secret. `initiator` is the sender's device by its record; the transcript binds every value of it, so
// another device's keys give a seal that does not open. Deriving again gives the same answer.
[[nodiscard]] Result<Unconfirmed> respond(const LocalDevice& us, const ResponderPrekeys& prekeys,
                                          const identity::DeviceIdentity& initiator, const InitialPart& part);

struct Agreed {
  SessionSecret secret;
  SessionId id{};
  PrekeyUse prekeys;
};

// Checks the initiator's signature. Only then may the session be used or any prekey erased.
[[nodiscard]] Result<Agreed> confirm(Unconfirmed session, const identity::VerifiedDevice& initiator);

// Two devices that started at the same time hold two sessions: both receive with both, and send with the one this
// prefers, the lower id (§8).
[[nodiscard]] inline bool preferred(const SessionId& candidate, const SessionId& current) {
  return candidate < current;
}

}  // namespace pqc::pqxdh
