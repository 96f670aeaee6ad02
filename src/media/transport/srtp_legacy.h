// SRTP with AES_CM_128_HMAC_SHA1_80 (RFC 3711), one direction, by libsrtp: for plain peers that know nothing better. It
// allocates. One thread.
#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "media/transport/error.h"

namespace pqc::media {

class SrtpLegacy {
 public:
  // The master key, 16 bytes, and behind it the master salt, 14.
  static Result<SrtpLegacy> make(ByteView key_and_salt, bool sends);

  // As SrtpGcm's.
  Result<std::size_t> protect(ByteSpan memory, std::size_t size);
  Result<std::size_t> protect_rtcp(ByteSpan memory, std::size_t size);
  Result<std::size_t> unprotect(ByteSpan memory, std::size_t size);
  Result<std::size_t> unprotect_rtcp(ByteSpan memory, std::size_t size);

 private:
  // libsrtp's context stands behind this name.
  struct Context;
  struct Free {
    void operator()(Context* context) const noexcept;
  };
  explicit SrtpLegacy(Context* context) : context_(context) {}

  std::unique_ptr<Context, Free> context_;
};

}  // namespace pqc::media
