// A BIO (OpenSSL) over two queues of datagrams instead of a socket: QUIC over a path that somebody else holds. To QUIC
// the other side has one address that never changes, wherever the path leads. One thread.
#pragma once

#include <cstdint>
#include <deque>

#include "base/bytes.h"
#include "net/openssl_ptr.h"

namespace pqc::net {

struct DatagramQueues {
  std::deque<Bytes> incoming;
  std::deque<Bytes> outgoing;
};

// The other side's address, as QUIC sees it (RFC 5737).
inline constexpr std::uint8_t path_peer_ip[4] = {192, 0, 2, 1};
inline constexpr std::uint16_t path_peer_port = 1;

// The queues outlive it. Null where there is no memory.
BioPtr make_datagram_bio(DatagramQueues& queues);

}  // namespace pqc::net
