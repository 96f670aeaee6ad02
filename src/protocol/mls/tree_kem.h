// TreeKEM: the private side of a ratchet tree, and update paths (RFC 9420 §7.4 to §7.6).
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "protocol/mls/kdf.h"
#include "protocol/mls/signature_key.h"
#include "protocol/mls_public/tree.h"

namespace pqc::mls {

// The key pairs of nodes on our direct path that we know, our leaf's among them.
class TreeKeys {
 public:
  TreeKeys() = default;
  [[nodiscard]] TreeKeys clone() const;

  void set(NodeIndex node, hpke::KeyPair pair) { pairs_.insert_or_assign(node.value, std::move(pair)); }
  [[nodiscard]] const hpke::KeyPair* find(NodeIndex node) const;
  // Forgets the keys of nodes that are blank or have another key now.
  void prune(const RatchetTree& tree);
  // The key pairs that a path secret gives `first` and the steps above it, checked against the tree's public keys.
  // Answers the commit secret.
  Result<SecretBytes> implant(const Suite& suite, const RatchetTree& tree, const std::vector<NodeIndex>& nodes,
                              SecretBytes path_secret);

  [[nodiscard]] const std::map<std::uint32_t, hpke::KeyPair>& pairs() const { return pairs_; }

 private:
  std::map<std::uint32_t, hpke::KeyPair> pairs_;
};

// Encodes the provisional group context for a tree hash.
using ContextFor = std::function<Bytes(ByteView tree_hash)>;

struct PathResult {
  UpdatePath path;
  SecretBytes commit_secret;
  std::vector<std::pair<NodeIndex, SecretBytes>> path_secrets;  // lowest first, for welcomes
};

// Makes an update path for `sender` and applies it to `tree` and `keys`. `leaf` is the new leaf without its key, parent
// hash and signature; `added` are leaves, in order, that came with the same commit and get nothing.
Result<PathResult> create_path(const Suite& suite, RatchetTree& tree, TreeKeys& keys, LeafIndex sender, LeafNode leaf,
                               const SignatureKey& signer, ByteView group_id, const std::vector<LeafIndex>& added,
                               const ContextFor& context_for, Rng& rng);

// Merges a path of another member into the tree; the leaf's own rules are the caller's to check. Answers the steps, for
// decrypt_path. Errors: invalid_tree.
Result<std::vector<PathStep>> merge_path(const Suite& suite, RatchetTree& tree, LeafIndex sender,
                                         const UpdatePath& path);

struct DecryptedPath {
  SecretBytes path_secret;  // the first that we learnt
  SecretBytes commit_secret;
};
// Decrypts what is for `self` and takes the new keys. `keys` has been pruned.
Result<DecryptedPath> decrypt_path(const Suite& suite, const RatchetTree& tree, TreeKeys& keys, LeafIndex self,
                                   const std::vector<PathStep>& steps, const UpdatePath& path,
                                   const std::vector<LeafIndex>& added, ByteView group_context);

}  // namespace pqc::mls
