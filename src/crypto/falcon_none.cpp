// A build without Falcon: suite 4 is left out.
#include "crypto/falcon.h"

namespace pqc::crypto::falcon {

bool available() {
  return false;
}
Result<KeyPair> generate(Rng&) {
  return std::unexpected(Error::unavailable);
}
Result<Bytes> derive_public_key(ByteView) {
  return std::unexpected(Error::unavailable);
}
Result<Bytes> sign(ByteView, ByteView, Rng&) {
  return std::unexpected(Error::unavailable);
}
Result<void> sign_padded(ByteView, ByteView, Rng&, ByteSpan) {
  return std::unexpected(Error::unavailable);
}
Result<void> verify_padded(ByteView, ByteView, ByteView) {
  return std::unexpected(Error::unavailable);
}
Result<void> verify(ByteView, ByteView, ByteView) {
  return std::unexpected(Error::unavailable);
}

}  // namespace pqc::crypto::falcon
