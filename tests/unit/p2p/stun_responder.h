// A STUN server of the tests' own, on loopback.
#pragma once

#include <array>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "client/files.h"
#include "net/stun/message.h"
#include "p2p/sockets.h"

namespace pqc::p2p {

// A socket to which requests come; it answers when it is told to.
class StunResponder {
 public:
  StunResponder() : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
  }
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] Address address() const { return local_address(fd_.get()); }
  // The request that waits; with another's transaction id, where so much is to be wrong.
  void answer(std::uint8_t wrong = 0) {
    std::array<std::uint8_t, net::stun::max_message> buffer;
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const auto got = ::recvfrom(fd_.get(), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    ASSERT_GT(got, 0);
    auto request = net::stun::parse_request(ByteView(buffer).first(static_cast<std::size_t>(got)));
    ASSERT_TRUE(request);
    request->id[0] ^= wrong;
    const auto wrote = net::stun::write_mapped(*request, {.bytes = {192, 0, 2, 1}, .is_v6 = false, .port = 7}, buffer);
    EXPECT_EQ(::sendto(fd_.get(), buffer.data(), wrote, 0, reinterpret_cast<const sockaddr*>(&from), size),
              static_cast<ssize_t>(wrote));
  }

 private:
  client::FileDescriptor fd_;
};

}  // namespace pqc::p2p
