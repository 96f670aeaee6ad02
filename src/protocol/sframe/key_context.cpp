#include "protocol/sframe/key_context.h"

#include <algorithm>
#include <optional>

namespace pqc::sframe {
namespace {

std::optional<crypto::AeadAlg> gcm_of(Suite suite) {
  if (suite == Suite::aes_128_gcm_sha256) return crypto::AeadAlg::aes_128_gcm;
  if (suite == Suite::aes_256_gcm_sha512) return crypto::AeadAlg::aes_256_gcm;
  return std::nullopt;
}

// Header and metadata in one piece: each piece more costs the cipher a call.
ByteView join(ByteView header, ByteView metadata, ByteSpan into) {
  std::ranges::copy(header, into.begin());
  std::ranges::copy(metadata, into.begin() + static_cast<std::ptrdiff_t>(header.size()));
  return into.first(header.size() + metadata.size());
}

}  // namespace

Result<KeyContext> KeyContext::make(const Key& key) {
  const auto alg = gcm_of(key.suite());
  if (!alg) return std::unexpected(Error::unknown_suite);
  KeyContext out(key.id(), *alg);
  std::ranges::copy(key.salt(), out.salt_.fill().begin());
  if (!out.aead_.set_key(key.key())) return std::unexpected(Error::backend);
  return out;
}

std::size_t KeyContext::overhead(Counter counter) const {
  return header_size(id_, counter) + crypto::aead_tag_size;
}

KeyContext::Nonce KeyContext::nonce(Counter counter) const {
  Nonce out;
  std::ranges::copy(salt_.view(), out.begin());
  auto value = static_cast<std::uint64_t>(counter);
  for (std::size_t i = out.size(); value != 0; value >>= 8) out[--i] ^= static_cast<std::uint8_t>(value);
  return out;
}

Result<void> KeyContext::seal(Counter counter, ByteView metadata, ByteView plaintext, ByteSpan out) {
  std::array<std::uint8_t, max_header_size> header_bytes;
  const auto size = encode_header(id_, counter, header_bytes);
  if (metadata.size() > max_metadata_size || out.size() != size + plaintext.size() + crypto::aead_tag_size) {
    return std::unexpected(Error::backend);
  }
  const auto header = ByteView(header_bytes).first(size);
  Associated memory;
  std::ranges::copy(header, out.begin());
  if (!aead_.seal(nonce(counter), join(header, metadata, memory), plaintext, out.subspan(size))) {
    return std::unexpected(Error::backend);
  }
  return {};
}

Result<std::size_t> KeyContext::open(const Header& header, ByteView frame, ByteView metadata, ByteSpan out) {
  if (header.key_id != id_ || frame.size() < header.size + crypto::aead_tag_size ||
      metadata.size() > max_metadata_size) {
    return std::unexpected(Error::refused);
  }
  const auto sealed = frame.subspan(header.size);
  const auto size = sealed.size() - crypto::aead_tag_size;
  if (out.size() < size) return std::unexpected(Error::backend);
  Associated memory;
  const auto associated = join(frame.first(header.size), metadata, memory);
  if (!aead_.open(nonce(header.counter), associated, sealed, out.first(size))) return std::unexpected(Error::refused);
  return size;
}

}  // namespace pqc::sframe
