#include "media/transport/frame_key.h"

#include <array>
#include <utility>

#include "crypto/kdf.h"
#include "media/transport/labels.h"
#include "media/transport/limits.h"

namespace pqc::media {
namespace {

// docs/spec/media.md §7: the bit that makes every id three bytes long, generation, side, stream.
constexpr std::uint32_t id_mark = 0x80'0000;
constexpr std::uint32_t id_end = 0x100'0000;
constexpr unsigned generation_shift = 8;
constexpr std::uint32_t side_bit = 0x80;
constexpr std::uint32_t stream_mask = 0x7F;
constexpr std::size_t base_key_size = 64;

bool expand(const FrameChain& chain, std::string_view label, ByteSpan out) {
  return crypto::hkdf_expand(crypto::HashAlg::sha512, chain.view(), as_bytes(label), out).has_value();
}

}  // namespace

sframe::KeyId key_id(const KeyName& name) {
  return static_cast<sframe::KeyId>(id_mark | (name.generation << generation_shift) |
                                    (name.sender == CallSide::answerer ? side_bit : 0) |
                                    std::to_underlying(name.stream));
}

Result<KeyName> key_name(sframe::KeyId id) {
  const auto value = std::to_underlying(id);
  if (value < id_mark || value >= id_end) return std::unexpected(Error::refused);
  const auto low = static_cast<std::uint32_t>(value);
  return KeyName{(low & side_bit) != 0 ? CallSide::answerer : CallSide::offerer,
                 static_cast<StreamId>(low & stream_mask), (low & ~id_mark) >> generation_shift};
}

Result<FrameKey> FrameKey::derive(const FrameChain& chain, const KeyName& name) {
  Secret<struct BaseKeyTag, base_key_size> base_key;
  Secret<struct ObfuscationTag, crypto::chacha20_key_size> obfuscation;
  if (name.generation > limits::last_generation) return std::unexpected(Error::exhausted);
  if (!expand(chain, labels::base_key, base_key.fill()) || !expand(chain, labels::obfuscation, obfuscation.fill())) {
    return std::unexpected(Error::backend);
  }
  auto key = sframe::Key::derive(sframe::Suite::aes_256_gcm_sha512, key_id(name), base_key.view());
  if (!key) return std::unexpected(Error::backend);
  auto context = sframe::KeyContext::make(*key);
  auto cipher = crypto::ChaCha20::make(obfuscation.view());
  if (!context || !cipher) return std::unexpected(Error::backend);
  return FrameKey(std::move(*context), std::move(*cipher));
}

// Nonce: the key id in four bytes, the counter in eight.
Result<void> FrameKey::obfuscate(std::uint64_t counter, ByteView in, ByteSpan out) {
  std::array<std::uint8_t, crypto::chacha20_nonce_size> nonce;
  auto id = std::to_underlying(sframe_.id());
  for (std::size_t i = 4; i-- > 0; id >>= 8) nonce[i] = static_cast<std::uint8_t>(id);
  for (std::size_t i = nonce.size(); i-- > 4; counter >>= 8) nonce[i] = static_cast<std::uint8_t>(counter);
  if (!obfuscation_.apply(nonce, in, out)) return std::unexpected(Error::backend);
  return {};
}

Result<void> FrameKey::seal(std::uint64_t counter, ByteView metadata, ByteView frame, ByteSpan out) {
  if (out.size() != frame.size() + frame_overhead) return std::unexpected(Error::backend);
  const auto inner = out.subspan(frame_header_size, frame.size());
  if (auto done = obfuscate(counter, frame, inner); !done) return done;
  if (!sframe_.seal(sframe::Counter{counter}, metadata, inner, out)) return std::unexpected(Error::backend);
  return {};
}

Result<std::size_t> FrameKey::open(const sframe::Header& header, ByteView sealed, ByteView metadata, ByteSpan out) {
  const auto size = sframe_.open(header, sealed, metadata, out);
  if (!size) return std::unexpected(Error::refused);
  const auto inner = out.first(*size);
  return obfuscate(std::to_underlying(header.counter), inner, inner).transform([&] { return *size; });
}

Result<FrameChain> next_chain(const FrameChain& chain) {
  FrameChain out;
  if (!expand(chain, labels::next_generation, out.fill())) return std::unexpected(Error::backend);
  return out;
}

}  // namespace pqc::media
