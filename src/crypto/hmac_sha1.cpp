#include "crypto/hmac_sha1.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace pqc::crypto {

Result<std::array<std::uint8_t, 20>> hmac_sha1(ByteView key, ByteView message) {
  std::array<std::uint8_t, 20> out;
  unsigned int size = out.size();
  if (HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), message.data(), message.size(), out.data(), &size) ==
      nullptr)
    return std::unexpected(Error::backend);
  return out;
}

}  // namespace pqc::crypto
