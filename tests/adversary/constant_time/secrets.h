// Secrets poisoned for valgrind's memcheck: memory whose value is "undefined" taints all that is computed from it, and
// a branch or an address that depends on it is reported. Outside valgrind these do nothing.
#pragma once

#include <valgrind/memcheck.h>

#include "base/bytes.h"
#include "base/rng.h"

namespace pqc::test {

inline void poison(ByteSpan secret) {
  VALGRIND_MAKE_MEM_UNDEFINED(secret.data(), secret.size());
}
// What is public once it is made: ciphertexts, public keys, whether a check held.
inline void declassify(ByteView value) {
  VALGRIND_MAKE_MEM_DEFINED(value.data(), value.size());
}
template <class T>
T declassified(T value) {
  VALGRIND_MAKE_MEM_DEFINED(&value, sizeof value);
  return value;
}

// Randomness that is secret.
class PoisonedRng final : public Rng {
 public:
  explicit PoisonedRng(Rng& rng) : rng_(rng) {}
  void fill(ByteSpan out) override {
    rng_.fill(out);
    poison(out);
  }

 private:
  Rng& rng_;
};

}  // namespace pqc::test
