// Tree hashes and parent hashes (RFC 9420 §7.8, §7.9).
#include <algorithm>

#include "protocol/mls_public/hashing.h"
#include "protocol/mls_public/tree.h"

namespace pqc::mls::inline public_part {
namespace {

constexpr std::uint8_t type_leaf = 1;
constexpr std::uint8_t type_parent = 2;
constexpr std::uint8_t absent = 0;
constexpr std::uint8_t present = 1;

// Lists of leaves are in order here: verify_integrity() looks at that first.
bool contains(std::span<const LeafIndex> leaves, LeafIndex leaf) {
  return std::ranges::binary_search(leaves, leaf);
}

std::vector<LeafIndex> below(NodeIndex node, std::span<const LeafIndex> leaves) {
  std::vector<LeafIndex> out;
  std::ranges::copy_if(leaves, std::back_inserter(out), [&](LeafIndex leaf) { return covers(node, leaf); });
  return out;
}

}  // namespace

// TreeHashInput, with the leaves of `without` blank and gone from lists of unmerged leaves.
Digest RatchetTree::hash_node(NodeIndex node, ByteView left_hash, ByteView right_hash,
                              std::span<const LeafIndex> without) const {
  return hash_described(hash_alg_, [&](auto& coder) {
    if (is_leaf(node)) return describe_leaf(coder, leaf_of(node), without);
    describe_parent(coder, parent_node(node), without);
    coder.opaque(left_hash);
    coder.opaque(right_hash);
  });
}

void RatchetTree::describe_leaf(auto& coder, LeafIndex index, std::span<const LeafIndex> without) const {
  const auto* content = contains(without, index) ? nullptr : leaf(index);
  coder(type_leaf, index, content == nullptr ? absent : present);
  if (content != nullptr) coder(*content);
}

void RatchetTree::describe_parent(auto& coder, const ParentNode* content, std::span<const LeafIndex> without) {
  coder(type_parent, content == nullptr ? absent : present);
  if (content == nullptr) return;
  if (without.empty()) return coder(*content);
  auto original = *content;
  std::erase_if(original.unmerged_leaves, [&](LeafIndex leaf) { return contains(without, leaf); });
  coder(original);
}

// A digest is copied before another is asked for, which may move it.
const Digest& RatchetTree::digest(NodeIndex node) {
  if (!hashes_[node.value].empty()) return hashes_[node.value];
  Digest computed;
  if (is_leaf(node)) {
    computed = hash_node(node, {}, {}, {});
  } else {
    const Digest left_hash = digest(left(node)), right_hash = digest(right(node));
    computed = hash_node(node, left_hash.view(), right_hash.view(), {});
  }
  return hashes_.change(node.value) = computed;
}

void RatchetTree::hash_leaves(const Executor* executor) {
  std::vector<Digest> computed(width());
  run_all(executor, width(), [&](std::size_t i) {
    const auto node = node_of({static_cast<std::uint32_t>(i)});
    if (hashes_[node.value].empty()) computed[i] = hash_node(node, {}, {}, {});
  });
  for (std::uint32_t i = 0; i < width(); ++i) {
    if (!computed[i].empty()) hashes_.change(node_of({i}).value) = computed[i];
  }
}

Digest RatchetTree::original_hash(NodeIndex node, std::span<const LeafIndex> without) {
  const auto inside = below(node, without);
  if (inside.empty()) return digest(node);
  if (is_leaf(node)) return hash_node(node, {}, {}, inside);
  return hash_node(node, original_hash(left(node), inside).view(), original_hash(right(node), inside).view(), inside);
}

// ParentHashInput.
Digest RatchetTree::parent_hash(const ParentNode& node, ByteView sibling_hash) const {
  return hash_described(hash_alg_, [&](auto& coder) {
    coder(node.encryption_key, node.parent_hash);
    coder.opaque(sibling_hash);
  });
}

// RFC 9420 §7.9.2: how many nodes D below `child` have a parent hash that is valid with respect to `node`.
int RatchetTree::chains_through(NodeIndex node, NodeIndex child, NodeIndex other) {
  const auto& content = *parent_node(node);
  const auto unmerged_here = below(child, content.unmerged_leaves);
  const auto candidates = resolution(child);
  if (candidates.size() != unmerged_here.size() + 1) return 0;
  const auto expected = parent_hash(content, original_hash(other, content.unmerged_leaves).view());
  int count = 0;
  for (const auto candidate : candidates) {
    const auto* as_leaf = is_leaf(candidate) ? leaf(leaf_of(candidate)) : nullptr;
    if (as_leaf != nullptr &&
        (as_leaf->source != LeafNodeSource::commit || contains(unmerged_here, leaf_of(candidate)))) {
      continue;
    }
    const auto& stored = as_leaf != nullptr ? as_leaf->parent_hash : parent_node(candidate)->parent_hash;
    const bool rest_unmerged = std::ranges::all_of(candidates, [&](NodeIndex one) {
      return one == candidate || (is_leaf(one) && contains(unmerged_here, leaf_of(one)));
    });
    if (rest_unmerged && equal(stored, expected.view())) ++count;
  }
  return count;
}

bool RatchetTree::parent_hash_valid(NodeIndex node) {
  return chains_through(node, left(node), right(node)) + chains_through(node, right(node), left(node)) == 1;
}

bool RatchetTree::unmerged_leaves_valid(NodeIndex node) const {
  const auto& unmerged = parent_node(node)->unmerged_leaves;
  if (!std::ranges::is_sorted(unmerged, std::ranges::less_equal{})) return false;
  for (const auto index : unmerged) {
    if (!covers(node, index) || leaf(index) == nullptr) return false;
    for (auto above = parent(node_of(index)); above != node; above = parent(above)) {
      const auto* between = parent_node(above);
      if (between != nullptr && !std::ranges::binary_search(between->unmerged_leaves, index)) return false;
    }
  }
  return true;
}

bool RatchetTree::well_formed() const {
  for (std::uint32_t n = 1; n < node_count(width()); n += 2) {
    if (!blank({n}) && !unmerged_leaves_valid({n})) return false;
  }
  return true;
}

// Resolutions may be asked for only when all lists of unmerged leaves are known to be right.
Result<void> RatchetTree::verify_integrity() {
  if (!well_formed() || !keys_distinct()) return std::unexpected(Error::invalid_tree);
  for (std::uint32_t n = 1; n < node_count(width()); n += 2) {
    if (!blank({n}) && !parent_hash_valid({n})) return std::unexpected(Error::invalid_tree);
  }
  return {};
}

}  // namespace pqc::mls::inline public_part
