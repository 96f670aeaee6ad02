#include "protocol/hpke/hpke.h"

#include <string>

#include <gtest/gtest.h>

#include "crypto/random.h"

namespace pqc::hpke {
namespace {

constexpr std::array all_kems{Kem::dhkem_p256, Kem::dhkem_p384,       Kem::dhkem_p521, Kem::dhkem_x25519,
                              Kem::dhkem_x448, Kem::ml_kem_512,       Kem::ml_kem_768, Kem::ml_kem_1024,
                              Kem::x_wing,     Kem::ml_kem_768_x25519};

class EveryKem : public testing::TestWithParam<Kem> {
 protected:
  Suite suite_{GetParam(), Kdf::hkdf_sha256, crypto::AeadAlg::aes_128_gcm};
  crypto::SeededRng rng_{1};
  Bytes text_ = to_bytes(as_bytes("attack at dawn"));
};
INSTANTIATE_TEST_SUITE_P(Hpke, EveryKem, testing::ValuesIn(all_kems));

TEST_P(EveryKem, OpensWhatItSealed) {
  const auto pair = generate_key_pair(suite_.kem, rng_);
  ASSERT_TRUE(pair);
  EXPECT_EQ(pair->public_key.size(), parameters(suite_.kem).public_key);
  EXPECT_TRUE(check_public_key(suite_.kem, pair->public_key));
  const auto sealed = seal_base(suite_, pair->public_key, as_bytes("info"), as_bytes("aad"), text_, rng_);
  ASSERT_TRUE(sealed);
  EXPECT_EQ(sealed->output.size(), parameters(suite_.kem).output);
  const auto opened = open_base(suite_, *pair, sealed->output, as_bytes("info"), as_bytes("aad"), sealed->ciphertext);
  ASSERT_TRUE(opened);
  EXPECT_TRUE(equal(opened->view(), text_));
}

TEST_P(EveryKem, RefusesWhatWasChanged) {
  const auto pair = generate_key_pair(suite_.kem, rng_);
  auto sealed = seal_base(suite_, pair->public_key, as_bytes("info"), {}, text_, rng_);
  EXPECT_FALSE(open_base(suite_, *pair, sealed->output, as_bytes("other"), {}, sealed->ciphertext));
  EXPECT_FALSE(open_base(suite_, *pair, sealed->output, as_bytes("info"), as_bytes("x"), sealed->ciphertext));
  auto output = sealed->output;
  output[1] ^= 1;
  EXPECT_FALSE(open_base(suite_, *pair, output, as_bytes("info"), {}, sealed->ciphertext));
  output.pop_back();
  EXPECT_FALSE(open_base(suite_, *pair, output, as_bytes("info"), {}, sealed->ciphertext));
  sealed->ciphertext.back() ^= 1;
  EXPECT_FALSE(open_base(suite_, *pair, sealed->output, as_bytes("info"), {}, sealed->ciphertext));
}

TEST_P(EveryKem, DerivesTheSamePairTwice) {
  const auto one = derive_key_pair(suite_.kem, Bytes(64, 7)), two = derive_key_pair(suite_.kem, Bytes(64, 7));
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->public_key, two->public_key);
  const auto again = key_pair_of(suite_.kem, one->private_key.view());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->public_key, one->public_key);
}

TEST(Hpke, AMessageThatDoesNotOpenLeavesTheContext) {
  const Suite suite{Kem::dhkem_x25519, Kdf::hkdf_sha512, crypto::AeadAlg::chacha20_poly1305};
  crypto::SeededRng rng(2);
  const auto pair = generate_key_pair(suite.kem, rng);
  auto sender = setup_base_sender(suite, pair->public_key, {}, rng);
  auto recipient = setup_base_recipient(suite, *pair, sender->output, {});
  const auto first = sender->context.seal({}, as_bytes("1"));
  EXPECT_FALSE(recipient->open({}, Bytes(20)));
  EXPECT_TRUE(recipient->open({}, *first));
  EXPECT_FALSE(recipient->open({}, *first));
}

// A key that encapsulation refuses must not be taken as one: nobody could encrypt to it.
TEST(Hpke, Threat5KeysOfSmallOrderAreNone) {
  constexpr std::array small_x25519{
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
      "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"};  // the first bit does not count
  const std::string zeros(56, '0'), ones(54, 'f');
  const std::array<std::string, 5> small_x448{zeros + zeros, "01" + zeros + zeros.substr(2), "fe" + ones + "fe" + ones,
                                              "ff" + ones + "fe" + ones, zeros + std::string(56, 'f')};
  crypto::SeededRng rng(4);
  const auto expect_none = [&](Kem kem, std::string_view point) {
    auto key = generate_key_pair(kem, rng)->public_key;
    const auto bytes = from_hex(point).value();
    const auto half = ByteSpan(key).last(bytes.size());
    std::ranges::copy(bytes, half.begin());
    EXPECT_FALSE(encapsulate(kem, key, rng)) << point;
    EXPECT_EQ(check_public_key(kem, key).error(), Error::bad_key) << point;
    half[5] ^= 1;
    EXPECT_TRUE(encapsulate(kem, key, rng)) << point;
    EXPECT_TRUE(check_public_key(kem, key)) << point;
  };
  for (const auto kem : {Kem::dhkem_x25519, Kem::x_wing, Kem::ml_kem_768_x25519}) {
    for (const auto* point : small_x25519) expect_none(kem, point);
  }
  for (const auto& point : small_x448) expect_none(Kem::dhkem_x448, point);
}

TEST(Hpke, RefusesLowOrderAndForeignPoints) {
  const Suite suite{Kem::dhkem_x25519, Kdf::hkdf_sha256, crypto::AeadAlg::aes_128_gcm};
  crypto::SeededRng rng(3);
  EXPECT_FALSE(seal_base(suite, Bytes(32), {}, {}, {}, rng));
  Bytes point(65, 1);
  point[0] = 4;
  EXPECT_FALSE(check_public_key(Kem::dhkem_p256, point));
  EXPECT_FALSE(seal_base({Kem::dhkem_p256, suite.kdf, suite.aead}, point, {}, {}, {}, rng));
  EXPECT_EQ(encapsulate_authenticated(Kem::x_wing, Bytes(1216), {}, rng).error(), Error::unavailable);
}

}  // namespace
}  // namespace pqc::hpke
