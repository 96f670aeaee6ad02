// Sessions with contacts' devices: key agreement through the key agent, then the ratchet (docs/spec/pqxdh.md §6–§8,
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
#include "client/chat/encryptor.h"
#include "client/error.h"
#include "client/people/account.h"
#include "client/people/contacts.h"
#include "client/store/store.h"
#include "protocol/pqxdh/envelope.h"
#include "protocol/pqxdh/prekeys.h"

namespace pqc::client {

class Sessions final : public Encryptor {
 public:
  Sessions(Store& store, Account& account, Contacts& contacts, const Clock& clock, Rng& rng)
      : store_(store), account_(account), contacts_(contacts), clock_(clock), rng_(rng) {}

  // The suite that a new session with this device would have, by both sides' suites, the policy and what is pinned.
  // Error: level_refused.
  Result<const crypto::Suite*> choose_suite(const ContactRow& contact, const identity::VerifiedRecord& record,
                                            identity::DeviceId device) const;

  // Whether seal() has a session that may send.
  Result<bool> can_seal(const ContactRow& contact, identity::DeviceId device) override;
  Result<SealedMessage> seal(const ContactRow& contact, const identity::VerifiedRecord& record,
                             identity::DeviceId device, ByteView padded) override;

  // Begins a session with a bundle from the server; it sends from now on. `last_resort` tells whether the server had
  // no one-time pair left.
  struct Begun {
    bool last_resort = false;
  };
  Result<Begun> begin(const ContactRow& contact, const identity::VerifiedRecord& record, identity::DeviceId device,
                      const crypto::Suite& suite, ByteView signed_manifest, ByteView prekey);

  // `record` may be null. A session that an initial message begins is stored, with the note that its prekeys are to be
  // forgotten.
  std::expected<OpenedMessage, OpenError> open(const ContactRow& contact, const identity::VerifiedRecord* record,
                                               identity::DeviceId device, const pqxdh::Envelope& envelope) override;

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
  std::unexpected<OpenError> dropped(std::string_view why, const ContactRow& contact);
  void report_started(const ContactRow& contact, const crypto::Suite& suite);
  [[nodiscard]] crypto::Level required_level(const ContactRow& contact) const;
  Status pin_suite(const ContactRow& contact, const crypto::Suite& suite);

  Store& store_;
  Account& account_;
  Contacts& contacts_;
  const Clock& clock_;
  Rng& rng_;
};

}  // namespace pqc::client
