#include "crypto/random.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <tuple>

#include <openssl/rand.h>

#include "base/secret.h"
#include "crypto/hash.h"

namespace pqc::crypto {

void SystemRng::fill(ByteSpan out) {
  if (RAND_priv_bytes_ex(nullptr, out.data(), out.size(), 0) == 1) return;
  std::ignore = std::fputs("pqc-chat: the system gives no randomness; stopping\n", stderr);
  std::abort();
}

SystemRng& SystemRng::instance() {
  static SystemRng rng;
  return rng;
}

void SeededRng::next_block() {
  std::array<std::uint8_t, 16> input;
  for (std::size_t i = 0; i < 8; ++i) {
    input[i] = static_cast<std::uint8_t>(seed_ >> (8 * i));
    input[8 + i] = static_cast<std::uint8_t>(block_ >> (8 * i));
  }
  buffer_ = sha512(input);
  ++block_;
  used_ = 0;
}

void SeededRng::fill(ByteSpan out) {
  while (!out.empty()) {
    if (used_ == buffer_.size()) next_block();
    const auto count = std::min(out.size(), buffer_.size() - used_);
    std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(used_), count, out.begin());
    used_ += count;
    out = out.subspan(count);
  }
}

}  // namespace pqc::crypto
