// SRTP and SRTCP with AES-GCM (RFC 7714, RFC 3711), one direction of one association. Works in place, allocates
// nothing, and changes its state only after authentication. One thread.
//
// libsrtp knows it too, but as Debian builds it every packet takes several allocations of NSS
// (docs/decisions/0023-srtp-gcm.md); it stands beside this in the tests.
#pragma once

#include <array>
#include <cstdint>

#include "base/secret.h"
#include "crypto/aead.h"
#include "media/rtp/sequence.h"
#include "media/rtp/types.h"
#include "media/transport/error.h"
#include "media/transport/limits.h"
#include "media/transport/replay_window.h"

namespace pqc::media {

class SrtpGcm {
 public:
  // The master key, 16 or 32 bytes, and behind it the master salt, 12.
  static Result<SrtpGcm> make(ByteView key_and_salt);

  // Each takes a packet of `size` bytes at the start of `memory` and answers its size afterwards. Error::too_large
  // without room behind it, Error::refused for what is no packet, does not open, came before, or would use an index
  // twice.
  Result<std::size_t> protect(ByteSpan memory, std::size_t size);
  Result<std::size_t> protect_rtcp(ByteSpan memory, std::size_t size);
  Result<std::size_t> unprotect(ByteSpan memory, std::size_t size);
  Result<std::size_t> unprotect_rtcp(ByteSpan memory, std::size_t size);

 private:
  using Nonce = std::array<std::uint8_t, crypto::aead_nonce_size>;
  using Salt = Secret<struct SrtpSaltTag, crypto::aead_nonce_size>;
  struct Source {
    rtp::Ssrc ssrc{};
    rtp::SequenceUnwrapper sequences;
    ReplayWindow packets;
    ReplayWindow reports;
  };

  explicit SrtpGcm(crypto::AeadAlg alg) : rtp_(alg), rtcp_(alg) {}
  static Nonce nonce(const Salt& salt, rtp::Ssrc ssrc, std::uint64_t index);
  // The source, or a fresh one that is not yet remembered; none where there is no room for another.
  Source* find(rtp::Ssrc ssrc);
  void remember(Source& source);

  crypto::Aead rtp_;
  crypto::Aead rtcp_;
  Salt rtp_salt_;
  Salt rtcp_salt_;
  std::uint32_t next_report_ = 1;
  std::array<Source, limits::plain_sources> sources_;
  std::size_t source_count_ = 0;
};

}  // namespace pqc::media
