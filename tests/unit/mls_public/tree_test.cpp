// The public ratchet tree and the rules for leaves as someone without secrets uses them: a server, for one.
#include "protocol/mls_public/tree.h"

#include <gtest/gtest.h>

#include "crypto/random.h"
#include "protocol/mls_public/leaf_validation.h"
#include "support/thread_executor.h"

namespace pqc::mls::public_part {
namespace {

crypto::SeededRng rng(1);

Bytes random_bytes(std::size_t size) {
  Bytes out(size);
  rng.fill(out);
  return out;
}

LeafNode leaf_of_nobody() {
  LeafNode leaf;
  leaf.encryption_key = random_bytes(32);
  leaf.signature_key = random_bytes(32);
  return leaf;
}

RatchetTree tree_of(std::size_t members) {
  RatchetTree tree(crypto::HashAlg::sha256);
  tree.set_leaf({0}, leaf_of_nobody());
  for (std::size_t i = 1; i < members; ++i) EXPECT_TRUE(tree.add(leaf_of_nobody()));
  for (std::uint32_t i = 0; i < members; i += 2) {
    const auto path = tree.filtered_direct_path({i});
    std::vector<Bytes> keys;
    for (std::size_t step = 0; step < path.size(); ++step) keys.push_back(random_bytes(32));
    auto leaf = *tree.leaf({i});
    leaf.source = LeafNodeSource::commit;
    leaf.parent_hash = tree.set_path({i}, path, keys);
    tree.set_leaf({i}, std::move(leaf));
  }
  return tree;
}

Bytes hash_of_fresh(const RatchetTree& tree) {
  return to_bytes(RatchetTree::decode(crypto::HashAlg::sha256, tree.encode())->root_hash());
}

TEST(Tree, ACopyIsIndependent) {
  for (const std::size_t members : {2, 3, 63, 64, 65, 130, 300}) {
    auto tree = tree_of(members);
    EXPECT_TRUE(tree.verify_integrity());
    const auto before = to_bytes(tree.root_hash());
    auto copy = tree;
    copy.update({1}, leaf_of_nobody());
    ASSERT_TRUE(copy.add(leaf_of_nobody()));
    copy.remove({0});
    EXPECT_NE(to_bytes(copy.root_hash()), before);
    EXPECT_EQ(to_bytes(tree.root_hash()), before);
    EXPECT_EQ(hash_of_fresh(tree), before);
    EXPECT_EQ(hash_of_fresh(copy), to_bytes(copy.root_hash()));
  }
}

TEST(Tree, AShrunkTreeGrowsAgainBlank) {
  auto tree = tree_of(130);
  for (std::uint32_t i = 129; i >= 60; --i) tree.remove({i});
  EXPECT_EQ(tree.width(), 64);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(tree.add(leaf_of_nobody()));
  EXPECT_EQ(tree.width(), 128);
  EXPECT_EQ(tree.member_count(), 70);
  EXPECT_EQ(hash_of_fresh(tree), to_bytes(tree.root_hash()));
}

TEST(Tree, NewcomersTakeTheLeftmostBlankLeaf) {
  auto tree = tree_of(70);
  EXPECT_EQ(tree.next_free_leaf().value, 70);
  for (const std::uint32_t gone : {40, 3, 65}) tree.remove({gone});
  for (const std::uint32_t taken : {3, 40, 65, 70, 71}) {
    EXPECT_EQ(tree.next_free_leaf().value, taken);
    EXPECT_EQ(tree.add(leaf_of_nobody())->value, taken);
    EXPECT_TRUE(tree.verify_integrity());
  }
  auto decoded = RatchetTree::decode(crypto::HashAlg::sha256, tree.encode());
  EXPECT_EQ(decoded->add(leaf_of_nobody())->value, 72);
}

TEST(Tree, HashesAreTheSameOnSeveralThreads) {
  const auto encoded = tree_of(200).encode();
  auto one = RatchetTree::decode(crypto::HashAlg::sha256, encoded), other = one;
  const test::ThreadExecutor threads(3);
  other->hash_leaves(&threads);
  EXPECT_TRUE(equal(one->root_hash(), other->root_hash()));
}

TEST(Tree, FindsKeysThatStandTwice) {
  for (const std::size_t members : {3, 200}) {
    auto tree = tree_of(members);
    const auto last = LeafIndex{static_cast<std::uint32_t>(members - 1)};
    const auto fresh = random_bytes(32);
    const auto& at_leaf = tree.leaf(last)->encryption_key;
    const auto& at_parent = tree.parent_node({1})->encryption_key;
    EXPECT_FALSE(tree.holds_any(std::array{ByteView(fresh)}));
    EXPECT_TRUE(tree.holds_any(std::array{ByteView(fresh), ByteView(at_leaf)}));
    EXPECT_TRUE(tree.holds_any(std::array{ByteView(at_parent)}));
    EXPECT_TRUE(tree.holds_any(std::array{ByteView(fresh), ByteView(fresh)}));
    EXPECT_EQ(tree.find_signature_key(tree.leaf(last)->signature_key), last);
    EXPECT_FALSE(tree.find_signature_key(fresh));
    EXPECT_TRUE(tree.keys_unique(std::array{LeafIndex{0}, last}));
    for (const auto key : {&LeafNode::encryption_key, &LeafNode::signature_key}) {
      auto leaf = *tree.leaf({0});
      leaf.*key = tree.leaf(last)->*key;
      auto twice = tree;
      twice.set_leaf({0}, std::move(leaf));
      EXPECT_FALSE(twice.keys_unique(std::array{LeafIndex{0}}));
      EXPECT_FALSE(twice.keys_unique(std::array{last}));
      EXPECT_TRUE(twice.keys_unique(std::array{LeafIndex{1}}));
      EXPECT_FALSE(twice.verify_integrity());
      std::vector<LeafIndex> all;
      for (std::uint32_t i = 0; i < members; ++i) all.push_back({i});
      EXPECT_FALSE(twice.keys_unique(all));
    }
    // The encryption key of a parent, at a leaf.
    auto leaf = *tree.leaf(last);
    leaf.encryption_key = at_parent;
    auto twice = tree;
    twice.set_leaf(last, std::move(leaf));
    EXPECT_FALSE(twice.keys_unique(std::array{last}));
    EXPECT_TRUE(twice.keys_unique(std::array{LeafIndex{0}}));
    std::vector<LeafIndex> many;
    for (std::uint32_t i = 0; i < members; ++i) many.push_back({i});
    EXPECT_TRUE(tree.keys_unique(many));
    EXPECT_FALSE(twice.keys_unique(many));
  }
}

// Keys that end alike have equal fingerprints, and are told apart all the same.
TEST(Tree, KeysThatEndAlikeAreDifferent) {
  auto tree = tree_of(5);
  auto key = tree.leaf({3})->encryption_key;
  key[0] ^= 1;
  EXPECT_FALSE(tree.holds_any(std::array{ByteView(key)}));
  auto leaf = *tree.leaf({2});
  leaf.encryption_key = key;
  tree.set_leaf({2}, std::move(leaf));
  EXPECT_TRUE(tree.keys_unique(std::array{LeafIndex{2}}));
}

TEST(Leaf, IsRefusedWithoutSignature) {
  class Everybody final : public CredentialPolicy {
   public:
    bool accepts(const Credential&, ByteView) const override { return true; }
    bool accepts_successor(const Credential&, const Credential&) const override { return true; }
    Bytes client_of(const Credential&, ByteView signature_key) const override { return to_bytes(signature_key); }
  };
  const Everybody everybody;
  const LeafRules rules{find_suite(suites::x25519_aes128_ed25519), &everybody, std::nullopt};
  KeyPackage package;
  package.cipher_suite = suites::x25519_aes128_ed25519;
  package.init_key = random_bytes(32);
  package.leaf_node = leaf_of_nobody();
  EXPECT_EQ(check_key_package(rules, package).error(), Error::invalid_leaf);
  package.leaf_node.capabilities = {{protocol_version}, {package.cipher_suite}, {}, {}, {credential_type::basic}};
  EXPECT_EQ(check_key_package(rules, package).error(), Error::refused);
  const test::ThreadExecutor threads(2);
  EXPECT_FALSE(check_leaves(rules, tree_of(9), {}, &threads));
}

}  // namespace
}  // namespace pqc::mls::public_part
