#include "keys/batch_keys.h"

#include <algorithm>

#include "keys/limits.h"
#include "protocol/pqxdh/limits.h"

namespace pqc::keys {
namespace {

constexpr std::uint8_t batch_format = 1;

}  // namespace

BatchKeys::BatchKeys(const crypto::Suite& suite, pqxdh::PrekeyManifest manifest)
    : suite_(&suite),
      manifest_(std::move(manifest)),
      dh_size_(crypto::dh_key_size(suite.dh)),
      seed_size_(suite.hybrid() ? crypto::kem_seed_size : 0),
      secrets_(pair_offset(manifest_.size)),
      erased_(manifest_.size) {}

std::size_t BatchKeys::pair_offset(std::uint32_t index) const {
  return 2 * dh_size_ + seed_size_ + std::size_t{index} * pair_size();
}

ByteView BatchKeys::slot(std::size_t offset, std::size_t size) const {
  return secrets_.view().subspan(offset, size);
}
ByteSpan BatchKeys::slot(std::size_t offset, std::size_t size) {
  return secrets_.fill().subspan(offset, size);
}

Result<void> BatchKeys::fill_dh(std::size_t offset, Rng& rng, Bytes& public_key) {
  const auto key = crypto::DhPrivateKey::generate(suite_->dh, rng);
  if (!key || !key->export_private(slot(offset, dh_size_))) return std::unexpected(Error::backend);
  std::ranges::copy(key->public_key(), slot(offset + dh_size_, dh_size_).begin());
  public_key = to_bytes(key->public_key());
  return {};
}

Result<void> BatchKeys::fill_kem(std::size_t offset, Rng& rng, Bytes& public_key) {
  if (!suite_->kem) return {};
  const auto seed = slot(offset, seed_size_).first<crypto::kem_seed_size>();
  rng.fill(seed);
  const auto key = crypto::KemPrivateKey::from_seed(*suite_->kem, seed);
  public_key.resize(crypto::kem_sizes(*suite_->kem).public_key);
  if (!key || !key->encode_public(public_key)) return std::unexpected(Error::backend);
  return {};
}

Result<BatchKeys::Generated> BatchKeys::generate(const crypto::Suite& suite, pqxdh::PrekeyManifest manifest,
                                                 std::uint32_t size, Rng& rng) {
  manifest.suite = suite.id;
  manifest.size = size;
  Generated out{BatchKeys(suite, std::move(manifest)), {}, std::vector<pqxdh::OneTimePair>(size), {}};
  auto& keys = out.keys;
  auto made = keys.fill_dh(0, rng, keys.manifest_.signed_prekey);
  if (made) made = keys.fill_kem(2 * keys.dh_size_, rng, out.last_resort_key);
  for (std::uint32_t i = 0; made && i < size; ++i) {
    out.pairs[i].index = i;
    made = keys.fill_dh(keys.pair_offset(i), rng, out.pairs[i].dh_key);
    if (made) made = keys.fill_kem(keys.pair_offset(i) + 2 * keys.dh_size_, rng, out.pairs[i].kem_key);
  }
  if (!made) return std::unexpected(made.error());
  keys.manifest_.last_resort = pqxdh::last_resort_hash(suite.id, out.last_resort_key);
  out.tree.emplace(suite.id, out.pairs);
  keys.manifest_.root = out.tree->root();
  return out;
}

Result<crypto::DhPrivateKey> BatchKeys::dh_at(std::size_t offset) const {
  auto key = crypto::DhPrivateKey::from_pair(suite_->dh, slot(offset, dh_size_), slot(offset + dh_size_, dh_size_));
  if (!key) return std::unexpected(Error::backend);
  return *std::move(key);
}

Result<void> BatchKeys::open_kem(std::size_t offset, BatchKeyObjects& objects) const {
  if (!suite_->kem) return {};
  auto key = crypto::KemPrivateKey::from_seed(*suite_->kem, slot(offset, seed_size_).first<crypto::kem_seed_size>());
  objects.kem_key.resize(crypto::kem_sizes(*suite_->kem).public_key);
  if (!key || !key->encode_public(objects.kem_key)) return std::unexpected(Error::backend);
  objects.kem = *std::move(key);
  return {};
}

Result<void> BatchKeys::open_pair(std::uint32_t index, BatchKeyObjects& objects) const {
  if (index >= manifest_.size || erased_[index]) return std::unexpected(Error::unknown_prekey);
  const auto offset = pair_offset(index);
  auto key = dh_at(offset);
  if (!key) return std::unexpected(key.error());
  objects.one_time_key = to_bytes(key->public_key());
  objects.one_time = *std::move(key);
  return open_kem(offset + 2 * dh_size_, objects);
}

Result<BatchKeyObjects> BatchKeys::open(const pqxdh::PrekeyUse& use) const {
  auto signed_prekey = dh_at(0);
  if (!signed_prekey) return std::unexpected(signed_prekey.error());
  BatchKeyObjects objects{*std::move(signed_prekey), {}, {}, {}, {}};
  auto opened = use.one_time ? open_pair(*use.one_time, objects) : open_kem(2 * dh_size_, objects);
  if (!opened) return std::unexpected(opened.error());
  return objects;
}

std::uint32_t BatchKeys::unused() const {
  return static_cast<std::uint32_t>(std::ranges::count(erased_, false));
}

bool BatchKeys::remembers(const pqxdh::SessionId& session) const {
  return std::ranges::any_of(
      remembered_, [&](const Remembered& known) { return std::ranges::equal(known, std::span(session).first<32>()); });
}

bool BatchKeys::can_remember() const {
  return remembered_.size() < pqxdh::max_remembered_sessions;
}

Result<bool> BatchKeys::forget(const pqxdh::PrekeyUse& use, const pqxdh::SessionId& session) {
  if (!use.one_time) {
    if (remembers(session)) return false;
    if (!can_remember()) return std::unexpected(Error::limit);
    std::ranges::copy(std::span(session).first<32>(), remembered_.emplace_back().begin());
    return true;
  }
  const auto index = *use.one_time;
  if (index >= manifest_.size) return std::unexpected(Error::mismatch);
  if (erased_[index]) return false;
  wipe(slot(pair_offset(index), pair_size()));
  erased_[index] = true;
  return true;
}

SecretBytes BatchKeys::encode() const {
  SecretWriter writer;
  writer.u8(batch_format);
  writer.opaque16(pqxdh::encode_manifest(manifest_));
  for (const bool erased : erased_) writer.u8(erased ? 1 : 0);
  writer.bytes(secrets_.view());
  writer.u16(static_cast<std::uint16_t>(remembered_.size()));
  for (const auto& session : remembered_) writer.bytes(session);
  return writer.take();
}

Result<BatchKeys> BatchKeys::decode(ByteView bytes) {
  identity::FieldReader reader(bytes);
  reader.require(reader.u8() == batch_format && bytes.size() <= max_state_item_size);
  auto manifest = pqxdh::decode_manifest(reader.opaque16(pqxdh::max_bundle_size));
  if (!manifest) return std::unexpected(Error::damaged_state);
  BatchKeys keys(*crypto::find_suite(manifest->suite), *std::move(manifest));
  for (std::size_t i = 0; i < keys.erased_.size(); ++i) keys.erased_[i] = reader.u8() != 0;
  const auto secrets = reader.bytes(keys.secrets_.size());
  if (!reader.ok()) return std::unexpected(Error::damaged_state);
  std::ranges::copy(secrets, keys.secrets_.fill().begin());
  keys.remembered_.resize(reader.u16());
  reader.require(keys.remembered_.size() <= pqxdh::max_remembered_sessions);
  for (auto& session : keys.remembered_) session = reader.array<32>();
  if (!reader.finish()) return std::unexpected(Error::damaged_state);
  return keys;
}

}  // namespace pqc::keys
