#include "crypto/chacha20.h"

#include <array>
#include <limits>

#include "crypto/backend.h"

namespace pqc::crypto {

Result<ChaCha20> ChaCha20::make(ByteView key) {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "ChaCha20", nullptr);
  if (key.size() != chacha20_key_size) return std::unexpected(Error::bad_length);
  if (cipher == nullptr) return fail(Error::unavailable);
  auto context = require(CipherContextHandle(EVP_CIPHER_CTX_new()));
  if (EVP_CipherInit_ex2(context.get(), cipher, key.data(), nullptr, 1, nullptr) != 1) return fail(Error::backend);
  return ChaCha20(std::move(context));
}

Result<void> ChaCha20::apply(ByteView nonce, ByteView in, ByteSpan out) {
  if (nonce.size() != chacha20_nonce_size || in.size() != out.size()) return std::unexpected(Error::bad_length);
  if (in.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) return std::unexpected(Error::limit);
  // OpenSSL's IV is the block counter, little-endian, and the nonce.
  std::array<std::uint8_t, 4 + chacha20_nonce_size> initial{};
  std::ranges::copy(nonce, initial.begin() + 4);
  int written = 0;
  if (EVP_CipherInit_ex2(context_.get(), nullptr, nullptr, initial.data(), 1, nullptr) != 1 ||
      (!in.empty() &&
       EVP_CipherUpdate(context_.get(), out.data(), &written, in.data(), static_cast<int>(in.size())) != 1)) {
    return fail(Error::backend);
  }
  return {};
}

}  // namespace pqc::crypto
