#include "protocol/mls/tree_kem.h"

#include <algorithm>

namespace pqc::mls {
namespace {

hpke::KeyPair clone(const hpke::KeyPair& pair) {
  return {pair.private_key.clone(), pair.public_key};
}

Result<hpke::KeyPair> node_key_pair(const Suite& suite, Kdf& kdf, const SecretBytes& path_secret) {
  const auto node_secret = kdf.derive_secret(path_secret.view(), "node");
  return hpke::derive_key_pair(suite.hpke.kem, node_secret.view()).transform_error([](hpke::Error) {
    return Error::backend;
  });
}

// Leaves that came with this commit are left out (RFC 9420 §7.5).
std::vector<NodeIndex> recipients(const PathStep& step, const std::vector<LeafIndex>& added) {
  auto out = step.resolution;
  std::erase_if(out, [&](NodeIndex node) { return is_leaf(node) && std::ranges::binary_search(added, leaf_of(node)); });
  return out;
}

struct Ladder {
  std::vector<std::pair<NodeIndex, SecretBytes>> path_secrets;
  std::vector<hpke::KeyPair> pairs;
  std::vector<Bytes> public_keys;
  SecretBytes commit_secret;
};

// RFC 9420 §7.4: a random secret for the lowest step, each next derived from the one below.
Result<Ladder> make_ladder(const Suite& suite, const std::vector<PathStep>& steps, Rng& rng) {
  Kdf kdf(suite);
  Ladder out;
  SecretBytes secret(suite.secret_size());
  rng.fill(secret.fill());
  for (const auto& step : steps) {
    auto pair = node_key_pair(suite, kdf, secret);
    if (!pair) return std::unexpected(pair.error());
    out.public_keys.push_back(pair->public_key);
    out.pairs.push_back(std::move(*pair));
    auto next = kdf.derive_secret(secret.view(), "path");
    out.path_secrets.emplace_back(step.node, std::move(secret));
    secret = std::move(next);
  }
  out.commit_secret = std::move(secret);
  if (!kdf.good()) return std::unexpected(Error::backend);
  return out;
}

Result<UpdatePathNode> encrypt_step(const Suite& suite, const RatchetTree& tree, const PathStep& step, Bytes public_key,
                                    const SecretBytes& path_secret, const std::vector<LeafIndex>& added,
                                    const hpke::Info& info, Rng& rng) {
  UpdatePathNode out{std::move(public_key), {}};
  for (const auto node : recipients(step, added)) {
    auto sealed = encrypt_with_label(suite, tree.encryption_key(node), info, path_secret.view(), rng);
    if (!sealed) return std::unexpected(sealed.error());
    out.encrypted_path_secret.push_back(std::move(*sealed));
  }
  return out;
}

// RFC 9420 §12.4.2: no key of the path may stand in the tree already, or twice in the path.
bool keys_are_new(const RatchetTree& tree, const UpdatePath& path) {
  std::vector<ByteView> fresh{path.leaf_node.encryption_key};
  for (const auto& node : path.nodes) fresh.push_back(node.encryption_key);
  return !tree.holds_any(fresh);
}

// Whoever brings a key that nobody can encrypt to would keep the others from committing.
bool keys_have_form(const Suite& suite, const UpdatePath& path) {
  return std::ranges::all_of(path.nodes, [&](const UpdatePathNode& node) {
    return hpke::check_public_key(suite.hpke.kem, node.encryption_key).has_value();
  });
}

}  // namespace

TreeKeys TreeKeys::clone() const {
  TreeKeys out;
  for (const auto& [node, pair] : pairs_) out.pairs_.emplace(node, mls::clone(pair));
  return out;
}

const hpke::KeyPair* TreeKeys::find(NodeIndex node) const {
  const auto found = pairs_.find(node.value);
  return found == pairs_.end() ? nullptr : &found->second;
}

void TreeKeys::prune(const RatchetTree& tree) {
  std::erase_if(pairs_, [&](const auto& entry) {
    const NodeIndex node{entry.first};
    return tree.blank(node) || tree.encryption_key(node) != entry.second.public_key;
  });
}

Result<SecretBytes> TreeKeys::implant(const Suite& suite, const RatchetTree& tree, const std::vector<NodeIndex>& nodes,
                                      SecretBytes path_secret) {
  Kdf kdf(suite);
  for (const auto node : nodes) {
    auto pair = node_key_pair(suite, kdf, path_secret);
    if (!pair) return std::unexpected(pair.error());
    if (tree.blank(node) || tree.encryption_key(node) != pair->public_key) {
      return std::unexpected(Error::invalid_tree);
    }
    set(node, std::move(*pair));
    path_secret = kdf.derive_secret(path_secret.view(), "path");
  }
  if (!kdf.good()) return std::unexpected(Error::backend);
  return path_secret;
}

Result<PathResult> create_path(const Suite& suite, RatchetTree& tree, TreeKeys& keys, LeafIndex sender, LeafNode leaf,
                               const SignatureKey& signer, ByteView group_id, const std::vector<LeafIndex>& added,
                               const ContextFor& context_for, Rng& rng) {
  const auto steps = tree.filtered_direct_path(sender);
  auto ladder = make_ladder(suite, steps, rng);
  if (!ladder) return std::unexpected(ladder.error());
  auto leaf_pair = hpke::generate_key_pair(suite.hpke.kem, rng);
  if (!leaf_pair) return std::unexpected(Error::backend);
  leaf.source = LeafNodeSource::commit;
  leaf.encryption_key = leaf_pair->public_key;
  leaf.parent_hash = tree.set_path(sender, steps, ladder->public_keys);
  auto signature = signer.sign_with_label("LeafNodeTBS", leaf_node_tbs(leaf, group_id, sender), rng);
  if (!signature) return std::unexpected(signature.error());
  leaf.signature = std::move(*signature);
  tree.set_leaf(sender, leaf);
  const auto info = label_info(suite, "UpdatePathNode", context_for(tree.root_hash()));
  if (!info) return std::unexpected(info.error());
  PathResult out{{std::move(leaf), {}}, std::move(ladder->commit_secret), {}};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    auto node =
        encrypt_step(suite, tree, steps[i], ladder->public_keys[i], ladder->path_secrets[i].second, added, *info, rng);
    if (!node) return std::unexpected(node.error());
    out.path.nodes.push_back(std::move(*node));
    keys.set(steps[i].node, std::move(ladder->pairs[i]));
  }
  keys.set(node_of(sender), std::move(*leaf_pair));
  keys.prune(tree);
  out.path_secrets = std::move(ladder->path_secrets);
  return out;
}

