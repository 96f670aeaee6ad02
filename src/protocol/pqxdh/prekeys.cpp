#include "protocol/pqxdh/prekeys.h"

#include "identity/field_reader.h"
#include "identity/key_encoding.h"
#include "identity/labels.h"
#include "identity/limits.h"
#include "protocol/pqxdh/limits.h"
#include "wire/writer.h"

namespace pqc::pqxdh {
namespace {

using identity::KeyKind;

constexpr std::uint8_t manifest_format = 1;
constexpr std::uint8_t one_time_type = 1;
constexpr std::uint8_t last_resort_type = 2;

void write_time(wire::Writer& writer, UnixMillis time) {
  writer.u64(static_cast<std::uint64_t>(time.value));
}

bool hybrid(crypto::SuiteId id) {
  const auto* suite = crypto::find_suite(id);
  return suite != nullptr && suite->hybrid();
}

// The members that a suite without a KEM does not have.
void write_last_resort(wire::Writer& writer, const PrekeyManifest& manifest) {
  if (hybrid(manifest.suite)) writer.bytes(manifest.last_resort);
}

std::vector<TreeHash> read_path(identity::FieldReader& reader) {
  const auto bytes = reader.opaque16(max_path_length * sizeof(TreeHash));
  reader.require(bytes.size() % sizeof(TreeHash) == 0);
  std::vector<TreeHash> path(bytes.size() / sizeof(TreeHash));
  for (std::size_t i = 0; i < path.size(); ++i)
    std::ranges::copy(bytes.subspan(i * sizeof(TreeHash), sizeof(TreeHash)), path[i].begin());
  return path;
}

void read_one_time(identity::FieldReader& reader, crypto::SuiteId suite, PrekeyBundle& bundle) {
  OneTimePair pair;
  pair.index = reader.u32();
  pair.dh_key = reader.key(KeyKind::one_time_dh_prekey, suite);
  if (hybrid(suite)) pair.kem_key = reader.key(KeyKind::one_time_kem_prekey, suite);
  bundle.path = read_path(reader);
  bundle.one_time = std::move(pair);
}

Result<void> decode_prekey(ByteView bytes, PrekeyBundle& bundle) {
  identity::FieldReader reader(bytes);
  const auto suite = bundle.manifest.suite;
  const auto type = reader.u8();
  reader.require(type == one_time_type || type == last_resort_type);
  if (type == one_time_type) read_one_time(reader, suite, bundle);
  if (type == last_resort_type && hybrid(suite))
    bundle.last_resort = reader.key(KeyKind::last_resort_kem_prekey, suite);
  if (!reader.finish()) return std::unexpected(Error::malformed);
  return {};
}

Result<void> check_validity(const PrekeyManifest& manifest, UnixMillis now) {
  if (manifest.created > now + clock_tolerance) return std::unexpected(Error::not_yet_valid);
  if (manifest.expires < now) return std::unexpected(Error::expired);
  return {};
}

bool prekey_in_manifest(const PrekeyBundle& bundle) {
  const auto& manifest = bundle.manifest;
  if (bundle.one_time)
    return root_from_path(manifest.suite, *bundle.one_time, manifest.size, bundle.path) == manifest.root;
  return last_resort_hash(manifest.suite, bundle.last_resort) == manifest.last_resort;
}

}  // namespace

Bytes encode_manifest(const PrekeyManifest& manifest) {
  Bytes out;
  wire::Writer writer(out);
  writer.u8(manifest_format);
  manifest.account.encode(writer);
  writer.u32(manifest.device.value).u16(crypto::number(manifest.suite)).u64(manifest.batch.value);
  write_time(writer, manifest.created);
  write_time(writer, manifest.expires);
  identity::encode_key(writer, KeyKind::signed_dh_prekey, manifest.suite, manifest.signed_prekey);
  write_last_resort(writer, manifest);
  writer.u32(manifest.size).bytes(manifest.root);
  return out;
}

Result<PrekeyManifest> decode_manifest(ByteView bytes) {
  identity::FieldReader reader(bytes);
  PrekeyManifest manifest;
  reader.require(reader.u8() == manifest_format);
  manifest.account = reader.account();
  manifest.device = {reader.u32()};
  manifest.suite = reader.suite();
  if (reader.ok() && crypto::find_suite(manifest.suite) == nullptr) return std::unexpected(Error::unsupported);
  manifest.batch = {reader.u64()};
  manifest.created = reader.time();
  manifest.expires = reader.time();
  manifest.signed_prekey = reader.key(KeyKind::signed_dh_prekey, manifest.suite);
  if (hybrid(manifest.suite)) manifest.last_resort = reader.array<32>();
  manifest.size = reader.u32();
  manifest.root = reader.array<32>();
  reader.require(manifest.device.valid() && manifest.size >= 1 && manifest.size <= max_batch_size);
  reader.require(manifest.expires > manifest.created && manifest.expires - manifest.created <= batch_lifetime);
  if (!reader.finish()) return std::unexpected(Error::malformed);
  return manifest;
}

Bytes encode_signed_manifest(const PrekeyManifest& manifest, ByteView signature) {
  Bytes out;
  wire::Writer writer(out);
  writer.opaque16(encode_manifest(manifest)).opaque16(signature);
  return out;
}

Bytes encode_one_time(crypto::SuiteId suite, const OneTimePair& pair, std::span<const TreeHash> path) {
  Bytes hashes;
  for (const auto& hash : path) append(hashes, hash);
  Bytes out;
  wire::Writer writer(out);
  writer.u8(one_time_type).u32(pair.index);
  identity::encode_key(writer, KeyKind::one_time_dh_prekey, suite, pair.dh_key);
  if (hybrid(suite)) identity::encode_key(writer, KeyKind::one_time_kem_prekey, suite, pair.kem_key);
  writer.opaque16(hashes);
  return out;
}

Bytes encode_last_resort(crypto::SuiteId suite, ByteView kem_key) {
  Bytes out;
  wire::Writer writer(out);
  writer.u8(last_resort_type);
  if (hybrid(suite)) identity::encode_key(writer, KeyKind::last_resort_kem_prekey, suite, kem_key);
  return out;
}

Result<PrekeyBatch> sign_batch(const PrekeyManifest& manifest, std::span<const OneTimePair> pairs,
                               const PrekeyTree& tree, ByteView last_resort_key,
                               const crypto::CompositePrivateKey& device, Rng& rng) {
  const auto signature = device.sign(identity::labels::prekey_batch, encode_manifest(manifest), rng);
  if (!signature) return std::unexpected(Error::backend);
  PrekeyBatch batch{manifest.suite, manifest.batch, manifest.expires, {}, {}, {}};
  batch.signed_manifest = encode_signed_manifest(manifest, *signature);
  batch.last_resort = encode_last_resort(manifest.suite, last_resort_key);
  for (const auto& pair : pairs) batch.one_time.push_back(encode_one_time(manifest.suite, pair, tree.path(pair.index)));
  return batch;
}

Result<PrekeyBundle> decode_bundle(ByteView signed_manifest, ByteView prekey) {
  if (signed_manifest.size() + prekey.size() > max_bundle_size) return std::unexpected(Error::limit);
  identity::FieldReader reader(signed_manifest);
  const auto manifest_bytes = reader.opaque16(max_bundle_size);
  const auto signature = reader.opaque16(identity::max_signature_size);
  if (!reader.finish()) return std::unexpected(Error::malformed);
  auto manifest = decode_manifest(manifest_bytes);
  if (!manifest) return std::unexpected(manifest.error());
  PrekeyBundle bundle;
  bundle.manifest = *std::move(manifest);
  bundle.signature = to_bytes(signature);
  if (auto second = decode_prekey(prekey, bundle); !second) return std::unexpected(second.error());
  return bundle;
}

Result<VerifiedBundle> verify_bundle(PrekeyBundle bundle, const identity::VerifiedDevice& device, UnixMillis now) {
  const auto& manifest = bundle.manifest;
  const identity::DeviceAddress address{manifest.account, manifest.device};
  if (address != device.identity().address || manifest.suite != device.identity().suite)
    return std::unexpected(Error::mismatch);
  if (auto valid = check_validity(manifest, now); !valid) return std::unexpected(valid.error());
  if (!prekey_in_manifest(bundle)) return std::unexpected(Error::bad_signature);
  const auto signed_bytes = encode_manifest(manifest);
  if (!device.signature_key().verify(identity::labels::prekey_batch, signed_bytes, bundle.signature))
    return std::unexpected(Error::bad_signature);
  return VerifiedBundle(std::move(bundle), device.identity());
}

}  // namespace pqc::pqxdh
