#include "crypto/aead.h"

#include <gtest/gtest.h>

#include "crypto/random.h"

namespace pqc::crypto {
namespace {

class EveryAead : public testing::TestWithParam<AeadAlg> {
 protected:
  SeededRng rng_{1};
  Bytes key_ = Bytes(aead_key_size(GetParam()), 7);
  Bytes nonce_ = Bytes(aead_nonce_size, 9);
  Bytes aad_ = {1, 2, 3};
};

TEST_P(EveryAead, OpensWhatItSealed) {
  Aead aead(GetParam());
  ASSERT_TRUE(aead.set_key(key_));
  for (const std::size_t size : {0, 1, 15, 16, 17, 200, 5000}) {
    Bytes plaintext(size), sealed(size + aead_tag_size), opened(size);
    rng_.fill(plaintext);
    ASSERT_TRUE(aead.seal(nonce_, aad_, plaintext, sealed));
    ASSERT_TRUE(aead.open(nonce_, aad_, sealed, opened));
    EXPECT_EQ(opened, plaintext);
    // Without changes of direction or context in between, and in place, it is the same.
    Bytes in_place(sealed.size());
    std::ranges::copy(plaintext, in_place.begin());
    ASSERT_TRUE(seal(GetParam(), key_, nonce_, aad_, ByteView(in_place).first(size), in_place));
    EXPECT_EQ(in_place, sealed);
    ASSERT_TRUE(open(GetParam(), key_, nonce_, aad_, in_place, ByteSpan(in_place).first(size)));
    EXPECT_TRUE(equal(ByteView(in_place).first(size), plaintext));
  }
}

TEST_P(EveryAead, RefusesEveryChangedByteAndLeavesNoPlaintext) {
  const Bytes plaintext(40, 0x55);
  Bytes sealed(plaintext.size() + aead_tag_size), opened(plaintext.size());
  ASSERT_TRUE(seal(GetParam(), key_, nonce_, aad_, plaintext, sealed));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto damaged = sealed;
    damaged[i] ^= 1;
    EXPECT_EQ(open(GetParam(), key_, nonce_, aad_, damaged, opened).error(), Error::refused);
    EXPECT_EQ(opened, Bytes(plaintext.size(), 0));
  }
  EXPECT_EQ(open(GetParam(), key_, nonce_, {}, sealed, opened).error(), Error::refused);
  EXPECT_EQ(open(GetParam(), key_, Bytes(12, 8), aad_, sealed, opened).error(), Error::refused);
  EXPECT_TRUE(open(GetParam(), key_, nonce_, aad_, sealed, opened));
}

TEST_P(EveryAead, ChecksLengthsAndTheKey) {
  Aead aead(GetParam());
  Bytes out(26), text(10);
  EXPECT_EQ(aead.seal(nonce_, aad_, text, out).error(), Error::bad_key);
  EXPECT_EQ(aead.set_key(Bytes(31)).error(), Error::bad_length);
  ASSERT_TRUE(aead.set_key(key_));
  EXPECT_EQ(aead.seal(Bytes(11), aad_, text, out).error(), Error::bad_length);
  EXPECT_EQ(aead.seal(nonce_, aad_, text, ByteSpan(out).first(25)).error(), Error::bad_length);
  EXPECT_EQ(aead.open(nonce_, aad_, Bytes(15), {}).error(), Error::bad_length);
  aead.clear_key();
  EXPECT_EQ(aead.seal(nonce_, aad_, text, out).error(), Error::bad_key);
}

INSTANTIATE_TEST_SUITE_P(Algorithms, EveryAead,
                         testing::Values(AeadAlg::aes_128_gcm, AeadAlg::aes_256_gcm, AeadAlg::chacha20_poly1305));

}  // namespace
}  // namespace pqc::crypto
