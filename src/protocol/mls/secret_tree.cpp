#include "protocol/mls/secret_tree.h"

#include "protocol/mls/expand.h"

namespace pqc::mls {
namespace {

KeyNonce key_nonce(const Suite& suite, Kdf& kdf, ByteView secret, Generation generation) {
  return {kdf.derive_tree_secret(secret, "key", generation, suite.key_size()),
          kdf.derive_tree_secret(secret, "nonce", generation, crypto::aead_nonce_size)};
}

SecretBytes next_secret(const Suite& suite, Kdf& kdf, ByteView secret, Generation generation) {
  return kdf.derive_tree_secret(secret, "secret", generation, suite.secret_size());
}

}  // namespace

SecretTree::SecretTree(const Suite& suite, std::uint32_t width, SecretBytes encryption_secret) : suite_(&suite) {
  parts_.width = width;
  parts_.nodes.emplace(root(width).value, std::move(encryption_secret));
}

SecretTree SecretTree::from_parts(const Suite& suite, Parts parts) {
  SecretTree out;
  out.suite_ = &suite;
  out.parts_ = std::move(parts);
  return out;
}

// From the lowest secret above the leaf down to it, keeping what the other branches need.
Result<void> SecretTree::derive_leaf(LeafIndex leaf, Candidate& out) const {
  auto node = root(parts_.width);
  for (auto at = node_of(leaf);; at = parent(at)) {
    if (parts_.nodes.contains(at.value)) {
      node = at;
      break;
    }
    if (at == root(parts_.width)) return std::unexpected(Error::replayed);
  }
  Kdf kdf(*suite_);
  bool good = true;
  const auto size = suite_->secret_size();
  Secret<struct TreeSecretTag, crypto::max_hash_size> here, below;
  auto secret = parts_.nodes.at(node.value).view();
  out.siblings.reserve(level(node));
  while (!is_leaf(node)) {
    const bool go_left = covers(left(node), leaf);
    const auto on_path = as_bytes(go_left ? "left" : "right"), beside = as_bytes(go_left ? "right" : "left");
    good &= expand_with_label(*suite_, secret, "tree", on_path, ByteSpan(below.fill()).first(size));
    out.siblings.emplace_back((go_left ? right(node) : left(node)).value,
                              kdf.expand_with_label(secret, "tree", beside, size));
    here = std::move(below);
    secret = ByteView(here.view()).first(size);
    node = go_left ? left(node) : right(node);
  }
  auto& fresh = out.fresh.emplace();
  fresh.ratchets[0].secret = kdf.derive_secret(secret, "handshake");
  fresh.ratchets[1].secret = kdf.derive_secret(secret, "application");
  if (!good || !kdf.good()) return std::unexpected(Error::backend);
  return {};
}

Result<void> SecretTree::advance(const HashRatchet& from, Candidate& out) const {
  Kdf kdf(*suite_);
  SecretBytes passed;
  auto secret = from.secret.view();
  auto generation = from.next;
  for (; generation < out.generation; ++generation.value) {
    out.newly_skipped.emplace_back(generation.value, key_nonce(*suite_, kdf, secret, generation));
    passed = next_secret(*suite_, kdf, secret, generation);
    secret = passed.view();
  }
  out.keys = key_nonce(*suite_, kdf, secret, generation);
  out.next_secret = next_secret(*suite_, kdf, secret, generation);
  if (!kdf.good()) return std::unexpected(Error::backend);
  return {};
}

Result<SecretTree::Candidate> SecretTree::look_up(LeafIndex leaf, RatchetKind kind, Generation generation) const {
  if (leaf.value >= parts_.width || generation.value > last_generation) return std::unexpected(Error::refused);
  Candidate out{.leaf = leaf,
                .kind = kind,
                .generation = generation,
                .keys = {},
                .next_secret = {},
                .newly_skipped = {},
                .fresh = {},
                .siblings = {}};
  const auto known_sender = parts_.senders.find(leaf.value);
  if (known_sender == parts_.senders.end()) {
    if (auto done = derive_leaf(leaf, out); !done) return std::unexpected(done.error());
  }
  const auto& ratchets = out.fresh ? *out.fresh : known_sender->second;
  const auto& from = ratchets.ratchets[static_cast<std::size_t>(kind)];
  if (generation < from.next) {
    const auto kept = from.skipped.find(generation.value);
    if (kept == from.skipped.end()) return std::unexpected(Error::replayed);
    out.was_skipped = true;
    out.keys = {kept->second.key.clone(), kept->second.nonce.clone()};
    return out;
  }
  if (generation.value - from.next.value > max_generation_jump) return std::unexpected(Error::limit);
  if (auto done = advance(from, out); !done) return std::unexpected(done.error());
  return out;
}

Result<SecretTree::Candidate> SecretTree::look_up_next(LeafIndex leaf, RatchetKind kind) const {
  const auto sender = parts_.senders.find(leaf.value);
  const auto next =
      sender == parts_.senders.end() ? Generation{} : sender->second.ratchets[static_cast<std::size_t>(kind)].next;
  return look_up(leaf, kind, next);
}

void SecretTree::accept(Candidate candidate) {
  if (candidate.fresh) {
    for (auto node = node_of(candidate.leaf);; node = parent(node)) {
      parts_.nodes.erase(node.value);
      if (node == root(parts_.width)) break;
    }
    for (auto& [node, secret] : candidate.siblings) parts_.nodes.insert_or_assign(node, std::move(secret));
    parts_.senders.insert_or_assign(candidate.leaf.value, std::move(*candidate.fresh));
  }
  auto& ratchet = parts_.senders.at(candidate.leaf.value).ratchets[static_cast<std::size_t>(candidate.kind)];
  if (candidate.was_skipped) {
    ratchet.skipped.erase(candidate.generation.value);
    return;
  }
  for (auto& [generation, keys] : candidate.newly_skipped) ratchet.skipped.emplace(generation, std::move(keys));
  while (ratchet.skipped.size() > max_skipped_keys) ratchet.skipped.erase(ratchet.skipped.begin());
  ratchet.secret = std::move(candidate.next_secret);
  ratchet.next = {candidate.generation.value + 1};
}

}  // namespace pqc::mls