Result<std::vector<PathStep>> merge_path(const Suite& suite, RatchetTree& tree, LeafIndex sender,
                                         const UpdatePath& path) {
  auto steps = tree.filtered_direct_path(sender);
  if (steps.size() != path.nodes.size() || !keys_are_new(tree, path) || !keys_have_form(suite, path)) {
    return std::unexpected(Error::invalid_tree);
  }
  std::vector<Bytes> public_keys;
  for (const auto& node : path.nodes) public_keys.push_back(node.encryption_key);
  if (tree.set_path(sender, steps, public_keys) != path.leaf_node.parent_hash) {
    return std::unexpected(Error::invalid_tree);
  }
  tree.set_leaf(sender, path.leaf_node);
  return steps;
}

Result<DecryptedPath> decrypt_path(const Suite& suite, const RatchetTree& tree, TreeKeys& keys, LeafIndex self,
                                   const std::vector<PathStep>& steps, const UpdatePath& path,
                                   const std::vector<LeafIndex>& added, ByteView group_context) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (recipients(steps[i], added).size() != path.nodes[i].encrypted_path_secret.size()) {
      return std::unexpected(Error::invalid_tree);
    }
  }
  const auto ours = std::ranges::find_if(steps, [&](const PathStep& step) { return covers(step.copath, self); });
  if (ours == steps.end()) return std::unexpected(Error::invalid_tree);
  const auto to = recipients(*ours, added);
  const auto known = std::ranges::find_if(to, [&](NodeIndex node) { return keys.find(node) != nullptr; });
  if (known == to.end()) return std::unexpected(Error::invalid_tree);
  const auto& sent = path.nodes[static_cast<std::size_t>(ours - steps.begin())];
  auto path_secret = decrypt_with_label(suite, *keys.find(*known), "UpdatePathNode", group_context,
                                        sent.encrypted_path_secret[static_cast<std::size_t>(known - to.begin())]);
  if (!path_secret) return std::unexpected(path_secret.error());
  std::vector<NodeIndex> nodes;
  for (auto step = ours; step != steps.end(); ++step) nodes.push_back(step->node);
  return keys.implant(suite, tree, nodes, path_secret->clone()).transform([&](SecretBytes commit_secret) {
    return DecryptedPath{std::move(*path_secret), std::move(commit_secret)};
  });
}

}  // namespace pqc::mls
