// A build without Falcon: suite 4 is left out.
#include "crypto/falcon_backend.h"

namespace pqc::crypto::falcon::backend {

bool available() {
  return false;
}
Result<void> generate(ByteSpan, ByteSpan, Rng&) {
  return std::unexpected(Error::unavailable);
}
Result<std::size_t> sign(ByteView, ByteView, Rng&, ByteSpan) {
  return std::unexpected(Error::unavailable);
}
Result<void> verify(ByteView, ByteView, ByteView) {
  return std::unexpected(Error::unavailable);
}

}  // namespace pqc::crypto::falcon::backend
