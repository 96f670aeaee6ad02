// SRTP (RFC 3711) and its keys: the DTLS exporter's output mixed with the post-quantum secret
// (docs/spec/media.md §5). One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "base/secret.h"
#include "media/transport/error.h"
#include "media/transport/path.h"
#include "media/transport/srtp_gcm.h"
#include "media/transport/srtp_legacy.h"

namespace pqc::media {

// The numbers of use_srtp (RFC 5764 §4.1.2, RFC 7714 §14.2).
enum class SrtpProfile : std::uint16_t { aes_128_cm_sha1_80 = 1, aead_aes_128_gcm = 7, aead_aes_256_gcm = 8 };

struct SrtpSizes {
  std::size_t key;
  std::size_t salt;
  std::size_t tag;
};
SrtpSizes srtp_sizes(SrtpProfile profile);
// What the exporter has to give.
std::size_t exported_size(SrtpProfile profile);

// Master key ‖ master salt of each direction.
struct SrtpKeys {
  SecretBytes send;
  SecretBytes receive;
};
// Error::bad_settings for a mix secret of another length than §5 says; without one the exporter's keys as they are.
Result<SrtpKeys> srtp_keys(SrtpProfile profile, DtlsRole role, ByteView exported, std::optional<ByteView> mix_secret);

// What is sent and received, with either profile in GCM, or with the older one by libsrtp.
class Srtp {
 public:
  // Behind a packet there has to be room for so much.
  static constexpr std::size_t trailer = 148;

  static Result<Srtp> make(SrtpProfile profile, const SrtpKeys& keys);

  // Each works in place, on a packet of `size` bytes at the start of memory aligned to four bytes, and answers the size
  // afterwards. Error::refused for what does not open or came before.
  Result<std::size_t> protect(ByteSpan memory, std::size_t size);
  Result<std::size_t> protect_rtcp(ByteSpan memory, std::size_t size);
  Result<std::size_t> unprotect(ByteSpan memory, std::size_t size);
  Result<std::size_t> unprotect_rtcp(ByteSpan memory, std::size_t size);

 private:
  using Direction = std::variant<SrtpGcm, SrtpLegacy>;
  Srtp(Direction sender, Direction receiver) : sender_(std::move(sender)), receiver_(std::move(receiver)) {}
  static Result<Direction> make_direction(SrtpProfile profile, ByteView key, bool sends);

  Direction sender_;
  Direction receiver_;
};

}  // namespace pqc::media
