#include "crypto/hash.h"

#include <gtest/gtest.h>

#include "crypto/kdf.h"

namespace pqc::crypto {
namespace {

std::string digest(HashAlg alg, std::string_view text, std::size_t size) {
  Bytes out(size);
  EXPECT_TRUE(hash(alg, as_bytes(text), out));
  return to_hex(out);
}

// FIPS 180-4 and FIPS 202 examples for "abc".
TEST(Hash, IsTheOneOfTheStandard) {
  EXPECT_EQ(digest(HashAlg::sha256, "abc", 32), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest(HashAlg::sha384, "abc", 48),
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7");
  EXPECT_EQ(digest(HashAlg::sha512, "abc", 64),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
  EXPECT_EQ(digest(HashAlg::sha3_256, "abc", 32), "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532");
  EXPECT_EQ(digest(HashAlg::sha3_512, "abc", 64),
            "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e"
            "10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0");
  EXPECT_EQ(digest(HashAlg::shake128, "", 16), "7f9c2ba4e88f827d616045507605853e");
  EXPECT_EQ(digest(HashAlg::shake256, "", 16), "46b9dd2b0ba88d13233b3feb743eeb24");
}

TEST(Hash, PiecesAreTheWhole) {
  EXPECT_EQ(sha512({as_bytes("a"), {}, as_bytes("bc")}), sha512(as_bytes("abc")));
  EXPECT_EQ(sha256({as_bytes("ab"), as_bytes("c")}), sha256(as_bytes("abc")));
  Hash incremental(HashAlg::sha256);
  Sha256Digest first, second;
  ASSERT_TRUE(incremental.update(as_bytes("a")).update(as_bytes("bc")).finish(first));
  EXPECT_EQ(first, sha256(as_bytes("abc")));
  ASSERT_TRUE(incremental.update(as_bytes("abc")).finish(second));
  EXPECT_EQ(first, second);
}

TEST(Hash, ChecksTheLength) {
  Bytes out(31);
  EXPECT_EQ(hash(HashAlg::sha256, as_bytes("abc"), out).error(), Error::bad_length);
  out.resize(32);
  // The refused call left nothing behind in the thread's context.
  ASSERT_TRUE(hash(HashAlg::sha256, as_bytes("abc"), out));
  EXPECT_TRUE(equal(out, sha256(as_bytes("abc"))));
}

TEST(Hmac, TakesKeysLongerThanABlock) {
  // RFC 4231 §4.7
  const Bytes key(131, 0xAA);
  Bytes out(64);
  ASSERT_TRUE(hmac(HashAlg::sha512, key, as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"), out));
  EXPECT_EQ(to_hex(out),
            "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
            "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598");
}

TEST(Hkdf, ALongerOutputBeginsWithTheShorter) {
  Bytes prk(64, 3), shorter(70), longer(300);
  ASSERT_TRUE(hkdf_expand(HashAlg::sha512, prk, as_bytes("info"), shorter));
  ASSERT_TRUE(hkdf_expand(HashAlg::sha512, prk, {as_bytes("in"), as_bytes("fo")}, longer));
  EXPECT_TRUE(equal(ByteView(longer).first(70), shorter));
}

TEST(Hkdf, HasLimits) {
  Bytes out(255 * 32 + 1), digest(32);
  EXPECT_EQ(hkdf_expand(HashAlg::sha256, digest, {}, out).error(), Error::limit);
  EXPECT_TRUE(hkdf_expand(HashAlg::sha256, digest, {}, ByteSpan(out).first(255 * 32)));
  EXPECT_EQ(hkdf(HashAlg::sha3_256, {}, digest, {}, ByteSpan(out).first(32)).error(), Error::unavailable);
  EXPECT_EQ(hmac(HashAlg::sha256, {}, digest, ByteSpan(out).first(31)).error(), Error::bad_length);
}

}  // namespace
}  // namespace pqc::crypto
