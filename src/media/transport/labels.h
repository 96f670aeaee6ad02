// Every label of media (docs/spec/media.md). One use a label.
#pragma once

#include <string_view>

namespace pqc::media::labels {

// Hashed.
inline constexpr std::string_view context = "pqc-chat media 1 context";
// HKDF's info, from a call's secret.
inline constexpr std::string_view mix = "pqc-chat media 1 mix";
inline constexpr std::string_view frames = "pqc-chat media 1 frames";
inline constexpr std::string_view ssrc = "pqc-chat media 1 ssrc";
inline constexpr std::string_view safety_words = "pqc-chat media 1 safety words";
// HKDF's info, from the chain of one stream.
inline constexpr std::string_view base_key = "pqc-chat media 1 base key";
inline constexpr std::string_view obfuscation = "pqc-chat media 1 obfuscation";
inline constexpr std::string_view next_generation = "pqc-chat media 1 next generation";
// HKDF's info, SRTP's master keys and salts.
inline constexpr std::string_view srtp = "pqc-chat media 1 srtp";
// TLS exporter (RFC 5764 §4.2).
inline constexpr std::string_view exporter = "EXTRACTOR-dtls_srtp";

}  // namespace pqc::media::labels
