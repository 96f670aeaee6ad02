// What can go wrong in HPKE. A peer learns of any of these only that it was refused.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

namespace pqc::hpke {

enum class Error : std::uint8_t {
  bad_key,      // not a key or KEM output of this algorithm
  refused,      // the ciphertext does not open
  exhausted,    // the context has sealed or opened as many messages as it may
  unavailable,  // the KEM has no such operation
  too_long,     // an input longer than a length field can say, or an output longer than the KDF gives
  backend,      // the crypto library failed
};

template <class T>
using Result = std::expected<T, Error>;

// For our own log.
constexpr std::string_view to_string(Error error) {
  switch (error) {
    case Error::bad_key:
      return "not a key of this algorithm";
    case Error::refused:
      return "refused";
    case Error::exhausted:
      return "too many messages";
    case Error::unavailable:
      return "the KEM has no such operation";
    case Error::too_long:
      return "too long";
    case Error::backend:
      return "crypto backend failed";
  }
  return "unknown";
}

}  // namespace pqc::hpke
