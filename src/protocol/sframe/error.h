// What can go wrong with a frame. The peer learns of none of these.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

namespace pqc::sframe {

enum class Error : std::uint8_t {
  malformed,      // no SFrame header, or one that is longer than it needs to be
  refused,        // the tag does not hold, or the frame is of another key
  unknown_suite,  // no suite of this number
  backend,        // the crypto library failed, or a key has the wrong length
};

template <class T>
using Result = std::expected<T, Error>;

// For our own log.
constexpr std::string_view to_string(Error error) {
  switch (error) {
    case Error::malformed:
      return "not an SFrame header";
    case Error::refused:
      return "refused";
    case Error::unknown_suite:
      return "unknown suite";
    case Error::backend:
      return "crypto backend failed";
  }
  return "unknown";
}

}  // namespace pqc::sframe
