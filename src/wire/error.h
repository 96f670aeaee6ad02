// What can be wrong with bytes from outside.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

namespace pqc::wire {

enum class Error : std::uint8_t {
  truncated,  // fewer bytes than the structure says
  trailing,   // bytes behind the end of the structure
  limit,      // longer than the named limit, or than its length field or buffer can take
  malformed,  // not an encoding at all: a length in more bytes than needed, padding without its mark
};

template <class T>
using Result = std::expected<T, Error>;

constexpr std::string_view to_string(Error error) {
  switch (error) {
    case Error::truncated:
      return "truncated";
    case Error::trailing:
      return "bytes behind the end";
    case Error::limit:
      return "longer than its limit";
    case Error::malformed:
      return "malformed";
  }
  return "unknown";
}

}  // namespace pqc::wire
