// The transcript that names a session (docs/spec/pqxdh.md §5). For this folder.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "identity/account_record.h"
#include "protocol/pqxdh/pqxdh.h"

namespace pqc::pqxdh {

// Everything both sides have to agree on. Views; the record versions are those of the initial part.
struct Transcript {
  const identity::DeviceIdentity& initiator;
  identity::RecordVersion initiator_record;
  const identity::DeviceIdentity& responder;
  identity::RecordVersion responder_record;
  const PrekeyManifest& manifest;
  std::optional<std::uint32_t> one_time;
  ByteView one_time_key;  // empty without a pair
  ByteView kem_key;       // empty without a KEM
  ByteView ephemeral_key;
  ByteView kem_ciphertext;
};

[[nodiscard]] SessionId session_id(const Transcript& transcript);

}  // namespace pqc::pqxdh
