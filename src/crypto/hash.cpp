#include "crypto/hash.h"

#include <cstdio>
#include <cstdlib>
#include <tuple>

#include "crypto/backend.h"

namespace pqc::crypto {
namespace {

bool extendable(HashAlg alg) {
  return alg == HashAlg::shake128 || alg == HashAlg::shake256;
}

template <class Digest>
Digest sha2(HashAlg alg, std::initializer_list<ByteView> pieces) {
  Digest digest;
  if (!hash(alg, pieces, digest)) {
    std::ignore = std::fputs("pqc-chat: OpenSSL offers no SHA-2; stopping\n", stderr);
    std::abort();
  }
  return digest;
}

}  // namespace

Hash::Hash(HashAlg alg) : alg_(alg), context_(require(EVP_MD_CTX_new())) {
  failed_ = EVP_DigestInit_ex2(context_.get(), fetched(alg), nullptr) != 1;
}

void Hash::reset() {
  failed_ = EVP_DigestInit_ex2(context_.get(), nullptr, nullptr) != 1;
}

Hash& Hash::update(ByteView data) {
  if (!data.empty() && EVP_DigestUpdate(context_.get(), data.data(), data.size()) != 1) failed_ = true;
  return *this;
}

Result<void> Hash::finish(ByteSpan out) {
  const bool any_length = extendable(alg_);
  if (!any_length && out.size() != hash_size(alg_)) {
    reset();
    return std::unexpected(Error::bad_length);
  }
  const bool done = !failed_ && (any_length ? EVP_DigestFinalXOF(context_.get(), out.data(), out.size()) == 1
                                            : EVP_DigestFinal_ex(context_.get(), out.data(), nullptr) == 1);
  reset();
  if (!done) return fail(Error::backend);
  return {};
}

Result<void> hash(HashAlg alg, std::initializer_list<ByteView> pieces, ByteSpan out) {
  thread_local std::array<Hash, 7> hashes{Hash(HashAlg::sha256),   Hash(HashAlg::sha384),   Hash(HashAlg::sha512),
                                          Hash(HashAlg::sha3_256), Hash(HashAlg::sha3_512), Hash(HashAlg::shake128),
                                          Hash(HashAlg::shake256)};
  auto& context = hashes[static_cast<std::size_t>(alg)];
  for (const auto piece : pieces) context.update(piece);
  return context.finish(out);
}

Result<void> hash(HashAlg alg, ByteView data, ByteSpan out) {
  return hash(alg, {data}, out);
}

Sha256Digest sha256(ByteView data) {
  return sha2<Sha256Digest>(HashAlg::sha256, {data});
}
Sha256Digest sha256(std::initializer_list<ByteView> pieces) {
  return sha2<Sha256Digest>(HashAlg::sha256, pieces);
}
Sha512Digest sha512(ByteView data) {
  return sha2<Sha512Digest>(HashAlg::sha512, {data});
}
Sha512Digest sha512(std::initializer_list<ByteView> pieces) {
  return sha2<Sha512Digest>(HashAlg::sha512, pieces);
}

}  // namespace pqc::crypto
