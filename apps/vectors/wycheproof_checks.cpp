#include "wycheproof_checks.h"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "base/secret.h"
#include "crypto/aead.h"
#include "crypto/dh.h"
#include "crypto/kdf.h"
#include "crypto/kem.h"
#include "crypto/rsa_oaep.h"
#include "crypto/signature.h"

namespace pqc::vectors {
namespace {

namespace json = boost::json;
using namespace crypto;

// What an operation gave, against what the file says: a good test must give the bytes, a bad one an error.
Verdict judge(const Test& test, bool gave_the_answer, bool gave_an_error) {
  const bool expected = test.valid() ? gave_the_answer : gave_an_error;
  return expected ? Verdict::passed : Verdict::failed;
}

bool has(const json::object& object, std::string_view name) {
  return object.contains(name);
}

std::optional<AeadAlg> aead_of(const Test& test) {
  if (test.algorithm == "CHACHA20-POLY1305") return AeadAlg::chacha20_poly1305;
  if (test.algorithm != "AES-GCM") return std::nullopt;
  switch (number(test.group, "keySize")) {
    case 128:
      return AeadAlg::aes_128_gcm;
    case 256:
      return AeadAlg::aes_256_gcm;
    default:
      return std::nullopt;
  }
}

// Both directions: sealing must give ciphertext and tag, opening them the message. Nonces of another length are refused
// by the product, valid or not, and only the invalid ones say that this is right.
Verdict check_aead(const Test& test) {
  const auto alg = aead_of(test);
  const auto key = bytes(test.test, "key"), nonce = bytes(test.test, "iv"), aad = bytes(test.test, "aad"),
             message = bytes(test.test, "msg"), tag = bytes(test.test, "tag");
  auto sealed = bytes(test.test, "ct");
  append(sealed, tag);
  const bool our_sizes = nonce.size() == aead_nonce_size && tag.size() == aead_tag_size;
  if (!alg || (test.valid() && !our_sizes)) return Verdict::not_applicable;
  Bytes opened(message.size()), sealed_again(message.size() + aead_tag_size);
  const bool opens = open(*alg, key, nonce, aad, sealed, opened).has_value();
  const bool seals = seal(*alg, key, nonce, aad, message, sealed_again).has_value();
  return judge(test, opens && opened == message && seals && sealed_again == sealed, !opens);
}

Verdict verify(const Test& test, SignatureAlg alg, ByteView public_key) {
  const auto key = SignaturePublicKey::decode(alg, public_key);
  const bool good = key && key->verify(bytes(test.test, "msg"), bytes(test.test, "sig")).has_value();
  return judge(test, good, !good);
}

Verdict check_eddsa_verify(const Test& test) {
  const auto& key = test.group.at("publicKey").as_object();
  const auto curve = text(key, "curve");
  if (curve == "edwards25519") return verify(test, SignatureAlg::ed25519, bytes(key, "pk"));
  if (curve == "edwards448") return verify(test, SignatureAlg::ed448, bytes(key, "pk"));
  return Verdict::not_applicable;
}

std::optional<SignatureAlg> ml_dsa_of(const Test& test) {
  if (test.algorithm == "ML-DSA-65") return SignatureAlg::ml_dsa_65;
  if (test.algorithm == "ML-DSA-87") return SignatureAlg::ml_dsa_87;
  return std::nullopt;
}

// Our signatures have the empty context and hash the message themselves (FIPS 204 §5.2).
bool is_pure_without_context(const Test& test) {
  return has(test.test, "msg") && (!has(test.test, "ctx") || text(test.test, "ctx").empty());
}

Verdict check_ml_dsa_verify(const Test& test) {
  const auto alg = ml_dsa_of(test);
  if (!alg || !is_pure_without_context(test)) return Verdict::not_applicable;
  return verify(test, *alg, bytes(test.group, "publicKey"));
}

// Gives `rnd` of FIPS 204 Algorithm 2 to the signer: all zero is the deterministic variant.
class GivenRandomness final : public Rng {
 public:
  explicit GivenRandomness(Bytes given) : given_(std::move(given)) {}
  void fill(ByteSpan out) override {
    if (out.size() != given_.size()) throw std::runtime_error("the signer draws another amount of randomness");
    std::ranges::copy(given_, out.begin());
  }

