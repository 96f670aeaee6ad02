// What can go wrong in a key agreement, and the module's result type. A peer learns of all of it one thing: refused.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

namespace pqc::pqxdh {

enum class Error : std::uint8_t {
  malformed,      // bytes that are not the canonical encoding of what was expected
  limit,          // over a bound of limits.h
  unsupported,    // format version or suite not built in
  mismatch,       // names other accounts, devices, suites or prekeys than those at hand
  bad_signature,  // the batch's or the initiator's signature, or an inclusion path, does not hold
  not_yet_valid,  // made later than now, by more than clock_tolerance
  expired,        // past its end
  refused,        // an all-zero Diffie-Hellman result, or a seal that does not open
  backend,        // the crypto library failed
};

template <class T>
using Result = std::expected<T, Error>;

// A stable lower-case name for logs.
[[nodiscard]] std::string_view name_of(Error error);

}  // namespace pqc::pqxdh
