#include "crypto/kem.h"

#include <gtest/gtest.h>

#include "crypto/random.h"

namespace pqc::crypto {
namespace {

class EveryKem : public testing::TestWithParam<KemAlg> {
 protected:
  Bytes public_key(const KemPrivateKey& key) {
    Bytes out(sizes_.public_key);
    EXPECT_TRUE(key.encode_public(out));
    return out;
  }

  SeededRng rng_{1};
  KemSizes sizes_ = kem_sizes(GetParam());
  std::array<std::uint8_t, kem_secret_size> sent_{}, received_{};
};

TEST_P(EveryKem, BothSidesHaveTheSecret) {
  const auto key = KemPrivateKey::generate(GetParam(), rng_);
  const auto peer = KemPublicKey::decode(GetParam(), public_key(*key));
  Bytes ciphertext(sizes_.ciphertext);
  ASSERT_TRUE(peer->encapsulate(rng_.bytes<kem_randomness_size>(), ciphertext, sent_));
  ASSERT_TRUE(key->decapsulate(ciphertext, received_));
  EXPECT_EQ(sent_, received_);
  ciphertext[5] ^= 1;  // implicit rejection
  ASSERT_TRUE(key->decapsulate(ciphertext, received_));
  EXPECT_NE(sent_, received_);
}

TEST_P(EveryKem, TheSeedIsTheKey) {
  const auto seed = rng_.bytes<kem_seed_size>();
  const auto a = KemPrivateKey::from_seed(GetParam(), seed);
  const auto b = KemPrivateKey::from_seed(GetParam(), seed);
  EXPECT_EQ(public_key(*a), public_key(*b));
  std::array<std::uint8_t, kem_seed_size> exported;
  ASSERT_TRUE(a->export_seed(exported));
  EXPECT_EQ(exported, seed);
}

TEST_P(EveryKem, TheSameRandomnessGivesTheSameCiphertext) {
  const auto key = KemPrivateKey::generate(GetParam(), rng_);
  const auto peer = KemPublicKey::decode(GetParam(), public_key(*key));
  const auto randomness = rng_.bytes<kem_randomness_size>();
  Bytes first(sizes_.ciphertext), second(sizes_.ciphertext);
  ASSERT_TRUE(peer->encapsulate(randomness, first, sent_));
  ASSERT_TRUE(peer->encapsulate(randomness, second, received_));
  EXPECT_EQ(first, second);
  EXPECT_EQ(sent_, received_);
  ASSERT_TRUE(peer->encapsulate(rng_.bytes<kem_randomness_size>(), second, received_));
  EXPECT_NE(first, second);
}

TEST_P(EveryKem, RefusesKeysAndCiphertextsOfWrongForm) {
  const auto key = KemPrivateKey::generate(GetParam(), rng_);
  EXPECT_EQ(key->decapsulate(Bytes(sizes_.ciphertext + 1), received_).error(), Error::bad_length);
  EXPECT_EQ(KemPublicKey::decode(GetParam(), Bytes(sizes_.public_key - 1)).error(), Error::bad_length);
  // Coefficients of 0xFFF are not below q (FIPS 203 §7.2).
  EXPECT_EQ(KemPublicKey::decode(GetParam(), Bytes(sizes_.public_key, 0xFF)).error(), Error::bad_key);
}

// Coefficients on both sides of q, low and high.
TEST_P(EveryKem, TheCheckOfAKeySaysWhatDecodingSays) {
  const auto good = public_key(*KemPrivateKey::generate(GetParam(), rng_));
  EXPECT_TRUE(check_kem_key(GetParam(), good));
  for (const unsigned coefficient : {0U, 3328U, 3329U, 4095U}) {
    for (const std::size_t at : {std::size_t{0}, std::size_t{3}, good.size() - 35}) {
      for (const bool high : {false, true}) {
        auto key = good;
        if (high) {
          key[at + 1] = static_cast<std::uint8_t>((key[at + 1] & 0x0F) | (coefficient & 0x0F) << 4);
          key[at + 2] = static_cast<std::uint8_t>(coefficient >> 4);
        } else {
          key[at] = static_cast<std::uint8_t>(coefficient);
          key[at + 1] = static_cast<std::uint8_t>((key[at + 1] & 0xF0) | coefficient >> 8);
        }
        EXPECT_EQ(check_kem_key(GetParam(), key).has_value(), coefficient < 3329);
        EXPECT_EQ(KemPublicKey::decode(GetParam(), key).has_value(), coefficient < 3329);
      }
    }
  }
  EXPECT_EQ(check_kem_key(GetParam(), Bytes(5)).error(), Error::bad_length);
}

INSTANTIATE_TEST_SUITE_P(Algorithms, EveryKem,
                         testing::Values(KemAlg::ml_kem_512, KemAlg::ml_kem_768, KemAlg::ml_kem_1024));

}  // namespace
}  // namespace pqc::crypto
