// Prekeys in batches: one signature for a signed prekey, a last-resort key and many one-time pairs
// (docs/spec/pqxdh.md §4). Public data only; the private halves stay with their holder (keys/key_holder.h).
//
//   holder: build_batch -> PrekeyBatch (signed manifest, last-resort key, pairs with paths) -> server
//   server: hands out signed manifest + one pair, each pair once; when none is left, signed manifest + last-resort key
//   initiator: decode_bundle -> PrekeyBundle --verify_bundle--> VerifiedBundle (pqxdh.h takes only that)
//
// Pure functions; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/rng.h"
#include "crypto/composite.h"
#include "crypto/suite.h"
#include "identity/account_record.h"
#include "protocol/pqxdh/error.h"

namespace pqc::pqxdh {

// SHA-512 truncated to 32 bytes, over a label and the tagged contents.
using TreeHash = std::array<std::uint8_t, 32>;

// Of one device, ascending, never reused.
struct BatchId {
  std::uint64_t value = 0;
  friend auto operator<=>(BatchId, BatchId) = default;
};

// The public keys of one one-time pair. Suites without a KEM have an empty kem_key.
struct OneTimePair {
  std::uint32_t index = 0;  // leaf of the batch's tree
  Bytes dh_key;
  Bytes kem_key;
  friend bool operator==(const OneTimePair&, const OneTimePair&) = default;
};

// What the device signs, once a batch.
struct PrekeyManifest {
  identity::AccountName account;
  identity::DeviceId device;
  crypto::SuiteId suite{};
  BatchId batch;
  UnixMillis created;
  UnixMillis expires;      // at most batch_lifetime after `created`
  Bytes signed_prekey;     // Diffie-Hellman, reusable until the batch is destroyed
  TreeHash last_resort{};  // hash of the reusable ML-KEM key; all zero in suites without a KEM
  std::uint32_t size = 0;  // pairs under `root`; 1..max_batch_size
  TreeHash root{};
  friend bool operator==(const PrekeyManifest&, const PrekeyManifest&) = default;
};

// What a device uploads. Every member is sent as it is; the server needs no codec for them.
struct PrekeyBatch {
  crypto::SuiteId suite{};
  BatchId batch;
  UnixMillis expires;
  Bytes signed_manifest;
  Bytes last_resort;            // the second half of a bundle when no pair is left
  std::vector<Bytes> one_time;  // the second half of a bundle, each to be handed out once; pair and path
};

[[nodiscard]] Bytes encode_manifest(const PrekeyManifest& manifest);
// Parses to the last byte. Errors: malformed, unsupported.
[[nodiscard]] Result<PrekeyManifest> decode_manifest(ByteView bytes);
[[nodiscard]] Bytes encode_signed_manifest(const PrekeyManifest& manifest, ByteView signature);
// Identifies a manifest in transcripts and at the holder.
[[nodiscard]] TreeHash manifest_hash(const PrekeyManifest& manifest);
[[nodiscard]] TreeHash last_resort_hash(crypto::SuiteId suite, ByteView kem_key);

// The tree over a batch's pairs (§4.2). Pairs are in the order of their indices, 1 to max_batch_size of them.
class PrekeyTree {
 public:
  PrekeyTree(crypto::SuiteId suite, std::span<const OneTimePair> pairs);
  [[nodiscard]] const TreeHash& root() const { return levels_.back().front(); }
  // Sibling hashes from the leaf up to the root.
  [[nodiscard]] std::vector<TreeHash> path(std::uint32_t index) const;

 private:
  std::vector<std::vector<TreeHash>> levels_;
};

// The root that a pair and its path lead to in a tree of `size` leaves; nothing when the path has another length.
[[nodiscard]] std::optional<TreeHash> root_from_path(crypto::SuiteId suite, const OneTimePair& pair, std::uint32_t size,
                                                     std::span<const TreeHash> path);

// The second half of a bundle.
[[nodiscard]] Bytes encode_one_time(crypto::SuiteId suite, const OneTimePair& pair, std::span<const TreeHash> path);
[[nodiscard]] Bytes encode_last_resort(crypto::SuiteId suite, ByteView kem_key);

// Signs a batch: `tree` is over `pairs`, and the manifest has its root.
[[nodiscard]] Result<PrekeyBatch> sign_batch(const PrekeyManifest& manifest, std::span<const OneTimePair> pairs,
                                             const PrekeyTree& tree, ByteView last_resort_key,
                                             const crypto::CompositePrivateKey& device, Rng& rng);

// A bundle as it came from a server: parsed, not trusted.
struct PrekeyBundle {
  PrekeyManifest manifest;
  Bytes signature;
  std::optional<OneTimePair> one_time;
  std::vector<TreeHash> path;
  Bytes last_resort;  // only without a pair
};

// `prekey` is the second half, a pair with its path or the last-resort key. Parses both to the last byte.
[[nodiscard]] Result<PrekeyBundle> decode_bundle(ByteView signed_manifest, ByteView prekey);

// A bundle whose signature, path and validity hold, for one verified device. Plain values: it may cross to a key agent.
class VerifiedBundle {
 public:
  // For a key agent only: `bundle` was verified for `device` by the client that hands it over.
  static VerifiedBundle verified_by_client(PrekeyBundle bundle, identity::DeviceIdentity device) {
    return {std::move(bundle), std::move(device)};
  }

  [[nodiscard]] const PrekeyBundle& bundle() const { return bundle_; }
  [[nodiscard]] const identity::DeviceIdentity& device() const { return device_; }
  // False when the server had no pair left; clients show and count that (THREATS 10).
  [[nodiscard]] bool one_time() const { return bundle_.one_time.has_value(); }
  // The ML-KEM key to encapsulate to; empty in suites without a KEM.
  [[nodiscard]] const Bytes& kem_key() const { return one_time() ? bundle_.one_time->kem_key : bundle_.last_resort; }

 private:
  friend Result<VerifiedBundle> verify_bundle(PrekeyBundle, const identity::VerifiedDevice&, UnixMillis);
  VerifiedBundle(PrekeyBundle bundle, identity::DeviceIdentity device)
      : bundle_(std::move(bundle)), device_(std::move(device)) {}

  PrekeyBundle bundle_;
  identity::DeviceIdentity device_;
};

// Errors: mismatch (another device or suite), expired, not_yet_valid, bad_signature.
[[nodiscard]] Result<VerifiedBundle> verify_bundle(PrekeyBundle bundle, const identity::VerifiedDevice& device,
                                                   UnixMillis now);

}  // namespace pqc::pqxdh
