#include "protocol/sframe/sframe.h"

#include <array>

#include "crypto/aead.h"
#include "crypto/ctr.h"
#include "crypto/kdf.h"
#include "protocol/sframe/labels.h"

namespace pqc::sframe {
namespace {

constexpr std::size_t nonce_size = 12;

struct Parameters {
  crypto::HashAlg hash;
  std::size_t cipher_key;          // of AES
  std::size_t authentication_key;  // of HMAC; none in the GCM suites
  std::size_t tag;
};

const Parameters* parameters(Suite suite) {
  using enum crypto::HashAlg;
  static constexpr std::array<Parameters, 8> all{{{sha256, 16, 32, 10},
                                                  {sha256, 16, 32, 8},
                                                  {sha256, 16, 32, 4},
                                                  {sha256, 16, 0, 16},
                                                  {sha512, 32, 0, 16},
                                                  {sha512, 32, 64, 10},
                                                  {sha512, 32, 64, 8},
                                                  {sha512, 32, 64, 4}}};
  const auto index = static_cast<std::size_t>(suite) - 1;
  return index < all.size() ? &all[index] : nullptr;
}

crypto::AeadAlg gcm(const Parameters& of) {
  return of.cipher_key == 16 ? crypto::AeadAlg::aes_128_gcm : crypto::AeadAlg::aes_256_gcm;
}

std::array<std::uint8_t, 8> eight_bytes(std::uint64_t value) {
  std::array<std::uint8_t, 8> out;
  for (std::size_t i = out.size(); i-- > 0; value >>= 8) out[i] = static_cast<std::uint8_t>(value);
  return out;
}

// RFC 9605 §4.5.1, compute_tag.
Result<Bytes> compute_tag(const Parameters& of, ByteView key, ByteView nonce, ByteView aad, ByteView ciphertext) {
  Bytes tag(crypto::hash_size(of.hash));
  if (!crypto::hmac(
          of.hash, key,
          {eight_bytes(aad.size()), eight_bytes(ciphertext.size()), eight_bytes(of.tag), nonce, aad, ciphertext},
          tag)) {
    return std::unexpected(Error::backend);
  }
  tag.resize(of.tag);
  return tag;
}

Result<void> counter_mode(const Parameters& of, ByteView key, ByteView nonce, ByteView in, ByteSpan out) {
  std::array<std::uint8_t, crypto::aes_block_size> initial{};
  std::ranges::copy(nonce, initial.begin());
  if (!crypto::aes_ctr(key.first(of.cipher_key), initial, in, out)) return std::unexpected(Error::backend);
  return {};
}

Result<const Parameters*> checked(Suite suite, ByteView key, ByteView nonce) {
  const auto* of = parameters(suite);
  if (of == nullptr) return std::unexpected(Error::unknown_suite);
  if (key.size() != of->cipher_key + of->authentication_key || nonce.size() != nonce_size) {
    return std::unexpected(Error::backend);
  }
  return of;
}

}  // namespace

std::size_t tag_size(Suite suite) {
  const auto* of = parameters(suite);
  return of == nullptr ? 0 : of->tag;
}

Result<Bytes> cipher_seal(Suite suite, ByteView key, ByteView nonce, ByteView aad, ByteView plaintext) {
  const auto of = checked(suite, key, nonce);
  if (!of) return std::unexpected(of.error());
  const auto& its = **of;
  if (its.authentication_key == 0) {
    Bytes out(plaintext.size() + its.tag);
    if (!crypto::seal(gcm(its), key, nonce, aad, plaintext, out)) return std::unexpected(Error::backend);
    return out;
  }
  Bytes out(plaintext.size());
  if (auto done = counter_mode(its, key, nonce, plaintext, out); !done) return std::unexpected(done.error());
  return compute_tag(its, key.subspan(its.cipher_key), nonce, aad, out).transform([&](const Bytes& tag) {
    append(out, tag);
    return std::move(out);
  });
}

Result<Bytes> cipher_open(Suite suite, ByteView key, ByteView nonce, ByteView aad, ByteView ciphertext) {
  const auto of = checked(suite, key, nonce);
  if (!of) return std::unexpected(of.error());
  const auto& its = **of;
  if (ciphertext.size() < its.tag) return std::unexpected(Error::refused);
  const auto body = ciphertext.first(ciphertext.size() - its.tag);
  Bytes out(body.size());
  if (its.authentication_key == 0) {
    if (!crypto::open(gcm(its), key, nonce, aad, ciphertext, out)) return std::unexpected(Error::refused);
    return out;
  }
  const auto tag = compute_tag(its, key.subspan(its.cipher_key), nonce, aad, body);
  if (!tag) return std::unexpected(tag.error());
  if (!constant_time_equal(*tag, ciphertext.last(its.tag))) return std::unexpected(Error::refused);
  return counter_mode(its, key, nonce, body, out).transform([&] { return std::move(out); });
}

Result<Key> Key::derive(Suite suite, KeyId id, ByteView base_key) {
  const auto* of = parameters(suite);
  if (of == nullptr) return std::unexpected(Error::unknown_suite);
  const auto id_bytes = eight_bytes(static_cast<std::uint64_t>(id));
  const auto number = static_cast<std::uint16_t>(suite);
  const std::array<std::uint8_t, 2> suite_bytes{static_cast<std::uint8_t>(number >> 8),
                                                static_cast<std::uint8_t>(number)};
  Key out(suite, id);
  out.key_ = SecretBytes(of->cipher_key + of->authentication_key);
  out.salt_ = SecretBytes(nonce_size);
  SecretBytes secret(crypto::hash_size(of->hash));
  const auto expand = [&](std::string_view label, ByteSpan into) {
    return crypto::hkdf_expand(of->hash, secret.view(), {as_bytes(label), id_bytes, suite_bytes}, into);
  };
  if (!crypto::hkdf_extract(of->hash, {}, base_key, secret.fill()) || !expand(labels::key, out.key_.fill()) ||
      !expand(labels::salt, out.salt_.fill())) {
    return std::unexpected(Error::backend);
  }
  return out;
}

std::size_t Key::overhead(Counter counter) const {
  return header_size(id_, counter) + tag_size(suite_);
}

Bytes Key::nonce(Counter counter) const {
  auto out = to_bytes(salt_.view());
  const auto bytes = eight_bytes(static_cast<std::uint64_t>(counter));
  for (std::size_t i = 0; i < bytes.size(); ++i) out[out.size() - bytes.size() + i] ^= bytes[i];
  return out;
}

Result<Bytes> Key::seal(Counter counter, ByteView metadata, ByteView plaintext) const {
  auto frame = encode_header(id_, counter);
  auto aad = frame;
  append(aad, metadata);
  return cipher_seal(suite_, key_.view(), nonce(counter), aad, plaintext).transform([&](const Bytes& sealed) {
    append(frame, sealed);
    return std::move(frame);
  });
}

Result<Bytes> Key::open(ByteView frame, ByteView metadata) const {
  const auto header = decode_header(frame);
  if (!header) return std::unexpected(header.error());
  if (header->key_id != id_) return std::unexpected(Error::refused);
  auto aad = to_bytes(frame.first(header->size));
  append(aad, metadata);
  return cipher_open(suite_, key_.view(), nonce(header->counter), aad, frame.subspan(header->size));
}

}  // namespace pqc::sframe
