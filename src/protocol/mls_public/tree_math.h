// Index arithmetic of full binary trees (RFC 9420 appendix C). `width` is the number of leaves, a power of two.
#pragma once

#include <bit>
#include <cstdint>

#include "protocol/mls_public/numbers.h"

namespace pqc::mls::inline public_part {

constexpr NodeIndex node_of(LeafIndex leaf) {
  return {2 * leaf.value};
}
constexpr bool is_leaf(NodeIndex node) {
  return node.value % 2 == 0;
}
// For leaves only.
constexpr LeafIndex leaf_of(NodeIndex node) {
  return {node.value / 2};
}
// Leaves have level 0.
constexpr std::uint32_t level(NodeIndex node) {
  return static_cast<std::uint32_t>(std::countr_one(node.value));
}
constexpr std::uint32_t node_count(std::uint32_t width) {
  return 2 * width - 1;
}
constexpr NodeIndex root(std::uint32_t width) {
  return {width - 1};
}
// For parents only.
constexpr NodeIndex left(NodeIndex node) {
  return {node.value ^ (1U << (level(node) - 1))};
}
constexpr NodeIndex right(NodeIndex node) {
  return {node.value ^ (3U << (level(node) - 1))};
}
// Not for the root.
constexpr NodeIndex parent(NodeIndex node) {
  const auto bit = 1U << level(node);
  return {(node.value | bit) & ~(bit << 1)};
}
constexpr NodeIndex sibling(NodeIndex node) {
  const auto above = parent(node);
  return node < above ? right(above) : left(above);
}
// The leaves below a node are [first_leaf, last_leaf].
constexpr LeafIndex first_leaf(NodeIndex node) {
  return {(node.value - ((1U << level(node)) - 1)) / 2};
}
constexpr LeafIndex last_leaf(NodeIndex node) {
  return {(node.value + ((1U << level(node)) - 1)) / 2};
}
constexpr bool covers(NodeIndex node, LeafIndex leaf) {
  return first_leaf(node) <= leaf && leaf <= last_leaf(node);
}
// The lowest node above both; for one leaf itself.
constexpr NodeIndex common_ancestor(LeafIndex a, LeafIndex b) {
  auto node = node_of(a);
  while (!covers(node, b)) node = parent(node);
  return node;
}
// The smallest power of two that is not below `leaves`; one at least.
constexpr std::uint32_t width_for(std::uint32_t leaves) {
  return leaves <= 1 ? 1 : std::bit_ceil(leaves);
}

}  // namespace pqc::mls::inline public_part
