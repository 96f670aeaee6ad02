#include "crypto/composite.h"

#include "crypto/hash.h"

namespace pqc::crypto {
namespace {

constexpr std::string_view prefix{"pqc-chat composite v1\0", 22};
constexpr std::size_t max_label = 255;

// prefix ‖ u16 suite ‖ u8 length ‖ label ‖ SHA-512(message)
Result<Bytes> signed_form(const Suite& suite, std::string_view label, ByteView message) {
  if (label.empty() || label.size() > max_label) return std::unexpected(Error::limit);
  Bytes out;
  out.reserve(prefix.size() + 3 + label.size() + sizeof(Sha512Digest));
  append(out, as_bytes(prefix));
  out.push_back(static_cast<std::uint8_t>(number(suite.id) >> 8));
  out.push_back(static_cast<std::uint8_t>(number(suite.id)));
  out.push_back(static_cast<std::uint8_t>(label.size()));
  append(out, as_bytes(label));
  append(out, sha512(message));
  return out;
}

}  // namespace

Result<CompositePublicKey> CompositePublicKey::decode(const Suite& suite, ByteView encoded) {
  if (encoded.size() != composite_sizes(suite).public_key) return std::unexpected(Error::bad_length);
  const auto split = signature_sizes(suite.classical_signature).public_key;
  auto classical = SignaturePublicKey::decode(suite.classical_signature, encoded.first(split));
  if (!classical) return std::unexpected(classical.error());
  CompositePublicKey out(suite, std::move(*classical));
  if (suite.post_quantum_signature) {
    auto half = SignaturePublicKey::decode(*suite.post_quantum_signature, encoded.subspan(split));
    if (!half) return std::unexpected(half.error());
    out.post_quantum_ = std::move(*half);
  }
  return out;
}

Bytes CompositePublicKey::encode() const {
  auto out = to_bytes(classical_.encoded());
  if (post_quantum_) append(out, post_quantum_->encoded());
  return out;
}

Result<void> CompositePublicKey::verify(std::string_view label, ByteView message, ByteView signature) const {
  if (signature.size() != composite_sizes(*suite_).signature) return std::unexpected(Error::refused);
  const auto form = signed_form(*suite_, label, message);
  if (!form) return std::unexpected(form.error());
  const auto split = signature_sizes(suite_->classical_signature).signature;
  if (auto half = classical_.verify(*form, signature.first(split)); !half) return half;
  if (post_quantum_) return post_quantum_->verify(*form, signature.subspan(split));
  return {};
}

Result<CompositePrivateKey> CompositePrivateKey::generate(const Suite& suite, Rng& rng) {
  auto classical = SignaturePrivateKey::generate(suite.classical_signature, rng);
  if (!classical) return std::unexpected(classical.error());
  CompositePrivateKey out(suite, std::move(*classical));
  if (suite.post_quantum_signature) {
    auto half = SignaturePrivateKey::generate(*suite.post_quantum_signature, rng);
    if (!half) return std::unexpected(half.error());
    out.post_quantum_ = std::move(*half);
  }
  return out;
}

Result<CompositePrivateKey> CompositePrivateKey::decode(const Suite& suite, ByteView encoded) {
  if (encoded.size() != composite_sizes(suite).private_key) return std::unexpected(Error::bad_length);
  const auto split = signature_sizes(suite.classical_signature).private_key;
  auto classical = SignaturePrivateKey::decode(suite.classical_signature, encoded.first(split));
  if (!classical) return std::unexpected(classical.error());
  CompositePrivateKey out(suite, std::move(*classical));
  if (suite.post_quantum_signature) {
    auto half = SignaturePrivateKey::decode(*suite.post_quantum_signature, encoded.subspan(split));
    if (!half) return std::unexpected(half.error());
    out.post_quantum_ = std::move(*half);
  }
  return out;
}

SecretBytes CompositePrivateKey::encode() const {
  auto out = classical_.encoded().clone();
  if (post_quantum_) out.append(post_quantum_->encoded().view());
  return out;
}

Bytes CompositePrivateKey::public_key() const {
  auto out = to_bytes(classical_.public_key());
  if (post_quantum_) append(out, post_quantum_->public_key());
  return out;
}

Result<Bytes> CompositePrivateKey::sign(std::string_view label, ByteView message, Rng& rng) const {
  const auto form = signed_form(*suite_, label, message);
  if (!form) return std::unexpected(form.error());
  Bytes out(composite_sizes(*suite_).signature);
  const auto split = signature_sizes(suite_->classical_signature).signature;
  const ByteSpan signature(out);
  if (auto half = classical_.sign(*form, rng, signature.first(split)); !half) return std::unexpected(half.error());
  if (post_quantum_) {
    if (auto half = post_quantum_->sign(*form, rng, signature.subspan(split)); !half) {
      return std::unexpected(half.error());
    }
  }
  return out;
}

}  // namespace pqc::crypto
