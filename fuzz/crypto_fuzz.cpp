// The decoders of keys, signatures and ciphertexts: whatever bytes come, each answers a key or an error, and a public
// key that was taken encodes to the bytes it came from. The first byte chooses the decoder, a second one its algorithm.
#include <array>
#include <cstdlib>

#include "crypto/aead.h"
#include "crypto/composite.h"
#include "crypto/dh.h"
#include "crypto/kem.h"
#include "crypto/random.h"
#include "crypto/rsa_oaep.h"
#include "crypto/suite.h"

namespace {

using namespace pqc;
using namespace pqc::crypto;

constexpr std::array dh_algs{DhAlg::x25519, DhAlg::x448};
constexpr std::array kem_algs{KemAlg::ml_kem_512, KemAlg::ml_kem_768, KemAlg::ml_kem_1024};
constexpr std::array aead_algs{AeadAlg::aes_128_gcm, AeadAlg::aes_256_gcm, AeadAlg::chacha20_poly1305};

void must(bool holds) {
  if (!holds) std::abort();
}

// The input cut, or filled up with its last byte: exact lengths are otherwise hardly ever met.
Bytes fitted(ByteView input, std::size_t size) {
  Bytes out(size, input.empty() ? std::uint8_t{0} : input.back());
  std::copy_n(input.begin(), std::min(size, input.size()), out.begin());
  return out;
}

void public_composite(std::uint8_t choice, ByteView input) {
  const auto& suite = all_suites()[choice % all_suites().size()];
  must(CompositePublicKey::decode(suite, input).has_value() == false ||
       input.size() == composite_sizes(suite).public_key);
  const auto encoded = fitted(input, composite_sizes(suite).public_key);
  const auto key = CompositePublicKey::decode(suite, encoded);
  if (!key) return;
  must(key->encode() == encoded);
  must(!key->verify("label", input, fitted(input, composite_sizes(suite).signature)));
}

// A real key, and signatures that are the input: none may hold.
void composite_signature(std::uint8_t choice, ByteView input) {
  static const auto verifiers = [] {
    std::vector<CompositePublicKey> out;
    SeededRng rng(1);
    for (const auto& suite : all_suites()) {
      out.push_back(*CompositePublicKey::decode(suite, CompositePrivateKey::generate(suite, rng)->public_key()));
    }
    return out;
  }();
  const auto& key = verifiers[choice % verifiers.size()];
  must(!key.verify("label", as_bytes("message"), input));
  must(!key.verify("label", as_bytes("message"), fitted(input, composite_sizes(key.suite()).signature)));
}

void private_composite(std::uint8_t choice, ByteView input) {
  const auto& suite = all_suites()[choice % all_suites().size()];
  const auto encoded = fitted(input, composite_sizes(suite).private_key);
  const auto key = CompositePrivateKey::decode(suite, encoded);
  if (key) must(equal(key->encode().view(), encoded));
}

void key_agreement(std::uint8_t choice, ByteView input) {
  const auto alg = dh_algs[choice % dh_algs.size()];
  SeededRng rng(1);
  static const std::array keys{*DhPrivateKey::generate(DhAlg::x25519, rng), *DhPrivateKey::generate(DhAlg::x448, rng)};
  Bytes shared(dh_key_size(alg));
  const auto done = keys[choice % keys.size()].agree(fitted(input, dh_key_size(alg)), shared);
  must(done.has_value() == (shared != Bytes(shared.size(), 0)));
}

void encapsulation(std::uint8_t choice, ByteView input) {
  const auto alg = kem_algs[choice % kem_algs.size()];
  const auto sizes = kem_sizes(alg);
  std::array<std::uint8_t, kem_secret_size> secret{};
  Bytes ciphertext(sizes.ciphertext);
  if (const auto key = KemPublicKey::decode(alg, fitted(input, sizes.public_key))) {
    must(key->encapsulate(secret, ciphertext, secret).has_value());
  }
  SeededRng rng(1);
  const auto own = KemPrivateKey::generate(alg, rng);
  must(own->decapsulate(fitted(input, sizes.ciphertext), secret).has_value());
  must(own->decapsulate(input, secret).has_value() == (input.size() == sizes.ciphertext));
}

void sealed(std::uint8_t choice, ByteView input) {
  const auto alg = aead_algs[choice % aead_algs.size()];
  const Bytes key(aead_key_size(alg), 1), nonce(aead_nonce_size, 2);
  Bytes opened(input.size() < aead_tag_size ? 0 : input.size() - aead_tag_size);
  must(!open(alg, key, nonce, {}, input, opened));
}

void rsa(std::uint8_t, ByteView input) {
  if (const auto key = RsaPublicKey::decode(input)) must(key->encode().has_value());
  if (const auto key = RsaPrivateKey::decode(input)) must(key->encode().has_value());
}

constexpr std::array decoders{
    public_composite, composite_signature, private_composite, key_agreement, encapsulation, sealed, rsa};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  decoders[data[0] % decoders.size()](data[1], ByteView(data + 2, size - 2));
  return 0;
}
