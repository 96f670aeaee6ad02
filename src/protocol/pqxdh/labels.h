// Every label of this protocol (docs/spec/pqxdh.md §3). One use a label.
#pragma once

#include <string_view>

namespace pqc::pqxdh::labels {

// Hashed.
inline constexpr std::string_view leaf = "pqc-chat pqxdh 1 leaf";
inline constexpr std::string_view node = "pqc-chat pqxdh 1 node";
inline constexpr std::string_view last_resort = "pqc-chat pqxdh 1 last resort";
inline constexpr std::string_view manifest = "pqc-chat pqxdh 1 manifest";
inline constexpr std::string_view transcript = "pqc-chat pqxdh 1 transcript";

// HKDF.
inline constexpr std::string_view salt = "pqc-chat pqxdh 1 salt";
inline constexpr std::string_view session_secret = "pqc-chat pqxdh 1 session secret";
inline constexpr std::string_view signature_key = "pqc-chat pqxdh 1 signature key";

// Composite signatures (crypto/composite.h adds its prefix). The batch's own label is identity::labels::prekey_batch.
inline constexpr std::string_view initiator_signature = "pqxdh initiator 1";

// Associated data of ratchet messages in envelopes (docs/spec/envelope.md §4).
inline constexpr std::string_view envelope = "pqc-chat envelope 1";

}  // namespace pqc::pqxdh::labels
