// HMAC is composed of OpenSSL's hash as RFC 2104 §2 says, not taken from EVP_MAC: with a new key for each call, which
// is what HKDF and the ratchet make, the composition is faster (0.73 against 0.88 µs for SHA-512 over 65 bytes; four
// compressions alone take 0.7), and what it leaves in memory is ours to wipe.
#include "crypto/kdf.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/secret.h"
#include "crypto/backend.h"

namespace pqc::crypto {
namespace {

constexpr std::size_t max_block_size = 128;
constexpr std::uint8_t inner_pad = 0x36;
constexpr std::uint8_t outer_pad = 0x5C;

constexpr std::size_t block_size(HashAlg alg) {
  return alg == HashAlg::sha256 ? 64 : 128;
}

constexpr bool supported(HashAlg alg) {
  return alg == HashAlg::sha256 || alg == HashAlg::sha384 || alg == HashAlg::sha512;
}

EVP_MD_CTX* context_of_this_thread(HashAlg alg) {
  constexpr auto made = [](HashAlg which) {
    auto context = require(DigestContextHandle(EVP_MD_CTX_new()));
    EVP_DigestInit_ex2(context.get(), fetched(which), nullptr);
    return context;
  };
  thread_local const std::array contexts{made(HashAlg::sha256), made(HashAlg::sha384), made(HashAlg::sha512)};
  return contexts[static_cast<std::size_t>(alg)].get();
}

// One HMAC on the calling thread's hash context; there may be one at a time. When it goes it leaves no secrets behind.
class Mac {
 public:
  Mac(HashAlg alg, ByteView key) : size_(block_size(alg)), context_(context_of_this_thread(alg)) {
    if (key.size() > size_) {
      start();
      update(key);
      finish_hash(key_.data());
    } else {
      std::ranges::copy(key, key_.begin());
    }
    start();
    update_with_key(inner_pad);
  }
  Mac(const Mac&) = delete;
  Mac& operator=(const Mac&) = delete;

  // Starting again sets the chaining value, and zeros short of a block overwrite the block buffer without being hashed.
  ~Mac() {
    wipe(key_);
    start();
    update(ByteView(key_).first(size_ - 1));
  }

  void update(ByteView data) {
    if (!data.empty()) good_ &= EVP_DigestUpdate(context_, data.data(), data.size()) == 1;
  }

  Result<void> finish(ByteSpan out) {
    finish_hash(out.data());
    start();
    update_with_key(inner_pad ^ outer_pad);
    update(out);
    finish_hash(out.data());
    if (!good_) return fail(Error::backend);
    return {};
  }

 private:
  void start() { good_ &= EVP_DigestInit_ex2(context_, nullptr, nullptr) == 1; }
  void finish_hash(std::uint8_t* out) { good_ &= EVP_DigestFinal_ex(context_, out, nullptr) == 1; }

  void update_with_key(std::uint8_t pattern) {
    for (auto& byte : key_) byte ^= pattern;
    update(ByteView(key_).first(size_));
  }

  std::size_t size_;
  EVP_MD_CTX* context_;
  bool good_ = true;
  std::array<std::uint8_t, max_block_size> key_{};
};

}  // namespace

Result<void> hmac(HashAlg alg, ByteView key, std::initializer_list<ByteView> pieces, ByteSpan out) {
  if (!supported(alg)) return std::unexpected(Error::unavailable);
  if (out.size() != hash_size(alg)) return std::unexpected(Error::bad_length);
  Mac mac(alg, key);
  for (const auto piece : pieces) mac.update(piece);
  return mac.finish(out);
}

Result<void> hmac(HashAlg alg, ByteView key, ByteView message, ByteSpan out) {
  return hmac(alg, key, {message}, out);
}

// HMAC fills a short key with zeros, so an empty salt needs no case of its own.
Result<void> hkdf_extract(HashAlg alg, ByteView salt, std::initializer_list<ByteView> ikm, ByteSpan prk) {
  return hmac(alg, salt, ikm, prk);
}

Result<void> hkdf_extract(HashAlg alg, ByteView salt, ByteView ikm, ByteSpan prk) {
  return hmac(alg, salt, {ikm}, prk);
}

// T(i) = HMAC(PRK, T(i-1) ‖ info ‖ i), RFC 5869 §2.3. The last block is cut to what is asked for.
Result<void> hkdf_expand(HashAlg alg, ByteView prk, std::initializer_list<ByteView> info, ByteSpan out) {
  if (!supported(alg)) return std::unexpected(Error::unavailable);
  if (out.size() > max_hkdf_output(alg)) return std::unexpected(Error::limit);
  Secret<struct HkdfBlockTag, max_hash_size> block;
  const auto current = ByteSpan(block.fill()).first(hash_size(alg));
  for (std::uint8_t index = 1; !out.empty(); ++index) {
    Mac mac(alg, prk);
    if (index > 1) mac.update(current);
    for (const auto piece : info) mac.update(piece);
    mac.update({&index, 1});
    if (auto done = mac.finish(current); !done) return done;
    const auto count = std::min(out.size(), current.size());
    std::ranges::copy(current.first(count), out.begin());
    out = out.subspan(count);
  }
  return {};
}

Result<void> hkdf_expand(HashAlg alg, ByteView prk, ByteView info, ByteSpan out) {
  return hkdf_expand(alg, prk, {info}, out);
}

Result<void> hkdf(HashAlg alg, ByteView salt, ByteView ikm, ByteView info, ByteSpan out) {
  Secret<struct HkdfPrkTag, max_hash_size> secret;
  if (!supported(alg)) return std::unexpected(Error::unavailable);
  const auto prk = ByteSpan(secret.fill()).first(hash_size(alg));
  return hkdf_extract(alg, salt, ikm, prk).and_then([&] { return hkdf_expand(alg, prk, info, out); });
}

}  // namespace pqc::crypto
