// What can go wrong in the ratchet. A peer or server learns of any of these only that it was refused.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

namespace pqc::ratchet {

enum class Error : std::uint8_t {
  refused,    // not a message of this session, or damaged, or beyond a limit
  duplicate,  // a genuine header, but its message was received before (or its skipped key is gone)
  not_ready,  // the responder has not received anything yet, so it cannot send
  exhausted,  // the turn has as many messages, or the session as many turns, as it may have
  too_long,   // text or associated data over its limit
  buffer,     // the output buffer is too small
  bad_state,  // the bytes are not an encoded state of this version
  unusable,   // the peer's key gives no secret (low order): the session has to be given up
  backend,    // the crypto library failed
};

template <class T>
using Result = std::expected<T, Error>;

// For our own log.
constexpr std::string_view to_string(Error error) {
  switch (error) {
    case Error::refused:
      return "refused";
    case Error::duplicate:
      return "received before";
    case Error::not_ready:
      return "nothing received yet";
    case Error::exhausted:
      return "too many messages in a turn, or too many turns";
    case Error::too_long:
      return "too long";
    case Error::buffer:
      return "output buffer too small";
    case Error::bad_state:
      return "not a session state";
    case Error::unusable:
      return "unusable peer key";
    case Error::backend:
      return "crypto backend failed";
  }
  return "unknown";
}

}  // namespace pqc::ratchet
