// Sessions with contacts' devices: key agreement through the key holder, then the ratchet (docs/spec/pqxdh.md §6–§8,
// docs/spec/ratchet.md). Everything is written through the caller's transaction; the caller commits with
// Account::commit before bytes leave this machine or a delivery is acknowledged. Loop thread only.
//
// Which session of a device sends: the only one; of two that both sides began at once, the one with the lower id; a
// session that the peer begins although ours was answered means that the peer lost its state, so it takes over.
#pragma once

#include <expected>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/rng.h"
#include "base/secret.h"
#include "client/account.h"
#include "client/contacts.h"
#include "client/error.h"
#include "client/store/store.h"
#include "protocol/pqxdh/envelope.h"
#include "protocol/pqxdh/prekeys.h"

namespace pqc::client {

struct SealedMessage {
  Bytes envelope;
  ReceiptTag tag{};  // what the peer's receipt for it will be
  std::uint16_t suite = 0;
};

struct OpenedMessage {
  SecretBytes padded;
  ReceiptTag tag{};
  std::uint16_t suite = 0;
  std::uint64_t sender_record = 0;  // the sender's own record, as it says inside the seal
  std::uint64_t our_record = 0;     // ours, as the sender knows it
  bool restarted = false;           // the peer began anew although there was an answered session
};

enum class OpenError : std::uint8_t {
  duplicate,    // received before: acknowledge and drop
  refused,      // forged, damaged, or not allowed: acknowledge and drop
  unreadable,   // no session of ours opens it: one side lost its state
  need_record,  // the sender's record has to be fetched first
  store,        // the store failed: nothing may be acknowledged
};

class Sessions {
 public:
  Sessions(Store& store, Account& account, Contacts& contacts, const Clock& clock, Rng& rng)
      : store_(store), account_(account), contacts_(contacts), clock_(clock), rng_(rng) {}

  // The suite that a new session with this device would have, by both sides' suites, the policy and what is pinned.
  // Error: level_refused.
  Result<const crypto::Suite*> choose_suite(const ContactRow& contact, const identity::VerifiedRecord& record,
                                            identity::DeviceId device) const;

  // Whether seal() has a session that may send.
  Result<bool> can_seal(const ContactRow& contact, identity::DeviceId device);
  Result<SealedMessage> seal(const ContactRow& contact, const identity::VerifiedRecord& record,
                             identity::DeviceId device, ByteView padded);

  // Begins a session with a bundle from the server; it sends from now on. `last_resort` tells whether the server had
  // no one-time pair left.
  struct Begun {
    bool last_resort = false;
  };
  Result<Begun> begin(const ContactRow& contact, const identity::VerifiedRecord& record, identity::DeviceId device,
                      const crypto::Suite& suite, ByteView signed_manifest, ByteView prekey);

  // `record` may be null. A session that an initial message begins is stored, with its prekeys forgotten.
  std::expected<OpenedMessage, OpenError> open(const ContactRow& contact, const identity::VerifiedRecord* record,
                                               identity::DeviceId device, const pqxdh::Envelope& envelope);

 private:
  using Opened = std::expected<OpenedMessage, OpenError>;
  Opened open_initial(const ContactRow& contact, const identity::VerifiedRecord* record, identity::DeviceId device,
                      const pqxdh::InitialEnvelope& envelope);
  Opened open_message(const ContactRow& contact, identity::DeviceId device, const pqxdh::MessageEnvelope& envelope);
  Opened respond(const ContactRow& contact, const identity::VerifiedRecord* record, identity::DeviceId device,
                 const pqxdh::InitialEnvelope& envelope);
  Opened decrypt(const ContactRow& contact, SessionRow& row, pqxdh::EnvelopeKind kind, ByteView message);
  std::expected<bool, OpenError> add_session(SessionRow& row);
  Status prefer(const SessionRow& row);
  [[nodiscard]] crypto::Level required_level(const ContactRow& contact) const;
  Status pin_suite(const ContactRow& contact, const crypto::Suite& suite);

  Store& store_;
  Account& account_;
  Contacts& contacts_;
  const Clock& clock_;
  Rng& rng_;
};

}  // namespace pqc::client
