#include "media/transport/srtp.h"

#include <array>
#include <utility>

#include "crypto/kdf.h"
#include "media/transport/labels.h"
#include "media/transport/limits.h"

namespace pqc::media {
namespace {

constexpr auto hash = crypto::HashAlg::sha512;

// Direction 0 is what the DTLS client sends.
std::array<std::uint8_t, 3> context_of(SrtpProfile profile, std::uint8_t direction) {
  const auto number = std::to_underlying(profile);
  return {static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number), direction};
}

Result<std::array<SecretBytes, 2>> mixed(SrtpProfile profile, ByteView exported, ByteView mix_secret) {
  if (mix_secret.size() < limits::min_mix_secret || mix_secret.size() > limits::max_mix_secret) {
    return std::unexpected(Error::bad_settings);
  }
  Secret<struct PrkTag, crypto::hash_size(hash)> prk;
  if (!crypto::hkdf_extract(hash, exported, mix_secret, prk.fill())) return std::unexpected(Error::backend);
  const auto sizes = srtp_sizes(profile);
  std::array<SecretBytes, 2> out;
  for (std::uint8_t direction = 0; direction < 2; ++direction) {
    out[direction] = SecretBytes(sizes.key + sizes.salt);
    if (!crypto::hkdf_expand(hash, prk.view(), {as_bytes(labels::srtp), context_of(profile, direction)},
                             out[direction].fill())) {
      return std::unexpected(Error::backend);
    }
  }
  return out;
}

// RFC 5764 §4.2: both keys, then both salts, the client's first.
std::array<SecretBytes, 2> unmixed(SrtpProfile profile, ByteView exported) {
  const auto sizes = srtp_sizes(profile);
  std::array<SecretBytes, 2> out;
  for (std::size_t direction = 0; direction < 2; ++direction) {
    out[direction].append(exported.subspan(direction * sizes.key, sizes.key));
    out[direction].append(exported.subspan(2 * sizes.key + direction * sizes.salt, sizes.salt));
  }
  return out;
}

}  // namespace

SrtpSizes srtp_sizes(SrtpProfile profile) {
  switch (profile) {
    case SrtpProfile::aead_aes_256_gcm:
      return {32, 12, 16};
    case SrtpProfile::aead_aes_128_gcm:
      return {16, 12, 16};
    case SrtpProfile::aes_128_cm_sha1_80:
      return {16, 14, 10};
  }
  std::unreachable();
}

std::size_t exported_size(SrtpProfile profile) {
  return 2 * (srtp_sizes(profile).key + srtp_sizes(profile).salt);
}

Result<SrtpKeys> srtp_keys(SrtpProfile profile, DtlsRole role, ByteView exported, std::optional<ByteView> mix_secret) {
  if (exported.size() != exported_size(profile)) return std::unexpected(Error::bad_settings);
  auto both = mix_secret ? mixed(profile, exported, *mix_secret)
                         : Result<std::array<SecretBytes, 2>>(unmixed(profile, exported));
  return std::move(both).transform([&](std::array<SecretBytes, 2>&& keys) {
    const std::size_t ours = role == DtlsRole::connect ? 0 : 1;
    return SrtpKeys{std::move(keys[ours]), std::move(keys[1 - ours])};
  });
}

Result<Srtp::Direction> Srtp::make_direction(SrtpProfile profile, ByteView key, bool sends) {
  const auto as_direction = [](auto&& made) { return Direction(std::forward<decltype(made)>(made)); };
  if (profile == SrtpProfile::aes_128_cm_sha1_80) return SrtpLegacy::make(key, sends).transform(as_direction);
  return SrtpGcm::make(key).transform(as_direction);
}

Result<Srtp> Srtp::make(SrtpProfile profile, const SrtpKeys& keys) {
  const auto sizes = srtp_sizes(profile);
  if (keys.send.size() != sizes.key + sizes.salt || keys.receive.size() != keys.send.size()) {
    return std::unexpected(Error::bad_settings);
  }
  auto sender = make_direction(profile, keys.send.view(), true);
  auto receiver = make_direction(profile, keys.receive.view(), false);
  if (!sender || !receiver) return std::unexpected(Error::backend);
  return Srtp(std::move(*sender), std::move(*receiver));
}

Result<std::size_t> Srtp::protect(ByteSpan memory, std::size_t size) {
  return std::visit([&](auto& with) { return with.protect(memory, size); }, sender_);
}
Result<std::size_t> Srtp::protect_rtcp(ByteSpan memory, std::size_t size) {
  return std::visit([&](auto& with) { return with.protect_rtcp(memory, size); }, sender_);
}
Result<std::size_t> Srtp::unprotect(ByteSpan memory, std::size_t size) {
  return std::visit([&](auto& with) { return with.unprotect(memory, size); }, receiver_);
}
Result<std::size_t> Srtp::unprotect_rtcp(ByteSpan memory, std::size_t size) {
  return std::visit([&](auto& with) { return with.unprotect_rtcp(memory, size); }, receiver_);
}

}  // namespace pqc::media
