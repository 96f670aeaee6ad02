#include "media/transport/srtp_legacy.h"

#include <srtp2/srtp.h>

#include "media/transport/limits.h"

namespace pqc::media {
namespace {

constexpr std::size_t master_size = 16 + 14;
// The tag, and the index of SRTCP.
constexpr std::size_t room = SRTP_MAX_TRAILER_LEN + 4;

// Once a process; libsrtp keeps its tables of ciphers until the end.
bool initialized() {
  static const bool done = srtp_init() == srtp_err_status_ok;
  return done;
}

template <auto Operation, class Context>
Result<std::size_t> in_place(Context* context, ByteSpan memory, std::size_t size, std::size_t more) {
  if (memory.size() < size + more) return std::unexpected(Error::too_large);
  int length = static_cast<int>(size);
  if (Operation(reinterpret_cast<srtp_t>(context), memory.data(), &length) != srtp_err_status_ok) {
    return std::unexpected(Error::refused);
  }
  return static_cast<std::size_t>(length);
}

}  // namespace

struct SrtpLegacy::Context {};

void SrtpLegacy::Free::operator()(Context* context) const noexcept {
  srtp_dealloc(reinterpret_cast<srtp_t>(context));
}

Result<SrtpLegacy> SrtpLegacy::make(ByteView key_and_salt, bool sends) {
  if (key_and_salt.size() != master_size) return std::unexpected(Error::bad_settings);
  srtp_policy_t policy{};
  srtp_crypto_policy_set_rtp_default(&policy.rtp);
  srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
  policy.ssrc.type = sends ? ssrc_any_outbound : ssrc_any_inbound;
  // libsrtp only reads it.
  policy.key = const_cast<unsigned char*>(key_and_salt.data());
  policy.window_size = limits::replay_window;
  srtp_t out = nullptr;
  if (!initialized() || srtp_create(&out, &policy) != srtp_err_status_ok) return std::unexpected(Error::backend);
  return SrtpLegacy(reinterpret_cast<Context*>(out));
}

Result<std::size_t> SrtpLegacy::protect(ByteSpan memory, std::size_t size) {
  return in_place<srtp_protect>(context_.get(), memory, size, room);
}
Result<std::size_t> SrtpLegacy::protect_rtcp(ByteSpan memory, std::size_t size) {
  return in_place<srtp_protect_rtcp>(context_.get(), memory, size, room);
}
Result<std::size_t> SrtpLegacy::unprotect(ByteSpan memory, std::size_t size) {
  return in_place<srtp_unprotect>(context_.get(), memory, size, 0);
}
Result<std::size_t> SrtpLegacy::unprotect_rtcp(ByteSpan memory, std::size_t size) {
  return in_place<srtp_unprotect_rtcp>(context_.get(), memory, size, 0);
}

}  // namespace pqc::media
