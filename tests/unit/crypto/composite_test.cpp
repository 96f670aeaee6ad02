#include "crypto/composite.h"

#include <gtest/gtest.h>

#include "crypto/random.h"

namespace pqc::crypto {
namespace {

TEST(Composite, EverySuiteSignsAndVerifies) {
  SeededRng rng(1);
  for (const auto& suite : all_suites()) {
    const auto sizes = composite_sizes(suite);
    const auto key = CompositePrivateKey::generate(suite, rng);
    ASSERT_TRUE(key.has_value()) << suite.name;
    const auto again = CompositePrivateKey::decode(suite, key->encode().view());
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(again->public_key(), key->public_key());
    const auto verifier = CompositePublicKey::decode(suite, key->public_key());
    ASSERT_TRUE(verifier.has_value());
    EXPECT_EQ(verifier->encode(), key->public_key());
    const auto signature = again->sign("label", as_bytes("text"), rng);
    ASSERT_EQ(signature->size(), sizes.signature);
    EXPECT_TRUE(verifier->verify("label", as_bytes("text"), *signature));
    EXPECT_EQ(verifier->verify("other", as_bytes("text"), *signature).error(), Error::refused);
    EXPECT_EQ(verifier->verify("label", as_bytes("test"), *signature).error(), Error::refused);
  }
}

TEST(Composite, BothHalvesMustHold) {
  SeededRng rng(2);
  for (const auto& suite : all_suites()) {
    if (!suite.post_quantum_signature) continue;
    const auto key = CompositePrivateKey::generate(suite, rng);
    const auto verifier = CompositePublicKey::decode(suite, key->public_key());
    const auto good = *key->sign("label", as_bytes("text"), rng);
    for (const std::size_t at : {std::size_t{10}, good.size() - 500}) {
      auto damaged = good;
      damaged[at] ^= 0x10;
      EXPECT_EQ(verifier->verify("label", as_bytes("text"), damaged).error(), Error::refused) << suite.name;
    }
    // A good classical half before the post-quantum half of another key.
    const auto other = CompositePrivateKey::generate(suite, rng);
    auto mixed = *other->sign("label", as_bytes("text"), rng);
    std::copy_n(good.begin(), 64, mixed.begin());
    EXPECT_EQ(verifier->verify("label", as_bytes("text"), mixed).error(), Error::refused);
  }
}

TEST(Composite, TheClassicalHalfIsNoSignatureOfAnotherSuite) {
  SeededRng rng(3);
  const auto* pq = find_suite(SuiteId::pq);
  const auto* standard = find_suite(SuiteId::standard);
  const auto key = CompositePrivateKey::generate(*pq, rng);
  const auto signature = *key->sign("label", as_bytes("text"), rng);
  const auto stripped = CompositePublicKey::decode(*standard, ByteView(key->public_key()).first(32));
  ASSERT_TRUE(stripped.has_value());
  EXPECT_EQ(stripped->verify("label", as_bytes("text"), ByteView(signature).first(64)).error(), Error::refused);
}

TEST(Composite, ChecksLengthsAndLabels) {
  SeededRng rng(4);
  const auto& suite = *find_suite(SuiteId::standard);
  const auto key = CompositePrivateKey::generate(suite, rng);
  EXPECT_EQ(key->sign("", as_bytes("text"), rng).error(), Error::limit);
  EXPECT_EQ(key->sign(std::string(256, 'x'), as_bytes("text"), rng).error(), Error::limit);
  EXPECT_EQ(CompositePublicKey::decode(suite, Bytes(33)).error(), Error::bad_length);
  EXPECT_EQ(CompositePrivateKey::decode(suite, Bytes(31)).error(), Error::bad_length);
}

}  // namespace
}  // namespace pqc::crypto
