#include "nist_drbg.h"

#include <algorithm>
#include <stdexcept>

#include <openssl/evp.h>

#include "crypto/handle.h"

namespace pqc::vectors {

NistDrbg::Block NistDrbg::next_block() {
  for (auto digit = v_.rbegin(); digit != v_.rend() && ++*digit == 0; ++digit) {
  }
  Block out;
  int written = 0;
  const crypto::CipherContextHandle context(EVP_CIPHER_CTX_new());
  if (!context || EVP_EncryptInit_ex2(context.get(), EVP_aes_256_ecb(), key_.data(), nullptr, nullptr) != 1 ||
      EVP_EncryptUpdate(context.get(), out.data(), &written, v_.data(), static_cast<int>(v_.size())) != 1) {
    throw std::runtime_error("OpenSSL offers no AES-256");
  }
  return out;
}

void NistDrbg::update(ByteView provided) {
  std::array<std::uint8_t, seed_size> temp;
  for (std::size_t at = 0; at < temp.size(); at += v_.size()) {
    std::ranges::copy(next_block(), temp.begin() + static_cast<std::ptrdiff_t>(at));
  }
  for (std::size_t i = 0; i < provided.size(); ++i) temp[i] ^= provided[i];
  std::ranges::copy(std::span(temp).first<32>(), key_.begin());
  std::ranges::copy(std::span(temp).last<16>(), v_.begin());
}

void NistDrbg::fill(ByteSpan out) {
  while (!out.empty()) {
    const auto block = next_block();
    const auto count = std::min(out.size(), block.size());
    std::copy_n(block.begin(), count, out.begin());
    out = out.subspan(count);
  }
  update({});
}

}  // namespace pqc::vectors
