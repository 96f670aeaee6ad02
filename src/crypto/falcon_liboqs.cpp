// Falcon by liboqs, where the system has it.
#include <cstdlib>
#include <memory>
#include <mutex>

#include <oqs/oqs.h>

#include "crypto/falcon_backend.h"

namespace pqc::crypto::falcon::backend {
namespace {

// The source of liboqs's randomness during one call on this thread.
thread_local Rng* current_rng = nullptr;

void fill_from_current(std::uint8_t* out, std::size_t size) {
  if (current_rng == nullptr) std::abort();
  current_rng->fill({out, size});
}

class UsingRng {
 public:
  explicit UsingRng(Rng& rng) {
    static std::once_flag once;
    std::call_once(once, [] { OQS_randombytes_custom_algorithm(&fill_from_current); });
    current_rng = &rng;
  }
  ~UsingRng() { current_rng = nullptr; }
  UsingRng(const UsingRng&) = delete;
  UsingRng& operator=(const UsingRng&) = delete;
};

OQS_SIG* falcon() {
  static const std::unique_ptr<OQS_SIG, decltype(&OQS_SIG_free)> sig(OQS_SIG_new(OQS_SIG_alg_falcon_1024),
                                                                     &OQS_SIG_free);
  return sig.get();
}

}  // namespace

bool available() {
  return falcon() != nullptr;
}

Result<void> generate(ByteSpan public_key, ByteSpan private_key, Rng& rng) {
  if (!available()) return std::unexpected(Error::unavailable);
  const UsingRng using_rng(rng);
  if (OQS_SIG_keypair(falcon(), public_key.data(), private_key.data()) != OQS_SUCCESS) {
    return std::unexpected(Error::backend);
  }
  return {};
}

Result<std::size_t> sign(ByteView private_key, ByteView message, Rng& rng, ByteSpan out) {
  if (!available()) return std::unexpected(Error::unavailable);
  const UsingRng using_rng(rng);
  std::size_t size = 0;
  if (OQS_SIG_sign(falcon(), out.data(), &size, message.data(), message.size(), private_key.data()) != OQS_SUCCESS) {
    return std::unexpected(Error::bad_key);
  }
  return size;
}

Result<void> verify(ByteView public_key, ByteView message, ByteView signature) {
  if (!available()) return std::unexpected(Error::unavailable);
  if (OQS_SIG_verify(falcon(), message.data(), message.size(), signature.data(), signature.size(), public_key.data()) !=
      OQS_SUCCESS) {
    return std::unexpected(Error::refused);
  }
  return {};
}

}  // namespace pqc::crypto::falcon::backend
