// What tells one run's accounts and messages from another's on the same server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <format>
#include <string>
#include <string_view>

#include "crypto/random.h"

namespace pqc::bench {

// Random, of 32 bits.
inline std::uint64_t random_run() {
  std::uint64_t run = 0;
  for (const auto byte : crypto::SystemRng::instance().bytes<4>()) run = run << 8 | byte;
  return run;
}

// The name of an account: "idle-5f3a01c2-17".
inline std::string run_name(std::string_view role, std::uint64_t run, std::size_t index) {
  return std::format("{}-{:08x}-{}", role, run, index);
}

}  // namespace pqc::bench
