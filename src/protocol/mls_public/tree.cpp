#include "protocol/mls_public/tree.h"

#include <algorithm>

namespace pqc::mls {

RatchetTree::RatchetTree(crypto::HashAlg hash) : hash_alg_(hash), leaves_(1), hashes_(1) {}

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
  return static_cast<std::uint32_t>(std::ranges::count_if(leaves_, [](const auto& leaf) { return leaf != nullptr; }));
}

std::optional<LeafIndex> RatchetTree::find_signature_key(ByteView key) const {
  for (std::uint32_t i = 0; i < width(); ++i) {
    if (leaves_[i] && equal(leaves_[i]->signature_key, key)) return LeafIndex{i};
  }
  return std::nullopt;
}

void RatchetTree::collect(NodeIndex node, std::vector<NodeIndex>& out) const {
  if (!blank(node)) {
    out.push_back(node);
    if (is_leaf(node)) return;
    for (const auto leaf : parent_node(node)->unmerged_leaves) out.push_back(node_of(leaf));
  } else if (!is_leaf(node)) {
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

// A hash that is to be computed has none but such above it.
void RatchetTree::mark(NodeIndex node) {
  const auto top = root(width());
  for (;; node = parent(node)) {
    hashes_[node.value].size = 0;
    if (node == top) return;
  }
}

void RatchetTree::blank_path(LeafIndex index) {
  const auto top = root(width());
  for (auto node = node_of(index); node != top; node = parent(node)) parent_slot(parent(node)).reset();
  mark(node_of(index));
}

void RatchetTree::resize(std::uint32_t width) {
  leaves_.resize(width);
  parents_.resize(width - 1);
  hashes_.resize(node_count(width));
}

LeafIndex RatchetTree::next_free_leaf() const {
  const auto found = std::ranges::find(leaves_, nullptr);
  return {static_cast<std::uint32_t>(found - leaves_.begin())};
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
    auto& above = parent_slot(parent(node));
    if (!above) continue;
    auto changed = std::make_shared<ParentNode>(*above);
    changed->unmerged_leaves.insert(std::ranges::upper_bound(changed->unmerged_leaves, index), index);
    above = std::move(changed);
  }
  set_leaf(index, std::move(leaf));
  return index;
}

void RatchetTree::set_leaf(LeafIndex index, LeafNode leaf) {
  leaves_[index.value] = std::make_shared<const LeafNode>(std::move(leaf));
  mark(node_of(index));
}

void RatchetTree::update(LeafIndex index, LeafNode leaf) {
  set_leaf(index, std::move(leaf));
  blank_path(index);
}

void RatchetTree::remove(LeafIndex index) {
  leaves_[index.value].reset();
  blank_path(index);
  auto last = width();
  while (last > 1 && !leaves_[last - 1]) --last;
  if (const auto needed = width_for(last); needed < width()) resize(needed);
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
    parent_slot(path[i].node) = std::move(node);
  }
  return above;
}

}  // namespace pqc::mls
