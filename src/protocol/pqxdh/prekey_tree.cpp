#include <algorithm>

#include "crypto/hash.h"
#include "identity/key_encoding.h"
#include "protocol/pqxdh/labels.h"
#include "protocol/pqxdh/prekeys.h"
#include "wire/writer.h"

namespace pqc::pqxdh {
namespace {

TreeHash truncated(const crypto::Sha512Digest& digest) {
  TreeHash out;
  std::copy_n(digest.begin(), out.size(), out.begin());
  return out;
}

TreeHash leaf_hash(crypto::SuiteId suite, const OneTimePair& pair) {
  Bytes bytes;
  wire::Writer writer(bytes);
  writer.opaque8(as_bytes(labels::leaf)).u32(pair.index);
  identity::encode_key(writer, identity::KeyKind::one_time_dh_prekey, suite, pair.dh_key);
  if (!pair.kem_key.empty()) identity::encode_key(writer, identity::KeyKind::one_time_kem_prekey, suite, pair.kem_key);
  return truncated(crypto::sha512(bytes));
}

TreeHash node_hash(const TreeHash& left, const TreeHash& right) {
  Bytes bytes;
  wire::Writer writer(bytes);
  writer.opaque8(as_bytes(labels::node)).bytes(left).bytes(right);
  return truncated(crypto::sha512(bytes));
}

// A last hash without a sibling goes up unchanged.
std::vector<TreeHash> level_above(const std::vector<TreeHash>& level) {
  std::vector<TreeHash> above;
  above.reserve((level.size() + 1) / 2);
  for (std::size_t i = 0; i + 1 < level.size(); i += 2) above.push_back(node_hash(level[i], level[i + 1]));
  if (level.size() % 2 == 1) above.push_back(level.back());
  return above;
}

}  // namespace

TreeHash manifest_hash(const PrekeyManifest& manifest) {
  Bytes bytes;
  wire::Writer writer(bytes);
  writer.opaque8(as_bytes(labels::manifest)).bytes(encode_manifest(manifest));
  return truncated(crypto::sha512(bytes));
}

TreeHash last_resort_hash(crypto::SuiteId suite, ByteView kem_key) {
  if (kem_key.empty()) return {};
  Bytes bytes;
  wire::Writer writer(bytes);
  writer.opaque8(as_bytes(labels::last_resort));
  identity::encode_key(writer, identity::KeyKind::last_resort_kem_prekey, suite, kem_key);
  return truncated(crypto::sha512(bytes));
}

PrekeyTree::PrekeyTree(crypto::SuiteId suite, std::span<const OneTimePair> pairs) {
  std::vector<TreeHash> leaves;
  leaves.reserve(pairs.size());
  for (const auto& pair : pairs) leaves.push_back(leaf_hash(suite, pair));
  levels_.push_back(std::move(leaves));
  while (levels_.back().size() > 1) levels_.push_back(level_above(levels_.back()));
}

std::vector<TreeHash> PrekeyTree::path(std::uint32_t index) const {
  std::vector<TreeHash> path;
  std::size_t position = index;
  for (std::size_t level = 0; level + 1 < levels_.size(); ++level, position /= 2) {
    const auto sibling = position ^ 1U;
    if (sibling < levels_[level].size()) path.push_back(levels_[level][sibling]);
  }
  return path;
}

std::optional<TreeHash> root_from_path(crypto::SuiteId suite, const OneTimePair& pair, std::uint32_t size,
                                       std::span<const TreeHash> path) {
  if (pair.index >= size) return std::nullopt;
  auto hash = leaf_hash(suite, pair);
  for (std::uint32_t position = pair.index, width = size; width > 1; position /= 2, width = (width + 1) / 2) {
    if ((position ^ 1U) >= width) continue;
    if (path.empty()) return std::nullopt;
    hash = position % 2 == 0 ? node_hash(hash, path.front()) : node_hash(path.front(), hash);
    path = path.subspan(1);
  }
  if (!path.empty()) return std::nullopt;
  return hash;
}

}  // namespace pqc::pqxdh
