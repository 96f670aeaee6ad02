// The extension `ratchet_tree` (RFC 9420 §12.4.3.3).
#include "protocol/mls_public/tree.h"

namespace pqc::mls::inline public_part {
namespace {

enum class NodeType : std::uint8_t { leaf = 1, parent = 2 };
constexpr bool known(NodeType type) {
  return type == NodeType::leaf || type == NodeType::parent;
}
constexpr std::uint8_t absent = 0;
constexpr std::uint8_t present = 1;

}  // namespace

void RatchetTree::describe_nodes(auto& coder) const {
  auto count = node_count(width());
  while (count > 0 && blank({count - 1})) --count;
  for (std::uint32_t n = 0; n < count; ++n) {
    if (blank({n})) {
      coder(absent);
    } else if (is_leaf({n})) {
      coder(present, NodeType::leaf, *leaves_[n / 2]);
    } else {
      coder(present, NodeType::parent, *parents_[n / 2]);
    }
  }
}

Bytes RatchetTree::encode() const {
  return encode_described([&](auto& coder) { coder.opaque_of([&](auto& inner) { describe_nodes(inner); }); });
}

// Of a tree that is being decoded, whose width is not known yet.
void RatchetTree::make_slot(NodeIndex node) {
  const auto count = node.value / 2 + 1;
  encryption_prints_.resize(node.value + 1);
  if (!is_leaf(node)) return parents_.resize(count);
  leaves_.resize(count);
  signature_prints_.resize(count);
}

Result<RatchetTree> RatchetTree::decode(crypto::HashAlg hash, ByteView encoded) {
  if (encoded.size() > max_message_size) return std::unexpected(Error::limit);
  Decoder outer(encoded);
  Decoder nodes(outer.opaque());
  RatchetTree tree(hash);
  std::uint32_t count = 0;
  bool last_present = false;
  for (; nodes.good() && nodes.remaining() > 0; ++count) {
    if (count == node_count(max_leaves)) return std::unexpected(Error::limit);
    tree.make_slot({count});
    std::uint8_t is_present = 0;
    nodes(is_present);
    last_present = is_present == present;
    if (is_present > present) nodes.fail();
    if (!last_present) continue;
    NodeType type{};
    nodes(type);
    if ((type == NodeType::leaf) != (count % 2 == 0)) nodes.fail();
    if (!nodes.good()) break;
    if (type == NodeType::leaf) {
      LeafNode leaf;
      nodes(leaf);
      tree.put_leaf(leaf_of({count}), std::make_shared<const LeafNode>(std::move(leaf)));
    } else {
      ParentNode node;
      nodes(node);
      tree.put_parent({count}, std::make_shared<const ParentNode>(std::move(node)));
    }
  }
  if (!nodes.good() || !outer.finish() || !last_present) return std::unexpected(Error::malformed);
  tree.resize(width_for((count + 1) / 2 + (count % 2 == 0 ? 1 : 0)));
  return tree;
}

}  // namespace pqc::mls::inline public_part
