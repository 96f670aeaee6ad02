#include "crypto/ec.h"

#include <gtest/gtest.h>

#include "crypto/random.h"

namespace pqc::crypto {
namespace {

class EveryCurve : public testing::TestWithParam<Curve> {};
INSTANTIATE_TEST_SUITE_P(Ec, EveryCurve, testing::Values(Curve::p256, Curve::p384, Curve::p521));

TEST_P(EveryCurve, BothSidesAgree) {
  SeededRng rng(1);
  const auto a = EcPrivateKey::generate(GetParam(), rng), b = EcPrivateKey::generate(GetParam(), rng);
  ASSERT_TRUE(a && b);
  Bytes one(ec_scalar_size(GetParam())), two(one.size());
  ASSERT_TRUE(a->agree(b->public_key(), one));
  ASSERT_TRUE(b->agree(a->public_key(), two));
  EXPECT_EQ(one, two);
  EXPECT_FALSE(a->agree(Bytes(ec_point_size(GetParam()), 4), one));
  EXPECT_EQ(one, Bytes(one.size()));
}

TEST_P(EveryCurve, SignaturesHoldForTheirMessageOnly) {
  SeededRng rng(2);
  const auto key = EcPrivateKey::generate(GetParam(), rng);
  const auto signature = key->sign(as_bytes("message"));
  ASSERT_TRUE(signature);
  EXPECT_EQ(*signature, *key->sign(as_bytes("message")));
  EXPECT_TRUE(ecdsa_verify(GetParam(), key->public_key(), as_bytes("message"), *signature));
  EXPECT_EQ(ecdsa_verify(GetParam(), key->public_key(), as_bytes("other"), *signature).error(), Error::refused);
  EXPECT_FALSE(ecdsa_verify(GetParam(), key->public_key(), as_bytes("message"), {}));
}

TEST_P(EveryCurve, ScalarsOutOfRangeAreNoKeys) {
  EXPECT_EQ(EcPrivateKey::from_bytes(GetParam(), Bytes(ec_scalar_size(GetParam()))).error(), Error::bad_key);
  EXPECT_EQ(EcPrivateKey::from_bytes(GetParam(), Bytes(ec_scalar_size(GetParam()), 0xFF)).error(), Error::bad_key);
}

}  // namespace
}  // namespace pqc::crypto
