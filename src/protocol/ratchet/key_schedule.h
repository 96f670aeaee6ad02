// How the ratchet's keys follow from each other (docs/spec/ratchet.md §3.1–§3.3, §4). Pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/secret.h"
#include "crypto/suite.h"
#include "protocol/ratchet/error.h"

namespace pqc::ratchet {

inline constexpr std::size_t session_secret_size = 64;
inline constexpr std::size_t transcript_hash_size = 64;
inline constexpr std::size_t ack_size = 16;

using RootKey = Secret<struct RootKeyTag, 64>;
using ChainKey = Secret<struct ChainKeyTag, 32>;
using HeaderKey = Secret<struct HeaderKeyTag, 32>;
using MessageKey = Secret<struct MessageKeyTag, 32>;
// Public once it has been sent.
using AckTag = std::array<std::uint8_t, ack_size>;

struct StartKeys {
  RootKey root;         // RK_0
  ChainKey chain;       // CK_{0,0}
  HeaderKey header[3];  // HK_0, HK_1, HK_2
};
Result<StartKeys> derive_start(const crypto::Suite& suite, std::span<const std::uint8_t, session_secret_size> secret,
                               std::span<const std::uint8_t, transcript_hash_size> transcript_hash);

struct StepKeys {
  RootKey root;                 // RK_t
  ChainKey chain;               // CK_{t,0}
  HeaderKey after_next_header;  // HK_{t+2}
};
// `dh` and `kem` are the step's shared secrets (`kem` empty in suites without one), `part` is part_t.
Result<StepKeys> derive_step(const crypto::Suite& suite, std::uint64_t turn, const RootKey& root, ByteView dh,
                             ByteView kem, ByteView part);

// Replaces CK_{t,n} by CK_{t,n+1} and gives MK_{t,n}.
Result<MessageKey> advance(ChainKey& chain);

struct BodyKeys {
  Secret<struct InnerKeyTag, 32> inner;  // ChaCha20-Poly1305
  Secret<struct OuterKeyTag, 32> outer;  // AES-256-GCM
  AckTag ack;
};
Result<BodyKeys> derive_body(const MessageKey& key, ByteView salt);

}  // namespace pqc::ratchet
