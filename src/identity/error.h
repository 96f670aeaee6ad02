// What can be wrong with an identity structure, and the module's result type.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

namespace pqc::identity {

enum class Error : std::uint8_t {
  malformed,         // bytes that are not the canonical encoding of what was expected
  invalid,           // well-formed, against a rule: a name, an order, a count, a missing key
  limit,             // over a bound of limits.h
  bad_signature,     // some signature does not verify
  not_yet_valid,     // issued later than now, by more than clock_tolerance
  expired,           // past its end
  unsupported,       // none of its suites is built in here
  other_account,     // speaks for another account than the one asked for
  unknown_device,    // the record has no such device, or not in this suite
  revoked_device,    // the device is a tombstone
  identity_changed,  // alarm: an identity key of a pinned suite changed or is missing
  rolled_back,       // alarm: older than the pinned record
  forked,            // alarm: contradicts the pinned record (same version, or a successor of something else)
  device_altered,    // alarm: a device vanished, came back from its tombstone, or changed its keys
  backend,           // the crypto library failed
};

template <class T>
using Result = std::expected<T, Error>;

// A stable lower-case name for logs and messages.
[[nodiscard]] std::string_view name_of(Error error);

// Errors of a successor that a user has to be told about: they do not happen by accident.
[[nodiscard]] constexpr bool is_alarm(Error error) {
  return error == Error::identity_changed || error == Error::rolled_back || error == Error::forked ||
         error == Error::device_altered;
}

}  // namespace pqc::identity
