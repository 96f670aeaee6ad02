#include "crypto/signature.h"

#include <gtest/gtest.h>

#include "crypto/random.h"

namespace pqc::crypto {
namespace {

class EverySignature : public testing::TestWithParam<SignatureAlg> {
 protected:
  void SetUp() override {
    if (!available(GetParam())) GTEST_SKIP() << "this build has no Falcon-1024";
  }

  SeededRng rng_{1};
  SignatureSizes sizes_ = signature_sizes(GetParam());
};

TEST_P(EverySignature, VerifiesWhatItSignedAndNothingElse) {
  const auto key = SignaturePrivateKey::generate(GetParam(), rng_);
  ASSERT_TRUE(key.has_value());
  const auto verifier = SignaturePublicKey::decode(GetParam(), key->public_key());
  ASSERT_TRUE(verifier.has_value());
  for (const std::string_view message : {"", "a", "a longer message of some words"}) {
    auto signature = *key->sign(as_bytes(message), rng_);
    ASSERT_EQ(signature.size(), sizes_.signature);
    EXPECT_TRUE(verifier->verify(as_bytes(message), signature));
    EXPECT_EQ(verifier->verify(as_bytes("another"), signature).error(), Error::refused);
    for (const std::size_t at : {std::size_t{0}, std::size_t{20}, sizes_.signature / 2, sizes_.signature - 1}) {
      signature[at] ^= 1;
      EXPECT_EQ(verifier->verify(as_bytes(message), signature).error(), Error::refused);
      signature[at] ^= 1;
    }
    EXPECT_EQ(verifier->verify(as_bytes(message), ByteView(signature).first(sizes_.signature - 1)).error(),
              Error::refused);
    EXPECT_EQ(verifier->verify(as_bytes(message), {}).error(), Error::refused);
  }
}

TEST_P(EverySignature, AKeyComesBackFromItsBytes) {
  const auto key = SignaturePrivateKey::generate(GetParam(), rng_);
  ASSERT_EQ(key->encoded().size(), sizes_.private_key);
  const auto again = SignaturePrivateKey::decode(GetParam(), key->encoded().view());
  ASSERT_TRUE(again.has_value());
  EXPECT_TRUE(equal(again->public_key(), key->public_key()));
  const auto signature = again->sign(as_bytes("text"), rng_);
  EXPECT_TRUE(SignaturePublicKey::decode(GetParam(), key->public_key())->verify(as_bytes("text"), *signature));
}

TEST_P(EverySignature, OnlyThePostQuantumOnesDrawRandomness) {
  const auto key = SignaturePrivateKey::generate(GetParam(), rng_);
  const auto first = key->sign(as_bytes("text"), rng_);
  const auto second = key->sign(as_bytes("text"), rng_);
  const bool classical = GetParam() == SignatureAlg::ed25519 || GetParam() == SignatureAlg::ed448;
  EXPECT_EQ(*first == *second, classical);
}

TEST_P(EverySignature, ChecksLengths) {
  EXPECT_EQ(SignaturePublicKey::decode(GetParam(), Bytes(sizes_.public_key + 1)).error(), Error::bad_length);
  EXPECT_EQ(SignaturePrivateKey::decode(GetParam(), Bytes(sizes_.private_key - 1)).error(), Error::bad_length);
  const auto key = SignaturePrivateKey::generate(GetParam(), rng_);
  Bytes out(sizes_.signature - 1);
  EXPECT_EQ(key->sign(as_bytes("text"), rng_, out).error(), Error::bad_length);
}

TEST(SmallOrder, KeysAreRefused) {
  for (const auto alg : {SignatureAlg::ed25519, SignatureAlg::ed448}) {
    Bytes key(signature_sizes(alg).public_key, 0);
    EXPECT_EQ(SignaturePublicKey::decode(alg, key).error(), Error::low_order);
    key.back() = 0x80;  // the other sign
    EXPECT_EQ(SignaturePublicKey::decode(alg, key).error(), Error::low_order);
    key.back() = 0;
    key.front() = 1;
    EXPECT_EQ(SignaturePublicKey::decode(alg, key).error(), Error::low_order);
  }
  // Order 8.
  const auto key = from_hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa");
  EXPECT_EQ(SignaturePublicKey::decode(SignatureAlg::ed25519, *key).error(), Error::low_order);
}

INSTANTIATE_TEST_SUITE_P(Algorithms, EverySignature,
                         testing::Values(SignatureAlg::ed25519, SignatureAlg::ed448, SignatureAlg::ml_dsa_65,
                                         SignatureAlg::ml_dsa_87, SignatureAlg::falcon_1024));

}  // namespace
}  // namespace pqc::crypto
