// What can end or hinder a media session. The peer learns of none of these but by silence or a DTLS alert.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

namespace pqc::media {

enum class Error : std::uint8_t {
  backend,             // OpenSSL or libsrtp failed
  bad_settings,        // streams, payload types or secrets that the specification does not allow
  wrong_fingerprint,   // the peer's certificate is not the one that signalling named
  no_extended_secret,  // the peer has no Extended Master Secret (RFC 7627)
  no_srtp_profile,     // no SRTP profile in common
  no_mix,              // a peer without the post-quantum mix, which the settings do not allow
  handshake,           // the peer's DTLS failed otherwise
  handshake_timeout,   // no DTLS connection in time
  not_connected,       // a frame before the keys are there, or after the end
  too_large,           // a frame that does not fit one packet
  refused,             // a packet or frame that does not open, was seen before, or stands in another's place
  exhausted,           // a key's last counter is used
};

template <class T>
using Result = std::expected<T, Error>;

// For our own log.
constexpr std::string_view to_string(Error error) {
  switch (error) {
    case Error::backend:
      return "crypto backend failed";
    case Error::bad_settings:
      return "settings out of range";
    case Error::wrong_fingerprint:
      return "the peer's certificate is not the announced one";
    case Error::no_extended_secret:
      return "the peer has no Extended Master Secret";
    case Error::no_srtp_profile:
      return "no SRTP profile in common";
    case Error::no_mix:
      return "the peer has no post-quantum mix";
    case Error::handshake:
      return "DTLS handshake failed";
    case Error::handshake_timeout:
      return "DTLS handshake took too long";
    case Error::not_connected:
      return "not connected";
    case Error::too_large:
      return "frame too large";
    case Error::refused:
      return "refused";
    case Error::exhausted:
      return "counters used up";
  }
  return "unknown";
}

}  // namespace pqc::media
