// The private halves of one prekey batch, and what was done with them (docs/spec/pqxdh.md §4, §7). For this folder.
//
// They lie in one piece of locked memory as seeds, the ML-KEM ones of 64 bytes; a key object is made for one use. An
// erased pair is overwritten there.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/rng.h"
#include "base/secret.h"
#include "crypto/dh.h"
#include "crypto/kem.h"
#include "crypto/suite.h"
#include "identity/field_reader.h"
#include "keys/error.h"
#include "keys/secret_writer.h"
#include "protocol/pqxdh/pqxdh.h"
#include "protocol/pqxdh/prekeys.h"

namespace pqc::keys {

// Key objects for one agreement.
struct BatchKeyObjects {
  crypto::DhPrivateKey signed_prekey;
  std::optional<crypto::DhPrivateKey> one_time;
  std::optional<crypto::KemPrivateKey> kem;
  Bytes one_time_key;
  Bytes kem_key;
};

class BatchKeys {
 public:
  struct Generated;

  // Fresh keys. The manifest's account, device, batch and times are the caller's; the rest is filled in here.
  static Result<Generated> generate(const crypto::Suite& suite, pqxdh::PrekeyManifest manifest, std::uint32_t size,
                                    Rng& rng);
  static Result<BatchKeys> decode(ByteView bytes);
  [[nodiscard]] SecretBytes encode() const;

  [[nodiscard]] const pqxdh::PrekeyManifest& manifest() const { return manifest_; }
  [[nodiscard]] std::uint32_t unused() const;

  // Errors: unknown_prekey for an erased pair or an index beyond the batch.
  [[nodiscard]] Result<BatchKeyObjects> open(const pqxdh::PrekeyUse& use) const;

  // Whether a session over reusable prekeys was stored before, and whether another one can be remembered.
  [[nodiscard]] bool remembers(const pqxdh::SessionId& session) const;
  [[nodiscard]] bool can_remember() const;

  // Erases or remembers; whether that changed anything. Error: mismatch for an index beyond the batch; limit.
  [[nodiscard]] Result<bool> forget(const pqxdh::PrekeyUse& use, const pqxdh::SessionId& session);

 private:
  // The first half of a session id is enough to know it again.
  using Remembered = std::array<std::uint8_t, 32>;

  BatchKeys(const crypto::Suite& suite, pqxdh::PrekeyManifest manifest);
  [[nodiscard]] std::size_t pair_size() const { return 2 * dh_size_ + seed_size_; }
  [[nodiscard]] std::size_t pair_offset(std::uint32_t index) const;
  [[nodiscard]] ByteView slot(std::size_t offset, std::size_t size) const;
  [[nodiscard]] ByteSpan slot(std::size_t offset, std::size_t size);
  [[nodiscard]] Result<crypto::DhPrivateKey> dh_at(std::size_t offset) const;
  [[nodiscard]] Result<void> fill_dh(std::size_t offset, Rng& rng, Bytes& public_key);
  [[nodiscard]] Result<void> fill_kem(std::size_t offset, Rng& rng, Bytes& public_key);
  [[nodiscard]] Result<void> open_pair(std::uint32_t index, BatchKeyObjects& objects) const;
  [[nodiscard]] Result<void> open_kem(std::size_t offset, BatchKeyObjects& objects) const;

  const crypto::Suite* suite_;
  pqxdh::PrekeyManifest manifest_;
  std::size_t dh_size_;
  std::size_t seed_size_;  // 0 without a KEM
  // Signed prekey (private ‖ public), last-resort seed, then each pair (DH private ‖ DH public ‖ seed).
  SecretBytes secrets_;
  std::vector<bool> erased_;
  std::vector<Remembered> remembered_;
};

struct BatchKeys::Generated {
  BatchKeys keys;
  Bytes last_resort_key;
  std::vector<pqxdh::OneTimePair> pairs;
  std::optional<pqxdh::PrekeyTree> tree;  // always there in what generate() answers
};

}  // namespace pqc::keys
