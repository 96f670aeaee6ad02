// Falcon by PQClean's portable implementation (integer arithmetic only, constant time). It leaves its secrets on the
// stack and on the heap; both are wiped here.
#include <array>
#include <cstdlib>

#include <malloc.h>

#include "base/secret.h"
#include "crypto/falcon_backend.h"

extern "C" {
#include <api.h>
}

namespace pqc::crypto::falcon::backend {
namespace {

// The source of PQClean's randombytes() during one call on this thread.
thread_local Rng* current_rng = nullptr;

class UsingRng {
 public:
  explicit UsingRng(Rng& rng) { current_rng = &rng; }
  ~UsingRng() { current_rng = nullptr; }
  UsingRng(const UsingRng&) = delete;
  UsingRng& operator=(const UsingRng&) = delete;
};

// More than PQClean's deepest call uses: signing has 72 KiB of temporaries and some 20 KiB of polynomials.
constexpr std::size_t stack_used = std::size_t{128} * 1024;

[[gnu::noinline]] void wipe_stack_below() {
  std::array<std::uint8_t, stack_used> used;
  wipe(used);
}

class WipedStack {
 public:
  WipedStack() = default;
  ~WipedStack() { wipe_stack_below(); }
  WipedStack(const WipedStack&) = delete;
  WipedStack& operator=(const WipedStack&) = delete;
};

}  // namespace

extern "C" int PQCLEAN_randombytes(std::uint8_t* out, std::size_t size) {
  if (current_rng == nullptr) std::abort();
  current_rng->fill({out, size});
  return 0;
}

// Stands for free() in PQClean's SHAKE, whose states hold secrets.
extern "C" void pqc_falcon_free(void* memory) {
  if (memory != nullptr) explicit_bzero(memory, malloc_usable_size(memory));
  std::free(memory);
}

bool available() {
  return true;
}

Result<void> generate(ByteSpan public_key, ByteSpan private_key, Rng& rng) {
  const WipedStack wiped;
  const UsingRng using_rng(rng);
  if (PQCLEAN_FALCON1024_CLEAN_crypto_sign_keypair(public_key.data(), private_key.data()) != 0) {
    return std::unexpected(Error::backend);
  }
  return {};
}

Result<std::size_t> sign(ByteView private_key, ByteView message, Rng& rng, ByteSpan out) {
  const WipedStack wiped;
  const UsingRng using_rng(rng);
  std::size_t size = 0;
  if (PQCLEAN_FALCON1024_CLEAN_crypto_sign_signature(out.data(), &size, message.data(), message.size(),
                                                     private_key.data()) != 0) {
    return std::unexpected(Error::bad_key);
  }
  return size;
}

Result<void> verify(ByteView public_key, ByteView message, ByteView signature) {
  if (PQCLEAN_FALCON1024_CLEAN_crypto_sign_verify(signature.data(), signature.size(), message.data(), message.size(),
                                                  public_key.data()) != 0) {
    return std::unexpected(Error::refused);
  }
  return {};
}

}  // namespace pqc::crypto::falcon::backend
