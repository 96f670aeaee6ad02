// What turns a text into bytes that only a device of the peer can read, and back. One file a kind: the ratchet's
// sessions now (client/people/sessions.h); RSA and none are further files. The state that a call changes is written
// through the caller's transaction, together with what it made.
#pragma once

#include <cstdint>
#include <expected>

#include "base/bytes.h"
#include "base/secret.h"
#include "client/error.h"
#include "client/store/contact_table.h"
#include "client/store/outbox_table.h"
#include "identity/account_record.h"
#include "protocol/pqxdh/envelope.h"

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
  need_record,  // not with the record that is pinned: fetch the sender's and try again; then it is refused
  store,        // the store failed: nothing may be acknowledged
  keys,         // the keys are locked, or their agent does not answer: nothing may be acknowledged
};

class Encryptor {
 public:
  virtual ~Encryptor() = default;
  // Whether seal() has what it needs for this device.
  virtual Result<bool> can_seal(const ContactRow& contact, identity::DeviceId device) = 0;
  virtual Result<SealedMessage> seal(const ContactRow& contact, const identity::VerifiedRecord& record,
                                     identity::DeviceId device, ByteView padded) = 0;
  // `record` may be null.
  virtual std::expected<OpenedMessage, OpenError> open(const ContactRow& contact,
                                                       const identity::VerifiedRecord* record,
                                                       identity::DeviceId device, const pqxdh::Envelope& envelope) = 0;
};

}  // namespace pqc::client
