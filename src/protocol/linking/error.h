// What can go wrong while a device is linked. The other side learns of none of these.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

namespace pqc::linking {

enum class Error : std::uint8_t {
  malformed,  // not a code, or not a message of this protocol
  refused,    // not the keys that the code names, or a message that does not open
  backend,    // the crypto library failed
};

template <class T>
using Result = std::expected<T, Error>;

constexpr std::string_view to_string(Error error) {
  switch (error) {
    case Error::malformed:
      return "malformed";
    case Error::refused:
      return "refused";
    case Error::backend:
      return "crypto backend failed";
  }
  return "unknown";
}

}  // namespace pqc::linking
