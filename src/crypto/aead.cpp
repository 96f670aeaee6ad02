#include "crypto/aead.h"

#include <array>
#include <limits>

#include "base/secret.h"
#include "crypto/backend.h"

namespace pqc::crypto {
namespace {

// OpenSSL counts in int.
constexpr std::size_t max_length = std::numeric_limits<int>::max();
constexpr std::array<std::uint8_t, max_aead_key_size> zero_key{};

bool cipher_update(EVP_CIPHER_CTX* context, std::uint8_t* out, ByteView in) {
  int written = 0;
  return in.empty() || EVP_CipherUpdate(context, out, &written, in.data(), static_cast<int>(in.size())) == 1;
}

Aead& aead_of_this_thread(AeadAlg alg) {
  thread_local std::array aeads{Aead(AeadAlg::aes_128_gcm), Aead(AeadAlg::aes_256_gcm),
                                Aead(AeadAlg::chacha20_poly1305)};
  return aeads[static_cast<std::size_t>(alg)];
}

}  // namespace

Aead::Aead(AeadAlg alg) : alg_(alg), context_(require(CipherContextHandle(EVP_CIPHER_CTX_new()))) {
  EVP_CipherInit_ex2(context_.get(), fetched(alg), nullptr, nullptr, 1, nullptr);
}

Result<void> Aead::set_key(ByteView key) {
  if (key.size() != aead_key_size(alg_)) return std::unexpected(Error::bad_length);
  keyed_ = EVP_CipherInit_ex2(context_.get(), nullptr, key.data(), nullptr, 1, nullptr) == 1;
  if (!keyed_) return fail(Error::backend);
  return {};
}

void Aead::clear_key() {
  EVP_CipherInit_ex2(context_.get(), nullptr, zero_key.data(), nullptr, 1, nullptr);
  keyed_ = false;
}

Result<void> Aead::start(ByteView nonce, std::initializer_list<ByteView> aad, bool encrypt) {
  if (!keyed_) return std::unexpected(Error::bad_key);
  if (nonce.size() != aead_nonce_size) return std::unexpected(Error::bad_length);
  bool good = EVP_CipherInit_ex2(context_.get(), nullptr, nullptr, nonce.data(), encrypt ? 1 : 0, nullptr) == 1;
  for (const auto piece : aad) {
    if (piece.size() > max_length) return std::unexpected(Error::limit);
    good = good && cipher_update(context_.get(), nullptr, piece);
  }
  if (!good) return fail(Error::backend);
  return {};
}

Result<void> Aead::seal(ByteView nonce, std::initializer_list<ByteView> aad, ByteView plaintext, ByteSpan out) {
  if (plaintext.size() > max_length - aead_tag_size) return std::unexpected(Error::limit);
  if (out.size() != plaintext.size() + aead_tag_size) return std::unexpected(Error::bad_length);
  if (auto started = start(nonce, aad, true); !started) return started;
  int written = 0;
  auto* tag = out.data() + plaintext.size();
  if (!cipher_update(context_.get(), out.data(), plaintext) || EVP_CipherFinal_ex(context_.get(), tag, &written) != 1 ||
      EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, aead_tag_size, tag) != 1) {
    return fail(Error::backend);
  }
  return {};
}

Result<void> Aead::open(ByteView nonce, std::initializer_list<ByteView> aad, ByteView ciphertext, ByteSpan out) {
  if (ciphertext.size() > max_length) return std::unexpected(Error::limit);
  if (ciphertext.size() < aead_tag_size || out.size() != ciphertext.size() - aead_tag_size) {
    return std::unexpected(Error::bad_length);
  }
  if (auto started = start(nonce, aad, false); !started) return started;
  int written = 0;
  std::uint8_t nothing = 0;
  std::array<std::uint8_t, aead_tag_size> tag;
  std::ranges::copy(ciphertext.last(aead_tag_size), tag.begin());
  const bool ready = EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, aead_tag_size, tag.data()) == 1 &&
                     cipher_update(context_.get(), out.data(), ciphertext.first(out.size()));
  if (ready && EVP_CipherFinal_ex(context_.get(), &nothing, &written) == 1) return {};
  wipe(out);
  return fail(ready ? Error::refused : Error::backend);
}

Result<void> Aead::seal(ByteView nonce, ByteView aad, ByteView plaintext, ByteSpan out) {
  return seal(nonce, {aad}, plaintext, out);
}

Result<void> Aead::open(ByteView nonce, ByteView aad, ByteView ciphertext, ByteSpan out) {
  return open(nonce, {aad}, ciphertext, out);
}

Result<void> seal(AeadAlg alg, ByteView key, ByteView nonce, std::initializer_list<ByteView> aad, ByteView plaintext,
                  ByteSpan out) {
  auto& aead = aead_of_this_thread(alg);
  const auto done = aead.set_key(key).and_then([&] { return aead.seal(nonce, aad, plaintext, out); });
  aead.clear_key();
  return done;
}

Result<void> open(AeadAlg alg, ByteView key, ByteView nonce, std::initializer_list<ByteView> aad, ByteView ciphertext,
                  ByteSpan out) {
  auto& aead = aead_of_this_thread(alg);
  const auto done = aead.set_key(key).and_then([&] { return aead.open(nonce, aad, ciphertext, out); });
  aead.clear_key();
  return done;
}

Result<void> seal(AeadAlg alg, ByteView key, ByteView nonce, ByteView aad, ByteView plaintext, ByteSpan out) {
  return seal(alg, key, nonce, {aad}, plaintext, out);
}

Result<void> open(AeadAlg alg, ByteView key, ByteView nonce, ByteView aad, ByteView ciphertext, ByteSpan out) {
  return open(alg, key, nonce, {aad}, ciphertext, out);
}

}  // namespace pqc::crypto
