// Many datagrams in one call: each comes as it went, in order, with who sent it.
#include "net/datagram_socket.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <unistd.h>

namespace pqc::net {
namespace {

class Udp {
 public:
  Udp() : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&here), sizeof here), 0);
  }
  ~Udp() { ::close(fd_); }
  Udp(const Udp&) = delete;
  Udp& operator=(const Udp&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] sockaddr_storage address() const {
    sockaddr_storage out{};
    socklen_t size = sizeof out;
    EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&out), &size), 0);
    return out;
  }

 private:
  int fd_;
};

in_port_t port_of(const sockaddr_storage& address) {
  return reinterpret_cast<const sockaddr_in&>(address).sin_port;
}

class Datagrams : public testing::Test {
 protected:
  void send(const std::vector<Bytes>& datagrams, const Udp& to) {
    std::vector<DatagramSocket::Outgoing> all;
    for (const auto& datagram : datagrams)
      all.push_back(
          {.data = datagram.data(), .size = datagram.size(), .to = to.address(), .to_size = sizeof(sockaddr_in)});
    for (std::size_t sent = 0; sent < all.size();) {
      const auto taken = from_.send(&all[sent], all.size() - sent);
      ASSERT_GT(taken, 0U) << errno;
      sent += taken;
      ++calls_;
    }
  }
  std::vector<Bytes> received() {
    std::vector<Bytes> out;
    ByteView datagram;
    sockaddr_storage from{};
    while (to_.receive(datagram, from)) {
      out.push_back(to_bytes(datagram));
      EXPECT_EQ(port_of(from), port_of(sender_.address()));
    }
    EXPECT_EQ(errno, EAGAIN);
    return out;
  }

  Udp sender_, receiver_;
  DatagramSocket from_{sender_.fd()}, to_{receiver_.fd()};
  int calls_ = 0;
};

TEST_F(Datagrams, OfOneSizeGoTogether) {
  std::vector<Bytes> sent;
  for (std::uint8_t i = 0; i < 40; ++i) sent.emplace_back(1200, i);
  sent.emplace_back(7, 40);
  send(sent, receiver_);
  EXPECT_EQ(received(), sent);
  EXPECT_LE(calls_, 41);
}

TEST_F(Datagrams, OfAnySizesKeepTheirOrderAndTheirEnds) {
  std::vector<Bytes> sent;
  for (std::size_t i = 1; i < 60; ++i) sent.emplace_back(1 + i * 37 % 1400, static_cast<std::uint8_t>(i));
  for (std::size_t i = 0; i < 5; ++i) sent.emplace_back(1400, static_cast<std::uint8_t>(i));
  send(sent, receiver_);
  EXPECT_EQ(received(), sent);
}

TEST_F(Datagrams, MoreThanTheKernelTakesAtOnceAreSplit) {
  std::vector<Bytes> sent;
  for (std::size_t i = 0; i < 150; ++i) sent.emplace_back(1200, static_cast<std::uint8_t>(i));
  send(sent, receiver_);
  EXPECT_EQ(received(), sent);
  EXPECT_GE(calls_, 3);
}

TEST_F(Datagrams, OneWithoutContentIsPassedOver) {
  const auto there = receiver_.address();
  EXPECT_EQ(::sendto(sender_.fd(), nullptr, 0, 0, reinterpret_cast<const sockaddr*>(&there), sizeof(sockaddr_in)), 0);
  const std::vector<Bytes> sent{Bytes(3, 1)};
  send(sent, receiver_);
  EXPECT_EQ(received(), sent);
}

TEST_F(Datagrams, WhatDoesNotGoIsSaid) {
  const Bytes huge(70'000);
  const DatagramSocket::Outgoing one{
      .data = huge.data(), .size = huge.size(), .to = receiver_.address(), .to_size = sizeof(sockaddr_in)};
  EXPECT_EQ(from_.send(&one, 1), 0U);
  EXPECT_EQ(errno, EMSGSIZE);
}

}  // namespace
}  // namespace pqc::net
