#include "protocol/mls_public/tree.h"

#include <algorithm>

namespace pqc::mls::inline public_part {

RatchetTree::RatchetTree(crypto::HashAlg hash)
    : hash_alg_(hash), leaves_(1), encryption_prints_(1), signature_prints_(1), hashes_(1) {}

const LeafNode* RatchetTree::leaf(LeafIndex index) const {
  return index.value < width() ? leaves_[index.value].get() : nullptr;
}
const ParentNode* RatchetTree::parent_node(NodeIndex node) const {
  return node.value < node_count(width()) ? parents_[node.value / 2].get() : nullptr;
}
bool RatchetTree::blank(NodeIndex node) const {
  return is_leaf(node) ? leaf(leaf_of(node)) == nullptr : parent_node(node) == nullptr;
}
const Bytes& RatchetTree::encryption_key(NodeIndex node) const {
  return is_leaf(node) ? leaf(leaf_of(node))->encryption_key : parent_node(node)->encryption_key;
}
std::uint32_t RatchetTree::member_count() const {
  std::uint32_t count = 0;
  for (std::uint32_t i = 0; i < width(); ++i) count += leaves_[i] ? 1 : 0;
  return count;
}

void RatchetTree::collect(NodeIndex node, std::vector<NodeIndex>& out) const {
  if (!blank(node)) {
    out.push_back(node);
    if (is_leaf(node)) return;
    for (const auto leaf : parent_node(node)->unmerged_leaves) out.push_back(node_of(leaf));
  } else if (!is_leaf(node) && first_leaf(node).value < end_) {
    collect(left(node), out);
    collect(right(node), out);
  }
}

std::vector<NodeIndex> RatchetTree::resolution(NodeIndex node) const {
  std::vector<NodeIndex> out;
  collect(node, out);
  return out;
}

std::vector<PathStep> RatchetTree::filtered_direct_path(LeafIndex leaf) const {
  std::vector<PathStep> out;
  const auto top = root(width());
  for (auto node = node_of(leaf); node != top; node = parent(node)) {
    auto below = resolution(sibling(node));
    if (!below.empty()) out.push_back({parent(node), sibling(node), std::move(below)});
  }
  return out;
}

void RatchetTree::put_leaf(LeafIndex index, std::shared_ptr<const LeafNode> leaf) {
  encryption_prints_.change(node_of(index).value) = leaf ? fingerprint(leaf->encryption_key) : 0;
  signature_prints_.change(index.value) = leaf ? fingerprint(leaf->signature_key) : 0;
  if (leaf) end_ = std::max(end_, index.value + 1);
  leaves_.change(index.value) = std::move(leaf);
}
void RatchetTree::put_parent(NodeIndex node, std::shared_ptr<const ParentNode> content) {
  encryption_prints_.change(node.value) = content ? fingerprint(content->encryption_key) : 0;
  parents_.change(node.value / 2) = std::move(content);
}

// A hash that is to be computed has none but such above it.
void RatchetTree::mark(NodeIndex node) {
  const auto top = root(width());
  for (;; node = parent(node)) {
    if (!hashes_[node.value].empty()) hashes_.change(node.value).size = 0;
    if (node == top) return;
  }
}

void RatchetTree::blank_path(LeafIndex index) {
  const auto top = root(width());
  for (auto node = node_of(index); node != top; node = parent(node)) {
    if (!blank(parent(node))) put_parent(parent(node), nullptr);
  }
  mark(node_of(index));
}

void RatchetTree::resize(std::uint32_t width) {
  leaves_.resize(width);
  parents_.resize(width - 1);
  encryption_prints_.resize(node_count(width));
  signature_prints_.resize(width);
  hashes_.resize(node_count(width));
}

LeafIndex RatchetTree::next_free_leaf() const {
  auto index = taken_;
  while (index < width() && leaves_[index]) ++index;
  return {index};
}

Result<void> RatchetTree::make_room(LeafIndex index) {
  if (index.value >= max_leaves) return std::unexpected(Error::limit);
  if (index.value >= width()) resize(width_for(index.value + 1));
  mark(node_of(index));
  return {};
}

Result<LeafIndex> RatchetTree::add(LeafNode leaf) {
  const auto index = next_free_leaf();
  if (auto done = make_room(index); !done) return std::unexpected(done.error());
  const auto top = root(width());
  for (auto node = node_of(index); node != top; node = parent(node)) {
    const auto* above = parent_node(parent(node));
    if (above == nullptr) continue;
    auto changed = std::make_shared<ParentNode>(*above);
    changed->unmerged_leaves.insert(std::ranges::upper_bound(changed->unmerged_leaves, index), index);
    put_parent(parent(node), std::move(changed));
  }
  set_leaf(index, std::move(leaf));
  taken_ = index.value + 1;
  return index;
}

void RatchetTree::set_leaf(LeafIndex index, LeafNode leaf) {
  put_leaf(index, std::make_shared<const LeafNode>(std::move(leaf)));
  mark(node_of(index));
}

void RatchetTree::update(LeafIndex index, LeafNode leaf) {
  set_leaf(index, std::move(leaf));
  blank_path(index);
}

void RatchetTree::remove(LeafIndex index) {
  put_leaf(index, nullptr);
  taken_ = std::min(taken_, index.value);
  blank_path(index);
  while (end_ > 1 && !leaves_[end_ - 1]) --end_;
  if (const auto needed = width_for(end_); needed < width()) resize(needed);
}

// RFC 9420 §7.9: from the root down, each parent hash goes into the next node.
Bytes RatchetTree::set_path(LeafIndex sender, const std::vector<PathStep>& path, std::span<const Bytes> keys) {
  blank_path(sender);
  Bytes above;
  for (std::size_t i = path.size(); i-- > 0;) {
    auto node = std::make_shared<ParentNode>();
    node->encryption_key = keys[i];
    node->parent_hash = above;
    above = to_bytes(parent_hash(*node, hash(path[i].copath)).view());
    put_parent(path[i].node, std::move(node));
  }
  return above;
}

}  // namespace pqc::mls::inline public_part
