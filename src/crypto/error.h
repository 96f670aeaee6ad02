// What can go wrong in the crypto layer. A peer is told of any of these only that it was refused.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

namespace pqc::crypto {

enum class Error : std::uint8_t {
  backend,      // the library failed, or was built without what we need
  bad_length,   // an input or output has another length than the algorithm says
  bad_key,      // the bytes are not a key of this algorithm
  refused,      // a tag or signature does not hold, a ciphertext does not decrypt
  low_order,    // a Diffie-Hellman result is all zero (RFC 7748 §6), or a signature key has small order
  unavailable,  // this build has no such algorithm (Falcon-1024 without its sources)
  limit,        // a parameter is beyond a limit of ours
};

template <class T>
using Result = std::expected<T, Error>;

// For our own log.
constexpr std::string_view to_string(Error error) {
  switch (error) {
    case Error::backend:
      return "crypto backend failed";
    case Error::bad_length:
      return "wrong length";
    case Error::bad_key:
      return "not a key of this algorithm";
    case Error::refused:
      return "refused";
    case Error::low_order:
      return "low-order point";
    case Error::unavailable:
      return "algorithm not built in";
    case Error::limit:
      return "parameter beyond its limit";
  }
  return "unknown";
}

}  // namespace pqc::crypto
