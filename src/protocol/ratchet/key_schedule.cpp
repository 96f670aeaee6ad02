#include "protocol/ratchet/key_schedule.h"

#include <initializer_list>

#include "crypto/kdf.h"
#include "protocol/ratchet/labels.h"

namespace pqc::ratchet {
namespace {

constexpr auto hash = crypto::HashAlg::sha512;
using Prk = Secret<struct PrkTag, 64>;

template <std::size_t Size>
std::array<std::uint8_t, Size> big_endian(std::uint64_t value) {
  std::array<std::uint8_t, Size> out;
  for (std::size_t i = Size; i-- > 0; value >>= 8) out[i] = static_cast<std::uint8_t>(value);
  return out;
}

// Hands out consecutive pieces of key material.
class Splitter {
 public:
  explicit Splitter(ByteView material) : rest_(material) {}
  void into(ByteSpan out) {
    std::ranges::copy(rest_.first(out.size()), out.begin());
    rest_ = rest_.subspan(out.size());
  }

 private:
  ByteView rest_;
};

// HKDF-SHA-512 (RFC 5869).
Result<void> hkdf(ByteView salt, std::initializer_list<ByteView> ikm, std::initializer_list<ByteView> info,
                  ByteSpan out) {
  Prk prk;
  if (!crypto::hkdf_extract(hash, salt, ikm, prk.fill())) return std::unexpected(Error::backend);
  if (!crypto::hkdf_expand(hash, prk.view(), info, out)) return std::unexpected(Error::backend);
  return {};
}

}  // namespace

Result<StartKeys> derive_start(const crypto::Suite& suite, std::span<const std::uint8_t, session_secret_size> secret,
                               std::span<const std::uint8_t, transcript_hash_size> transcript_hash) {
  Secret<struct StartMaterial, 192> material;
  const auto suite_number = big_endian<2>(crypto::number(suite.id));
  auto derived = hkdf(transcript_hash, {secret}, {as_bytes(labels::start), suite_number}, material.fill());
  if (!derived) return std::unexpected(derived.error());
  StartKeys keys;
  Splitter split(material.view());
  split.into(keys.root.fill());
  split.into(keys.chain.fill());
  for (auto& header : keys.header) split.into(header.fill());
  return keys;
}

Result<StepKeys> derive_step(const crypto::Suite& suite, std::uint64_t turn, const RootKey& root, ByteView dh,
                             ByteView kem, ByteView part) {
  Secret<struct StepMaterial, 128> material;
  const auto suite_number = big_endian<2>(crypto::number(suite.id));
  const auto turn_number = big_endian<8>(turn);
  auto derived =
      hkdf(root.view(), {dh, kem, part}, {as_bytes(labels::step), suite_number, turn_number}, material.fill());
  if (!derived) return std::unexpected(derived.error());
  StepKeys keys;
  Splitter split(material.view());
  split.into(keys.root.fill());
  split.into(keys.chain.fill());
  split.into(keys.after_next_header.fill());
  return keys;
}

Result<MessageKey> advance(ChainKey& chain) {
  Secret<struct ChainMaterial, 64> material;
  if (!crypto::hmac(hash, chain.view(), as_bytes(labels::chain), material.fill())) {
    return std::unexpected(Error::backend);
  }
  MessageKey key;
  Splitter split(material.view());
  split.into(chain.fill());
  split.into(key.fill());
  return key;
}

Result<BodyKeys> derive_body(const MessageKey& key, ByteView salt) {
  Secret<struct BodyMaterial, 80> material;
  auto derived = hkdf(salt, {key.view()}, {as_bytes(labels::body)}, material.fill());
  if (!derived) return std::unexpected(derived.error());
  BodyKeys keys;
  Splitter split(material.view());
  split.into(keys.inner.fill());
  split.into(keys.outer.fill());
  split.into(keys.ack);
  return keys;
}

}  // namespace pqc::ratchet
