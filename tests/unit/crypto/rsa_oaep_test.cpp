#include "crypto/rsa_oaep.h"

#include <gtest/gtest.h>

namespace pqc::crypto {
namespace {

TEST(RsaOaep, WholeWay) {
  const auto generated = RsaPrivateKey::generate();
  ASSERT_TRUE(generated.has_value());
  const auto encoded = generated->encode();
  const auto key = RsaPrivateKey::decode(encoded->view());
  ASSERT_TRUE(key.has_value());
  auto spki = *key->public_key()->encode();
  const auto peer = RsaPublicKey::decode(spki);
  ASSERT_TRUE(peer.has_value());

  const Bytes label{1, 2};
  const Bytes longest(rsa_oaep_max_plaintext, 5);
  auto ciphertext = *peer->encrypt(label, longest);
  ASSERT_EQ(ciphertext.size(), rsa_ciphertext_size);
  EXPECT_TRUE(equal(key->decrypt(label, ciphertext)->view(), longest));
  EXPECT_EQ(key->decrypt({}, ciphertext).error(), Error::refused);
  ciphertext[100] ^= 1;
  EXPECT_EQ(key->decrypt(label, ciphertext).error(), Error::refused);
  EXPECT_EQ(key->decrypt(label, {}).error(), Error::refused);
  EXPECT_EQ(peer->encrypt(label, Bytes(rsa_oaep_max_plaintext + 1)).error(), Error::bad_length);

  spki.push_back(0);
  EXPECT_EQ(RsaPublicKey::decode(spki).error(), Error::bad_key);
  EXPECT_EQ(RsaPublicKey::decode({}).error(), Error::bad_key);
  EXPECT_EQ(RsaPrivateKey::decode(Bytes(100, 0x30)).error(), Error::bad_key);
}

}  // namespace
}  // namespace pqc::crypto
