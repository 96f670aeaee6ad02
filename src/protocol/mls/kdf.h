// The KDF of a cipher suite with MLS's labels (RFC 9420 §8), and encryption to a public key (§5.1.3).
#pragma once

#include <string_view>

#include "base/rng.h"
#include "base/secret.h"
#include "protocol/mls_public/proposals.h"
#include "protocol/mls_public/suite.h"

namespace pqc::mls {

// Derives without a check at every step: after a failure of the library each answer is as long as it should be and
// zero, and good() says so. Whoever derives asks good() before anything is used.
class Kdf {
 public:
  explicit Kdf(const Suite& suite) : suite_(&suite) {}

  [[nodiscard]] bool good() const { return good_; }
  SecretBytes extract(ByteView salt, ByteView ikm);
  SecretBytes expand_with_label(ByteView secret, std::string_view label, ByteView context, std::size_t length);
  SecretBytes derive_secret(ByteView secret, std::string_view label);
  SecretBytes derive_tree_secret(ByteView secret, std::string_view label, Generation generation, std::size_t length);
  SecretBytes mac(ByteView key, ByteView message);
  [[nodiscard]] SecretBytes zero() const { return SecretBytes(suite_->secret_size()); }

 private:
  const Suite* suite_;
  bool good_ = true;
};

// Seals with the AEAD of the suite in the memory of the plaintext, which has spare capacity for the tag: nothing of it
// is left behind.
Result<Bytes> seal_in_place(const Suite& suite, ByteView key, ByteView nonce, ByteView aad, Bytes plaintext);

// Label and context of EncryptWithLabel, prepared: several are encrypted to with the same.
Result<hpke::Info> label_info(const Suite& suite, std::string_view label, ByteView context);
Result<HpkeCiphertext> encrypt_with_label(const Suite& suite, ByteView public_key, const hpke::Info& info,
                                          ByteView plaintext, Rng& rng);
Result<SecretBytes> decrypt_with_label(const Suite& suite, const hpke::KeyPair& pair, std::string_view label,
                                       ByteView context, const HpkeCiphertext& ciphertext);

}  // namespace pqc::mls