 private:
  Bytes given_;
};

Verdict check_ml_dsa_sign(const Test& test) {
  const auto alg = ml_dsa_of(test);
  if (!alg || !has(test.group, "privateSeed") || !is_pure_without_context(test)) return Verdict::not_applicable;
  const auto key = SignaturePrivateKey::decode(*alg, bytes(test.group, "privateSeed"));
  if (!key) return judge(test, false, true);
  GivenRandomness rnd(has(test.test, "rnd") ? bytes(test.test, "rnd") : Bytes(32));
  const auto signature = key->sign(bytes(test.test, "msg"), rnd);
  const bool same =
      signature && *signature == bytes(test.test, "sig") && equal(key->public_key(), bytes(test.group, "publicKey"));
  return judge(test, same, !signature);
}

std::optional<KemAlg> ml_kem_of(const Test& test) {
  const auto name = text(test.group, "parameterSet");
  if (name == "ML-KEM-512") return KemAlg::ml_kem_512;
  if (name == "ML-KEM-768") return KemAlg::ml_kem_768;
  if (name == "ML-KEM-1024") return KemAlg::ml_kem_1024;
  return std::nullopt;
}

std::optional<KemPrivateKey> kem_key(KemAlg alg, ByteView seed) {
  if (seed.size() != kem_seed_size) return std::nullopt;
  auto key = KemPrivateKey::from_seed(alg, seed.first<kem_seed_size>());
  if (!key) return std::nullopt;
  return std::move(*key);
}

// The encapsulation key is compared; the expanded decapsulation key `dk` is a form that the product never has.
bool has_public_key(const KemPrivateKey& key, ByteView expected) {
  Bytes encoded(kem_sizes(key.alg()).public_key);
  return key.encode_public(encoded).has_value() && equal(encoded, expected);
}

Verdict check_ml_kem_key_generation(const Test& test) {
  const auto alg = ml_kem_of(test);
  if (!alg) return Verdict::not_applicable;
  const auto key = kem_key(*alg, bytes(test.test, "seed"));
  return judge(test, key && has_public_key(*key, bytes(test.test, "ek")), !key);
}

Verdict check_ml_kem_encapsulation(const Test& test) {
  const auto alg = ml_kem_of(test);
  const auto randomness = bytes(test.test, "m");
  if (!alg || randomness.size() != kem_randomness_size) return Verdict::not_applicable;
  Bytes ciphertext(kem_sizes(*alg).ciphertext);
  KemSecret secret;
  const auto done = KemPublicKey::decode(*alg, bytes(test.test, "ek")).and_then([&](const KemPublicKey& key) {
    return key.encapsulate(ByteView(randomness).first<kem_randomness_size>(), ciphertext, secret.fill());
  });
  const bool same = done && ciphertext == bytes(test.test, "c") && equal(secret.view(), bytes(test.test, "K"));
  return judge(test, same, !done);
}

Verdict check_ml_kem(const Test& test) {
  const auto alg = ml_kem_of(test);
  if (!alg) return Verdict::not_applicable;
  const auto key = kem_key(*alg, bytes(test.test, "seed"));
  KemSecret secret;
  const bool done = key && key->decapsulate(bytes(test.test, "c"), secret.fill()).has_value();
  const bool same = done && equal(secret.view(), bytes(test.test, "K")) &&
                    (!has(test.test, "ek") || has_public_key(*key, bytes(test.test, "ek")));
  return judge(test, same, !done);
}

std::optional<HashAlg> hash_of(std::string_view name) {
  if (name == "SHA-256" || name == "SHA256") return HashAlg::sha256;
  if (name == "SHA-384" || name == "SHA384") return HashAlg::sha384;
  if (name == "SHA-512" || name == "SHA512") return HashAlg::sha512;
  return std::nullopt;
}

Verdict check_hkdf(const Test& test) {
  constexpr std::string_view prefix = "HKDF-";
  const auto alg = test.algorithm.starts_with(prefix) ? hash_of(test.algorithm.substr(prefix.size())) : std::nullopt;
  if (!alg) return Verdict::not_applicable;
  Bytes okm(std::min<std::uint64_t>(number(test.test, "size"), 1 << 20));
  const bool done =
      hkdf(*alg, bytes(test.test, "salt"), bytes(test.test, "ikm"), bytes(test.test, "info"), okm).has_value();
  return judge(test, done && okm == bytes(test.test, "okm"), !done);
}

// Tags may be cut short, as the group says; the product does so for acknowledgement tags.
Verdict check_mac(const Test& test) {
  constexpr std::string_view prefix = "HMAC";
  const auto alg = test.algorithm.starts_with(prefix) ? hash_of(test.algorithm.substr(prefix.size())) : std::nullopt;
  const auto size = number(test.group, "tagSize") / 8;
  if (!alg || size > hash_size(*alg)) return Verdict::not_applicable;
  Bytes tag(hash_size(*alg));
  const bool done = hmac(*alg, bytes(test.test, "key"), bytes(test.test, "msg"), tag).has_value();
  const bool same = done && constant_time_equal(ByteView(tag).first(size), bytes(test.test, "tag"));
  return judge(test, same, done && !same);
}

Verdict check_rsa_oaep(const Test& test) {
  if (text(test.group, "sha") != "SHA-256" || text(test.group, "mgfSha") != "SHA-256" ||
      number(test.group, "keySize") != rsa_modulus_bits) {
    return Verdict::not_applicable;
  }
  const auto key = RsaPrivateKey::decode(bytes(test.group, "privateKeyPkcs8"));
  if (!key) return Verdict::failed;
  const auto message = key->decrypt(bytes(test.test, "label"), bytes(test.test, "ct"));
  return judge(test, message && equal(message->view(), bytes(test.test, "msg")), !message);
}

// "acceptable" here means a public key that RFC 7748 takes and other rules refuse: on the twist, not canonical, of low
// order. The product takes them as the RFC says, with one exception: a shared secret of zeros is always refused.
Verdict check_xdh(const Test& test) {
  const auto curve = text(test.group, "curve");
  if (curve != "curve25519" && curve != "curve448") return Verdict::not_applicable;
  const auto alg = curve == "curve25519" ? DhAlg::x25519 : DhAlg::x448;
  const auto key = DhPrivateKey::from_bytes(alg, bytes(test.test, "private"));
  const auto expected = bytes(test.test, "shared");
  const bool zero = std::ranges::all_of(expected, [](auto byte) { return byte == 0; });
  Bytes shared(dh_key_size(alg));
  const auto done = key ? key->agree(bytes(test.test, "public"), shared) : std::unexpected(key.error());
  if (test.result() == "invalid") return done ? Verdict::failed : Verdict::passed;
  if (zero) return !done && done.error() == Error::low_order ? Verdict::passed : Verdict::failed;
  return done && shared == expected ? Verdict::passed : Verdict::failed;
}

struct Entry {
  std::string_view type;
  Check check;
};

constexpr std::array checks{
    Entry{"AeadTest", check_aead},
    Entry{"EddsaVerify", check_eddsa_verify},
    Entry{"HkdfTest", check_hkdf},
    Entry{"MacTest", check_mac},
    Entry{"MlDsaSign", check_ml_dsa_sign},
    Entry{"MlDsaVerify", check_ml_dsa_verify},
    Entry{"MLKEMKeyGen", check_ml_kem_key_generation},
    Entry{"MLKEMEncapsTest", check_ml_kem_encapsulation},
    Entry{"MLKEMTest", check_ml_kem},
    Entry{"RsaesOaepDecrypt", check_rsa_oaep},
    Entry{"XdhComp", check_xdh},
};

[[noreturn]] void missing(std::string_view name) {
  throw std::runtime_error("the member " + std::string(name) + " is missing or of another type");
}

}  // namespace

std::string_view Test::result() const {
  return text(test, "result");
}

Check find_check(std::string_view type) {
  const auto* found = std::ranges::find(checks, type, &Entry::type);
  return found == checks.end() ? nullptr : found->check;
}

std::string_view text(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) missing(name);
  return value->get_string();
}

Bytes bytes(const json::object& object, std::string_view name) {
  auto decoded = from_hex(text(object, name));
  if (!decoded) missing(name);
  return std::move(*decoded);
}

std::uint64_t number(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr || !value->is_int64() || value->get_int64() < 0) missing(name);
  return static_cast<std::uint64_t>(value->get_int64());
}

}  // namespace pqc::vectors
