#include "crypto/dh.h"

#include <gtest/gtest.h>

#include "crypto/random.h"

namespace pqc::crypto {
namespace {

class EveryDh : public testing::TestWithParam<DhAlg> {};

TEST_P(EveryDh, BothSidesAgree) {
  SeededRng rng(1);
  const auto size = dh_key_size(GetParam());
  const auto a = DhPrivateKey::generate(GetParam(), rng);
  const auto b = DhPrivateKey::generate(GetParam(), rng);
  Bytes ab(size), ba(size);
  ASSERT_TRUE(a->agree(b->public_key(), ab));
  ASSERT_TRUE(b->agree(a->public_key(), ba));
  EXPECT_EQ(ab, ba);
}

TEST_P(EveryDh, AKeyComesBackFromItsBytes) {
  SeededRng rng(2);
  const auto size = dh_key_size(GetParam());
  const auto key = DhPrivateKey::generate(GetParam(), rng);
  const auto peer = DhPrivateKey::generate(GetParam(), rng);
  const auto secret = key->export_private();
  const auto again = DhPrivateKey::from_bytes(GetParam(), secret->view());
  const auto pair = DhPrivateKey::from_pair(GetParam(), secret->view(), key->public_key());
  Bytes expected(size), got(size);
  ASSERT_TRUE(key->agree(peer->public_key(), expected));
  for (const auto* other : {&again, &pair}) {
    ASSERT_TRUE(other->has_value());
    EXPECT_TRUE(equal((*other)->public_key(), key->public_key()));
    ASSERT_TRUE((*other)->agree(peer->public_key(), got));
    EXPECT_EQ(got, expected);
  }
}

TEST_P(EveryDh, RefusesAnAllZeroSecret) {
  SeededRng rng(3);
  const auto size = dh_key_size(GetParam());
  const auto key = DhPrivateKey::generate(GetParam(), rng);
  Bytes out(size, 0xFF);
  EXPECT_EQ(key->agree(Bytes(size, 0), out).error(), Error::low_order);
  EXPECT_EQ(out, Bytes(size, 0));
  Bytes one(size, 0);
  one[0] = 1;
  EXPECT_EQ(key->agree(one, out).error(), Error::low_order);
}

TEST_P(EveryDh, ChecksLengths) {
  SeededRng rng(4);
  const auto size = dh_key_size(GetParam());
  const auto key = DhPrivateKey::generate(GetParam(), rng);
  Bytes out(size);
  EXPECT_EQ(key->agree(Bytes(size - 1, 9), out).error(), Error::bad_length);
  EXPECT_EQ(key->agree(Bytes(size, 9), ByteSpan(out).first(size - 1)).error(), Error::bad_length);
  EXPECT_EQ(DhPrivateKey::from_bytes(GetParam(), Bytes(size + 1)).error(), Error::bad_length);
  EXPECT_EQ(DhPrivateKey::from_pair(GetParam(), Bytes(size), Bytes(size - 1)).error(), Error::bad_length);
}

INSTANTIATE_TEST_SUITE_P(Algorithms, EveryDh, testing::Values(DhAlg::x25519, DhAlg::x448));

}  // namespace
}  // namespace pqc::crypto
