// The public ratchet tree (RFC 9420 §4, §7).
//
// A value: a copy shares its nodes and hashes with the original, so it costs a few pointers for each 256 members, and a
// change copies what is around it. Tree hashes are kept; a change marks the path above it, and root_hash() computes
// again what is marked and no more. Four bytes of every key stand in lists of their own, so that a search for a key
// reads no keys. One thread at a time; copies are independent.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "protocol/mls_public/executor.h"
#include "protocol/mls_public/messages.h"
#include "protocol/mls_public/shared_vector.h"
#include "protocol/mls_public/tree_math.h"

namespace pqc::mls::inline public_part {

// A node of the filtered direct path of a leaf, lowest first, with its child beside the path and who is below that.
struct PathStep {
  NodeIndex node;
  NodeIndex copath;
  std::vector<NodeIndex> resolution;
};

class RatchetTree {
 public:
  // A tree of one blank leaf.
  explicit RatchetTree(crypto::HashAlg hash);
  // The extension `ratchet_tree` (RFC 9420 §12.4.3.3). Checks its form, not its rules.
  static Result<RatchetTree> decode(crypto::HashAlg hash, ByteView encoded);
  [[nodiscard]] Bytes encode() const;

  [[nodiscard]] std::uint32_t width() const { return static_cast<std::uint32_t>(leaves_.size()); }
  [[nodiscard]] std::uint32_t member_count() const;
  // Null where blank or beyond the tree.
  [[nodiscard]] const LeafNode* leaf(LeafIndex index) const;
  [[nodiscard]] const ParentNode* parent_node(NodeIndex node) const;
  [[nodiscard]] bool blank(NodeIndex node) const;
  // The key of a node that is not blank.
  [[nodiscard]] const Bytes& encryption_key(NodeIndex node) const;
  // RFC 9420 §4.1.2.
  [[nodiscard]] std::vector<NodeIndex> resolution(NodeIndex node) const;
  [[nodiscard]] std::vector<PathStep> filtered_direct_path(LeafIndex leaf) const;
  // The member with this signature key.
  [[nodiscard]] std::optional<LeafIndex> find_signature_key(ByteView key) const;
  // Whether one of these stands as encryption key at any node, or twice among themselves.
  [[nodiscard]] bool holds_any(std::span<const ByteView> encryption_keys) const;
  // Whether the encryption keys of these leaves, which are not blank, stand at no other node, and their signature keys
  // at no other leaf.
  [[nodiscard]] bool keys_unique(std::span<const LeafIndex> leaves) const;

  // RFC 9420 §12.1.1 to §12.1.3. `add` takes the leftmost blank leaf; Error::limit when there are max_leaves.
  Result<LeafIndex> add(LeafNode leaf);
  [[nodiscard]] LeafIndex next_free_leaf() const;
  void update(LeafIndex index, LeafNode leaf);
  void remove(LeafIndex index);
  // Replaces a leaf and nothing else: what an update path does after set_path.
  void set_leaf(LeafIndex index, LeafNode leaf);
  // A leaf for one who joins by external commit, blank until set_leaf.
  Result<void> make_room(LeafIndex index);
  // RFC 9420 §7.5: blanks the direct path of `sender` and sets keys on the steps of its filtered one, `keys` lowest
  // first. Answers the parent hash that the sender's leaf must have.
  Bytes set_path(LeafIndex sender, const std::vector<PathStep>& path, std::span<const Bytes> keys);

  // RFC 9420 §7.8, up to date. The view holds until the next call on this tree.
  ByteView hash(NodeIndex node) { return digest(node).view(); }
  ByteView root_hash() { return hash(root(width())); }
  // Computes the missing hashes of leaves, spread over the executor's threads.
  void hash_leaves(const Executor* executor);

  // Whether the lists of unmerged leaves name leaves that are there, below their node, in order, at every node between.
  // A tree from outside is asked for nothing else before this.
  [[nodiscard]] bool well_formed() const;
  // RFC 9420 §7.9.2 and §12.4.3.1: every parent is covered by one chain of parent hashes, the tree is
  // well formed, no encryption or signature key stands twice. Leaves themselves: leaf_validation.h.
  Result<void> verify_integrity();

 private:
  // Of a key, from its own bytes; zero for none. Equal keys have equal ones, others hardly ever.
  using Fingerprint = std::uint32_t;

  static Fingerprint fingerprint(ByteView key);
  void describe_nodes(auto& coder) const;
  void make_slot(NodeIndex node);
  void put_leaf(LeafIndex index, std::shared_ptr<const LeafNode> leaf);
  void put_parent(NodeIndex node, std::shared_ptr<const ParentNode> content);
  void mark(NodeIndex node);
  void blank_path(LeafIndex index);
  void resize(std::uint32_t width);
  void collect(NodeIndex node, std::vector<NodeIndex>& out) const;
  const Digest& digest(NodeIndex node);
  [[nodiscard]] Digest hash_node(NodeIndex node, ByteView left_hash, ByteView right_hash,
                                 std::span<const LeafIndex> without) const;
  void describe_leaf(auto& coder, LeafIndex index, std::span<const LeafIndex> without) const;
  static void describe_parent(auto& coder, const ParentNode* content, std::span<const LeafIndex> without);
  [[nodiscard]] Digest original_hash(NodeIndex node, std::span<const LeafIndex> without);
  [[nodiscard]] bool parent_hash_valid(NodeIndex node);
  [[nodiscard]] Digest parent_hash(const ParentNode& node, ByteView sibling_hash) const;
  [[nodiscard]] int chains_through(NodeIndex node, NodeIndex child, NodeIndex sibling);
  [[nodiscard]] bool unmerged_leaves_valid(NodeIndex node) const;
  [[nodiscard]] bool keys_distinct() const;

  crypto::HashAlg hash_alg_;
  SharedVector<std::shared_ptr<const LeafNode>, 16> leaves_;     // as many as the width
  SharedVector<std::shared_ptr<const ParentNode>, 16> parents_;  // node n at n / 2
  SharedVector<Fingerprint> encryption_prints_;                  // of each node
  SharedVector<Fingerprint> signature_prints_;                   // of each leaf
  SharedVector<Digest> hashes_;  // empty: to be computed; then those above are empty too
  std::uint32_t taken_ = 0;      // no leaf before this one is blank
  std::uint32_t end_ = 0;        // all leaves from here on are blank
};

}  // namespace pqc::mls::inline public_part
