#include "media/transport/srtp.h"

#include <array>
#include <utility>

#include <srtp2/srtp.h>

#include "crypto/kdf.h"
#include "media/transport/labels.h"
#include "media/transport/limits.h"

namespace pqc::media {
namespace {

constexpr auto hash = crypto::HashAlg::sha512;
static_assert(Srtp::trailer >= SRTP_MAX_TRAILER_LEN + 4);

// Once a process; libsrtp keeps its tables of ciphers until the end.
bool initialized() {
  static const bool done = srtp_init() == srtp_err_status_ok;
  return done;
}

void set_policy(SrtpProfile profile, srtp_policy_t& policy) {
  switch (profile) {
    case SrtpProfile::aead_aes_256_gcm:
      srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp);
      srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtcp);
      return;
    case SrtpProfile::aead_aes_128_gcm:
      srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
      srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
      return;
    case SrtpProfile::aes_128_cm_sha1_80:
      srtp_crypto_policy_set_rtp_default(&policy.rtp);
      srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
      return;
  }
}

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

template <auto Operation, class Context>
Result<std::size_t> in_place(Context* context, ByteSpan memory, std::size_t size, std::size_t room) {
  if (memory.size() < size + room) return std::unexpected(Error::too_large);
  int length = static_cast<int>(size);
  if (Operation(reinterpret_cast<srtp_t>(context), memory.data(), &length) != srtp_err_status_ok) {
    return std::unexpected(Error::refused);
  }
  return static_cast<std::size_t>(length);
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

// libsrtp's own context stands behind this name.
struct Srtp::Context {};

void Srtp::Free::operator()(Context* context) const noexcept {
  srtp_dealloc(reinterpret_cast<srtp_t>(context));
}

Result<Srtp::ContextPtr> Srtp::make_context(SrtpProfile profile, ByteView key, bool sends) {
  srtp_policy_t policy{};
  set_policy(profile, policy);
  policy.ssrc.type = sends ? ssrc_any_outbound : ssrc_any_inbound;
  // libsrtp only reads it.
  policy.key = const_cast<unsigned char*>(key.data());
  policy.window_size = limits::replay_window;
  srtp_t out = nullptr;
  if (!initialized() || srtp_create(&out, &policy) != srtp_err_status_ok) return std::unexpected(Error::backend);
  return ContextPtr(reinterpret_cast<Context*>(out));
}

Result<Srtp> Srtp::make(SrtpProfile profile, const SrtpKeys& keys) {
  const auto sizes = srtp_sizes(profile);
  if (keys.send.size() != sizes.key + sizes.salt || keys.receive.size() != keys.send.size()) {
    return std::unexpected(Error::bad_settings);
  }
  auto sender = make_context(profile, keys.send.view(), true);
  auto receiver = make_context(profile, keys.receive.view(), false);
  if (!sender || !receiver) return std::unexpected(Error::backend);
  return Srtp(std::move(*sender), std::move(*receiver));
}

Result<std::size_t> Srtp::protect(ByteSpan memory, std::size_t size) {
  return in_place<srtp_protect>(sender_.get(), memory, size, trailer);
}
Result<std::size_t> Srtp::protect_rtcp(ByteSpan memory, std::size_t size) {
  return in_place<srtp_protect_rtcp>(sender_.get(), memory, size, trailer);
}
Result<std::size_t> Srtp::unprotect(ByteSpan memory, std::size_t size) {
  return in_place<srtp_unprotect>(receiver_.get(), memory, size, 0);
}
Result<std::size_t> Srtp::unprotect_rtcp(ByteSpan memory, std::size_t size) {
  return in_place<srtp_unprotect_rtcp>(receiver_.get(), memory, size, 0);
}

}  // namespace pqc::media
