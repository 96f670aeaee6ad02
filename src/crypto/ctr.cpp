#include "crypto/ctr.h"

#include <limits>

#include "crypto/backend.h"

namespace pqc::crypto {
namespace {

const EVP_CIPHER* cipher_for(std::size_t key_size) {
  static const EVP_CIPHER* const aes_128 = EVP_CIPHER_fetch(nullptr, "AES-128-CTR", nullptr);
  static const EVP_CIPHER* const aes_256 = EVP_CIPHER_fetch(nullptr, "AES-256-CTR", nullptr);
  return key_size == 16 ? aes_128 : key_size == 32 ? aes_256 : nullptr;
}

}  // namespace

Result<void> aes_ctr(ByteView key, ByteView initial, ByteView in, ByteSpan out) {
  const auto* cipher = cipher_for(key.size());
  if (cipher == nullptr || initial.size() != aes_block_size || in.size() != out.size()) {
    return std::unexpected(Error::bad_length);
  }
  if (in.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) return std::unexpected(Error::limit);
  const CipherContextHandle context(EVP_CIPHER_CTX_new());
  int written = 0;
  if (!context || EVP_CipherInit_ex2(context.get(), cipher, key.data(), initial.data(), 1, nullptr) != 1 ||
      (!in.empty() &&
       EVP_CipherUpdate(context.get(), out.data(), &written, in.data(), static_cast<int>(in.size())) != 1)) {
    return fail(Error::backend);
  }
  return {};
}

}  // namespace pqc::crypto
