// A BIO (OpenSSL) over a UDP socket that hands the kernel many datagrams at once, and takes many at once (UDP_SEGMENT,
// UDP_GRO; udp(7)): most of what a datagram of QUIC costs else is its way through the kernel. Where the kernel cannot,
// one goes at a time. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <sys/socket.h>

#include "base/bytes.h"
#include "net/openssl_ptr.h"

namespace pqc::net {

// The socket is bound, does not block, and outlives this.
class DatagramSocket {
 public:
  explicit DatagramSocket(int fd);

  // Null where there is no memory. This outlives it.
  BioPtr make_bio();

  // For the BIO. Answers false, with errno, when nothing could be sent or nothing is there.
  struct Outgoing {
    const void* data = nullptr;
    std::size_t size = 0;
    sockaddr_storage to{};
    socklen_t to_size = 0;
  };
  // As many of the first as have one size and one destination; the last of them may be shorter. How many were taken.
  std::size_t send(const Outgoing* first, std::size_t count);
  // The next one that came; there until the next call.
  bool receive(ByteView& datagram, sockaddr_storage& from);
  // Bytes that are here already.
  [[nodiscard]] std::size_t waiting() const { return end_ - at_; }

  // At most so many datagrams and bytes at once (the kernel's UDP_MAX_SEGMENTS; the largest IP packet).
  static constexpr std::size_t most_segments = 64;
  static constexpr std::size_t most_bytes = 65'000;

 private:
  bool fetch();

  int fd_;
  bool segments_ = true;
  Bytes came_;  // room for what the kernel gives at once
  std::size_t at_ = 0, end_ = 0, segment_ = 0;
  sockaddr_storage from_{};
};

}  // namespace pqc::net
