// The state of a session (docs/spec/ratchet.md §6) and its encoding (§8).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>

#include "base/secret.h"
#include "crypto/dh.h"
#include "crypto/kem.h"
#include "crypto/suite.h"
#include "protocol/ratchet/error.h"
#include "protocol/ratchet/key_schedule.h"
#include "protocol/ratchet/layout.h"
#include "protocol/ratchet/limits.h"
#include "protocol/ratchet/session.h"
#include "protocol/ratchet/skipped_keys.h"

namespace pqc::ratchet {

using DhSecret = Secret<struct DhSecretTag, crypto::max_dh_size>;

// The private halves of a ratchet part. The key objects are made again from the bytes where a decoded state has none.
struct PartKeys {
  DhSecret dh_private;
  crypto::KemSeed kem_seed;
  std::optional<crypto::DhPrivateKey> dh;
  std::optional<crypto::KemPrivateKey> kem;
};

// Turn T is the peer's, and nothing of it has come yet (responder, T = 0).
struct Awaiting {};

// Turn T is the peer's: the next message of ours makes a step against these keys.
struct Due {
  std::array<std::uint8_t, crypto::max_dh_size> dh_public{};
  std::array<std::uint8_t, max_kem_public> kem_public{};
  std::optional<crypto::KemPublicKey> kem;  // kem_public, decoded; made again where a decoded state has none
};

// Turn T is ours.
struct Sending {
  HeaderKey header;
  ChainKey chain;
  std::uint32_t next_number = 0;
  PartKeys keys;
  std::array<std::uint8_t, max_part_size> part{};
};

using Phase = std::variant<Awaiting, Due, Sending>;

// The newest chain of the peer.
struct ReceivingChain {
  HeaderKey header;
  ChainKey chain;
  std::uint32_t next_number = 0;
};

struct OlderChain {
  std::uint64_t turn = 0;
  HeaderKey header;
};

// Chains that are over and have skipped keys left, oldest first. Fixed room: nothing is allocated.
class OlderChains {
 public:
  [[nodiscard]] std::span<const OlderChain> all() const { return std::span(chains_).first(count_); }
  [[nodiscard]] bool full() const { return count_ == chains_.size(); }
  // Not when full().
  void add(OlderChain chain) { chains_[count_++] = std::move(chain); }
  template <class Predicate>
  void erase_if(Predicate gone) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      if (gone(chains_[i])) continue;
      if (kept != i) chains_[kept] = std::move(chains_[i]);
      ++kept;
    }
    for (std::size_t i = kept; i < count_; ++i) chains_[i] = {};
    count_ = kept;
  }

 private:
  std::array<OlderChain, max_older_chains> chains_;
  std::size_t count_ = 0;
};

struct State {
  const crypto::Suite* suite = nullptr;
  Layout layout{};
  Role role = Role::initiator;
  std::uint64_t turn = 0;             // T
  RootKey root;                       // RK_T
  HeaderKey next_header;              // HK_{T+1}
  HeaderKey after_next_header;        // HK_{T+2}
  std::uint32_t previous_length = 0;  // of our last turn before T
  Phase phase;
  std::optional<ReceivingChain> current;
  OlderChains older;
  SkippedKeys skipped;

  // The initiator has the even turns.
  [[nodiscard]] bool ours(std::uint64_t of_turn) const { return (of_turn % 2 == 0) == (role == Role::initiator); }
  // The turn of `current`.
  [[nodiscard]] std::uint64_t current_turn() const { return ours(turn) ? turn - 1 : turn; }
};

SecretBytes encode_state(const State& state);
Result<LockedPtr<State>> parse_state(ByteView encoded);

}  // namespace pqc::ratchet
