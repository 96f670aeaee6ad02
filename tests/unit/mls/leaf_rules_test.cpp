// The rules for key packages and leaves (RFC 9420 §7.3, §10.1), one broken at a time; all signatures hold.
#include "support.h"

namespace pqc::mls::testing {
namespace {

class LeafRulesTest : public ::testing::TestWithParam<std::uint16_t> {
 protected:
  Error judged(const std::function<void(KeyPackage&)>& change) {
    auto bundle = world_.bundle("x");
    auto& package = bundle.package;
    change(package);
    EXPECT_TRUE(sign_leaf(package.leaf_node, *bundle.signer, Bytes{1}, {}, world_.rng));
    package.signature = bundle.signer->sign_with_label("KeyPackageTBS", unsigned_part(package), world_.rng).value();
    return result(package);
  }
  Error result(const KeyPackage& package) {
    const auto checked = check_key_package({&world_.suite, &world_.policy, 1'000}, package);
    return checked ? Error::backend : checked.error();
  }

  World world_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Suites, LeafRulesTest,
                         ::testing::Values(suites::x25519_aes128_ed25519, 83, suites::x_wing_aes256_ml_dsa_87));

TEST_P(LeafRulesTest, WhatKeepsThemIsAccepted) {
  EXPECT_EQ(judged([](KeyPackage&) {}), Error::backend);
  // Values of the registries that nobody knows are passed over (RFC 9420 §13.5), also as extensions that are listed.
  EXPECT_EQ(
      judged([](KeyPackage& package) {
        auto& can = package.leaf_node.capabilities;
        for (auto* list : {&can.versions, &can.cipher_suites, &can.extensions, &can.proposals, &can.credentials}) {
          list->push_back(0x0A0A);
        }
        package.extensions = {{0x0A0A, {1}}};
        package.leaf_node.extensions = {{0x0A0A, {}}, {extension_type::application_id, {7}}};
      }),
      Error::backend);
}

TEST_P(LeafRulesTest, OfAKeyPackage) {
  const auto expect_invalid = [&](const char* what, const std::function<void(KeyPackage&)>& change) {
    EXPECT_EQ(judged(change), Error::invalid_leaf) << what;
  };
  expect_invalid("version", [](KeyPackage& package) { package.version = 2; });
  expect_invalid("suite", [](KeyPackage& package) { package.cipher_suite = 3; });
  expect_invalid("one key for two uses",
                 [](KeyPackage& package) { package.init_key = package.leaf_node.encryption_key; });
  expect_invalid("init key", [](KeyPackage& package) { package.init_key.pop_back(); });
  expect_invalid("no init key", [](KeyPackage& package) { package.init_key.clear(); });
  expect_invalid("extension twice", [](KeyPackage& package) {
    package.leaf_node.capabilities.extensions = {9};
    package.extensions = {{9, {}}, {9, {}}};
  });
  expect_invalid("extension not listed", [](KeyPackage& package) { package.extensions = {{9, {}}}; });
  expect_invalid("source", [](KeyPackage& package) { package.leaf_node.source = LeafNodeSource::commit; });
  expect_invalid("source", [](KeyPackage& package) { package.leaf_node.source = LeafNodeSource::update; });
}

TEST_P(LeafRulesTest, OfItsLeaf) {
  const auto expect_invalid = [&](const char* what, const std::function<void(LeafNode&)>& change) {
    EXPECT_EQ(judged([&](KeyPackage& package) { change(package.leaf_node); }), Error::invalid_leaf) << what;
  };
  expect_invalid("version", [](LeafNode& leaf) { leaf.capabilities.versions = {2}; });
  expect_invalid("suite", [](LeafNode& leaf) { leaf.capabilities.cipher_suites = {3}; });
  expect_invalid("credential", [](LeafNode& leaf) { leaf.capabilities.credentials = {credential_type::x509}; });
  expect_invalid("extension not listed", [](LeafNode& leaf) { leaf.extensions = {{9, {}}}; });
  expect_invalid("extension twice", [](LeafNode& leaf) {
    leaf.capabilities.extensions = {9};
    leaf.extensions = {{9, {}}, {9, {}}};
  });
  expect_invalid("encryption key", [](LeafNode& leaf) { leaf.encryption_key.push_back(0); });
  expect_invalid("over", [](LeafNode& leaf) { leaf.lifetime = {0, 999}; });
  expect_invalid("not yet", [](LeafNode& leaf) { leaf.lifetime = {10'000, 20'000}; });
  EXPECT_EQ(judged([](KeyPackage& package) { package.leaf_node.credential.identity = to_bytes(as_bytes("evil")); }),
            Error::credential);
  EXPECT_EQ(judged([](KeyPackage& package) { package.leaf_node.signature_key.pop_back(); }), Error::refused);
}

// A zero X25519 key, alone or behind a good one of ML-KEM: nobody can encrypt to it, so every commit would fail.
TEST_P(LeafRulesTest, Threat5KeysOfSmallOrderAreRefused) {
  const auto spoil = [](Bytes& key) { std::ranges::fill(ByteSpan(key).last(32), std::uint8_t{0}); };
  EXPECT_EQ(judged([&](KeyPackage& package) { spoil(package.leaf_node.encryption_key); }), Error::invalid_leaf);
  EXPECT_EQ(judged([&](KeyPackage& package) { spoil(package.init_key); }), Error::invalid_leaf);
}

TEST_P(LeafRulesTest, BothSignaturesMustHold) {
  auto package = world_.bundle("x").package;
  package.signature[3] ^= 1;
  EXPECT_EQ(result(package), Error::refused);
  const auto bundle = world_.bundle("x");
  package = bundle.package;
  package.leaf_node.signature[3] ^= 1;
  package.signature = bundle.signer->sign_with_label("KeyPackageTBS", unsigned_part(package), world_.rng).value();
  EXPECT_EQ(result(package), Error::refused);
  // Signed under the label of another structure.
  package = bundle.package;
  package.signature = bundle.signer->sign_with_label("LeafNodeTBS", unsigned_part(package), world_.rng).value();
  EXPECT_EQ(result(package), Error::refused);
}

// RFC 9420 §7.2, §11.1: what a group asks of its members.
TEST_P(LeafRulesTest, RequiredCapabilities) {
  auto leaf = world_.bundle("x").package.leaf_node;
  const auto required = [](RequiredCapabilities needs) {
    return std::vector{Extension{extension_type::required_capabilities, encode(needs)}};
  };
  EXPECT_TRUE(supports(leaf, {}));
  EXPECT_TRUE(supports(leaf, required({{1, 2, 3, 4, 5}, {1, 2, 3, 4, 5, 6, 7}, {credential_type::basic}})));
  EXPECT_FALSE(supports(leaf, required({{6}, {}, {}})));
  EXPECT_FALSE(supports(leaf, required({{}, {8}, {}})));
  EXPECT_FALSE(supports(leaf, required({{}, {}, {3}})));
  EXPECT_FALSE(supports(leaf, {{6, {}}})) << "an extension of the group context itself";
  leaf.capabilities.extensions = {6};
  leaf.capabilities.proposals = {8};
  leaf.capabilities.credentials.push_back(3);
  EXPECT_TRUE(supports(leaf, required({{6}, {8}, {3}})));
  EXPECT_FALSE(supports(leaf, {{extension_type::required_capabilities, {1, 2}}})) << "not decodable";
}

// RFC 9420 §7.3: everybody supports every type of credential in use.
TEST_P(LeafRulesTest, CredentialTypesInUse) {
  auto group = world_.create("one");
  auto who = world_.identity("two");
  who.credential = {credential_type::x509, {}, {{{1, 2, 3}}}};
  CommitOptions options;
  options.proposals = {{Add{make_key_package(world_.suite, who, forever, {}, world_.rng)->package}}};
  EXPECT_TRUE(group.commit(options, world_.environment)) << "both list both";
  auto bundle = world_.bundle("three");
  auto& package = bundle.package;
  package.leaf_node.capabilities.credentials = {credential_type::basic};
  ASSERT_TRUE(sign_leaf(package.leaf_node, *bundle.signer, {}, {}, world_.rng));
  package.signature = bundle.signer->sign_with_label("KeyPackageTBS", unsigned_part(package), world_.rng).value();
  options.proposals.push_back({Add{package}});
  EXPECT_EQ(group.commit(options, world_.environment).error(), Error::invalid_leaf);
}

}  // namespace
}  // namespace pqc::mls::testing
