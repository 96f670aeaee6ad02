// Every label of direct chats (docs/spec/p2p.md §5). One use a label.
#pragma once

#include <string_view>

namespace pqc::p2p::labels {

// Hashed.
inline constexpr std::string_view transcript = "pqc-chat p2p 1 transcript";
inline constexpr std::string_view identity = "pqc-chat p2p 1 identity";
inline constexpr std::string_view nearby = "pqc-chat p2p 1 nearby";
// Associated data of what is sealed, with the hash of the transcript.
inline constexpr std::string_view message = "pqc-chat p2p 1 message";
// RSA-OAEP's label, with the hash of both hellos; HKDF's info.
inline constexpr std::string_view oaep = "pqc-chat p2p 1 oaep";
inline constexpr std::string_view direction_keys = "pqc-chat p2p 1 direction keys";
// Meeting by a code (docs/spec/rendezvous.md §2): Argon2id's salt with the server's fingerprint, HKDF's info.
inline constexpr std::string_view meeting_key = "pqc-chat rendezvous 1 meeting key";
inline constexpr std::string_view meeting_slot = "pqc-chat rendezvous 1 slot";
inline constexpr std::string_view meeting_seal = "pqc-chat rendezvous 1 seal";
// TLS exporter (RFC 8446 §7.5).
inline constexpr std::string_view quic_binding = "EXPORTER-pqc-chat p2p 1 binding";
inline constexpr std::string_view ice_initiator = "EXPORTER-pqc-chat p2p 1 ice initiator";
inline constexpr std::string_view ice_responder = "EXPORTER-pqc-chat p2p 1 ice responder";

}  // namespace pqc::p2p::labels
