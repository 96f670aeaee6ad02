// Where a session's datagrams go, and who of two begins DTLS.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace pqc::media {

// An ICE agent's path, a socket, a test's memory. What cannot be sent is lost.
class DatagramPath {
 public:
  virtual ~DatagramPath() = default;
  virtual void send(ByteView datagram) = 0;
};

// The answerer connects (RFC 5763 §5: a=setup:active), the offerer accepts.
enum class DtlsRole : std::uint8_t { connect, accept };

}  // namespace pqc::media
