// A suite's signature key: a classical and, where the suite has one, a post-quantum half. Both sign, both must verify.
//
// Each half signs  prefix ‖ u16 suite ‖ u8 length ‖ label ‖ SHA-512(message), with the prefix "pqc-chat composite v1"
// and a zero byte: the halves of one suite are of no use in another, nor a signature under one label under another
// (THREATS 1). All encodings are the halves' one after the other, classical first, each of fixed length. Labels are
// named constants of the protocol that signs, 1 to 255 bytes. Threads: as signature.h.
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/rng.h"
#include "base/secret.h"
#include "crypto/error.h"
#include "crypto/signature.h"
#include "crypto/suite.h"

namespace pqc::crypto {

// Sums of the halves' sizes.
constexpr SignatureSizes composite_sizes(const Suite& suite) {
  auto sizes = signature_sizes(suite.classical_signature);
  if (suite.post_quantum_signature) {
    const auto more = signature_sizes(*suite.post_quantum_signature);
    sizes.private_key += more.private_key;
    sizes.public_key += more.public_key;
    sizes.signature += more.signature;
  }
  return sizes;
}

class CompositePublicKey {
 public:
  static Result<CompositePublicKey> decode(const Suite& suite, ByteView encoded);

  [[nodiscard]] const Suite& suite() const { return *suite_; }
  [[nodiscard]] Bytes encode() const;
  // Error::refused unless both halves hold.
  [[nodiscard]] Result<void> verify(std::string_view label, ByteView message, ByteView signature) const;

 private:
  CompositePublicKey(const Suite& suite, SignaturePublicKey classical)
      : suite_(&suite), classical_(std::move(classical)) {}

  const Suite* suite_;
  SignaturePublicKey classical_;
  std::optional<SignaturePublicKey> post_quantum_;
};

class CompositePrivateKey {
 public:
  static Result<CompositePrivateKey> generate(const Suite& suite, Rng& rng);
  static Result<CompositePrivateKey> decode(const Suite& suite, ByteView encoded);

  [[nodiscard]] const Suite& suite() const { return *suite_; }
  [[nodiscard]] SecretBytes encode() const;
  // The encoded public key.
  [[nodiscard]] Bytes public_key() const;
  // composite_sizes(suite()).signature bytes.
  [[nodiscard]] Result<Bytes> sign(std::string_view label, ByteView message, Rng& rng) const;

 private:
  CompositePrivateKey(const Suite& suite, SignaturePrivateKey classical)
      : suite_(&suite), classical_(std::move(classical)) {}

  const Suite* suite_;
  SignaturePrivateKey classical_;
  std::optional<SignaturePrivateKey> post_quantum_;
};

}  // namespace pqc::crypto
