#include "crypto/falcon.h"

#include <algorithm>
#include <array>

#include "crypto/falcon_backend.h"

namespace pqc::crypto::falcon {
namespace {

constexpr std::uint8_t private_key_header = 0x5A;
constexpr std::uint8_t public_key_header = 0x0A;
constexpr std::uint8_t signature_header = 0x3A;
// A signature longer than the padded size is rarer than one in some thousand.
constexpr int max_attempts = 64;

}  // namespace

bool available() {
  return backend::available();
}

Result<KeyPair> generate(Rng& rng) {
  KeyPair pair{.private_key = SecretBytes(private_key_size), .public_key = Bytes(public_key_size)};
  return backend::generate(pair.public_key, pair.private_key.fill(), rng).transform([&] { return std::move(pair); });
}

Result<Bytes> sign(ByteView private_key, ByteView message, Rng& rng) {
  if (private_key.size() != private_key_size) return std::unexpected(Error::bad_length);
  if (private_key[0] != private_key_header) return std::unexpected(Error::bad_key);
  Bytes out(max_signature_size);
  return backend::sign(private_key, message, rng, out).transform([&](std::size_t size) {
    out.resize(size);
    return std::move(out);
  });
}

Result<void> sign_padded(ByteView private_key, ByteView message, Rng& rng, ByteSpan out) {
  if (out.size() != padded_signature_size) return std::unexpected(Error::bad_length);
  for (int attempt = 0; attempt < max_attempts; ++attempt) {
    const auto signature = sign(private_key, message, rng);
    if (!signature) return std::unexpected(signature.error());
    if (signature->size() > out.size()) continue;
    const auto rest = std::ranges::copy(*signature, out.begin()).out;
    std::fill(rest, out.end(), std::uint8_t{0});
    return {};
  }
  return std::unexpected(Error::backend);
}

Result<void> verify(ByteView public_key, ByteView message, ByteView signature) {
  if (public_key.size() != public_key_size) return std::unexpected(Error::bad_length);
  if (public_key[0] != public_key_header) return std::unexpected(Error::bad_key);
  const bool plausible = signature.size() > 1 + nonce_size && signature.size() <= max_signature_size &&
                         signature[0] == signature_header && signature.back() != 0;
  if (!plausible) return std::unexpected(Error::refused);
  return backend::verify(public_key, message, signature);
}

Result<void> verify_padded(ByteView public_key, ByteView message, ByteView signature) {
  if (signature.size() != padded_signature_size) return std::unexpected(Error::refused);
  while (!signature.empty() && signature.back() == 0) signature = signature.first(signature.size() - 1);
  return verify(public_key, message, signature);
}

}  // namespace pqc::crypto::falcon
