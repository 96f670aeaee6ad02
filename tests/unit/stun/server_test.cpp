// The STUN service on real sockets: UDP and TCP, floods, slow and greedy connections (THREATS 21, 22).
#include "server/stun/server.h"

#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include "crypto/random.h"
#include "server/stun/sockets.h"

namespace pqc::server::stun {
namespace {

constexpr net::stun::TransactionId id{1, 2, 3};
constexpr int patience_ms = 10'000;

sockaddr_in at(std::uint32_t host, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_addr.s_addr = htonl(host);
  out.sin_port = htons(port);
  return out;
}

class StunService : public testing::Test {
 protected:
  void start(const std::string& host) {
    auto started = StunServer::start(host, 0, crypto::SystemRng::instance());
    ASSERT_TRUE(started) << started.error().text;
    server_ = std::move(*started);
    const auto& address = server_->address();
    port_ = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  }
  // Connected to the service at 127.0.0.`to`, from 127.0.0.`from`.
  [[nodiscard]] Socket client(int type, std::uint32_t from = 1, std::uint32_t to = 1) const {
    Socket out(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
    const auto local = at(0x7F000000 + from, 0);
    const auto remote = at(0x7F000000 + to, port_);
    EXPECT_EQ(::bind(out.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local), 0);
    EXPECT_EQ(::connect(out.get(), reinterpret_cast<const sockaddr*>(&remote), sizeof remote), 0);
    return out;
  }
  static void say(const Socket& socket, ByteView bytes) {
    EXPECT_EQ(::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  // What comes; empty when the other side closed or nothing came in time.
  static Bytes hear(const Socket& socket) {
    pollfd ready{.fd = socket.get(), .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, patience_ms) <= 0) return {};
    Bytes out(2000);
    const auto got = ::recv(socket.get(), out.data(), out.size(), 0);
    out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return out;
  }
  static net::stun::Answer own_address(const Socket& socket) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    EXPECT_EQ(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&storage), &size), 0);
    return net::stun::Mapped{address_of(storage)};
  }
  static void expect_answer(const Socket& socket) {
    EXPECT_EQ(net::stun::parse_answer(hear(socket), id), own_address(socket));
  }

  std::unique_ptr<StunServer> server_;
  std::uint16_t port_ = 0;
  const Bytes request_ = net::stun::binding_request(id);
};

TEST_F(StunService, AnswersOnUdpAndTcp) {
  start("127.0.0.1");
  for (const int type : {SOCK_DGRAM, SOCK_STREAM}) {
    const auto socket = client(type);
    for (int i = 0; i < 3; ++i) {
      say(socket, request_);
      expect_answer(socket);
    }
  }
  EXPECT_EQ(server_->counters().answers, 6U);
  EXPECT_EQ(server_->counters().connections, 1U);
}

// The socket is of IPv6, the address that the client learns is of IPv4; and it is answered from where it asked.
TEST_F(StunService, AtEveryAddressTheOneAskedAnswers) {
  start("");
  for (const std::uint32_t to : {1U, 2U, 77U}) {
    const auto socket = client(SOCK_DGRAM, 1, to);  // connected: takes answers from there only
    say(socket, request_);
    expect_answer(socket);
  }
}

TEST_F(StunService, AnswersOverIpv6) {
  auto started = StunServer::start("::1", 0, crypto::SystemRng::instance());
  if (!started) GTEST_SKIP() << started.error().text;
  server_ = std::move(*started);
  const auto& address = server_->address();
  ASSERT_TRUE(address.starts_with("[::1]:")) << address;
  sockaddr_in6 remote{};
  remote.sin6_family = AF_INET6;
  remote.sin6_addr = in6addr_loopback;
  remote.sin6_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(6))));
  for (const int type : {SOCK_DGRAM, SOCK_STREAM}) {
    const Socket socket(::socket(AF_INET6, type | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&remote), sizeof remote), 0);
    say(socket, request_);
    expect_answer(socket);
  }
}

TEST_F(StunService, TakesRequestsApartAndTogether) {
  start("127.0.0.1");
  const auto socket = client(SOCK_STREAM);
  for (const auto byte : request_) say(socket, {&byte, 1});
  expect_answer(socket);
  auto two = request_;
  append(two, request_);
  say(socket, two);
  Bytes answers;
  while (answers.size() < 2 * 40) {
    const auto more = hear(socket);
    ASSERT_FALSE(more.empty());
    append(answers, more);
  }
  ASSERT_EQ(answers.size(), 2 * 40U);
  EXPECT_EQ(net::stun::parse_answer(ByteView(answers).first(40), id), own_address(socket));
  EXPECT_EQ(net::stun::parse_answer(ByteView(answers).last(40), id), own_address(socket));
}

TEST_F(StunService, Threat22ClosesWhatIsNoStun) {
  start("127.0.0.1");
  // No STUN; a size beyond the limit; a message that is damaged inside.
  for (const auto& bytes : {to_bytes(as_bytes("GET / HTTP/1.1\r\n\r\n")), *from_hex("000108002112a442"),
                            *from_hex("000100042112a44201020300000000000000000080220001")}) {
    const auto socket = client(SOCK_STREAM);
    say(socket, bytes);
    EXPECT_TRUE(hear(socket).empty());
  }
}

TEST_F(StunService, DatagramsThatAreNoStunAreIgnored) {
  start("127.0.0.1");
  const auto socket = client(SOCK_DGRAM);
  say(socket, as_bytes("hello"));
  say(socket, Bytes(1400, 0));
  say(socket, {});
  say(socket, request_);
  expect_answer(socket);
  EXPECT_EQ(server_->counters().ignored, 3U);
  EXPECT_EQ(server_->counters().answers, 1U);
}

// One source holds a few connections, many sources all of them: the newest is served.
TEST_F(StunService, Threat22ConnectionsThatOnlySitThereKeepNobodyOut) {
  start("127.0.0.1");
  std::vector<Socket> idle;
  for (std::size_t i = 0; i < max_connections_of_source; ++i) idle.push_back(client(SOCK_STREAM, 2));
  EXPECT_TRUE(hear(client(SOCK_STREAM, 2)).empty());
  for (std::uint32_t source = 3; source < 3 + max_connections / max_connections_of_source; ++source)
    for (std::size_t i = 0; i < max_connections_of_source; ++i) idle.push_back(client(SOCK_STREAM, source));
  const auto socket = client(SOCK_STREAM, 250);
  say(socket, request_);
  expect_answer(socket);
  EXPECT_TRUE(hear(idle.front()).empty());
}

TEST_F(StunService, SaysWhyItCannotListen) {
  start("127.0.0.1");
  const auto taken = StunServer::start("127.0.0.1", port_, crypto::SystemRng::instance());
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().error, net::ListenError::address_in_use);
  const auto foreign = StunServer::start("192.0.2.1", 0, crypto::SystemRng::instance());
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().error, net::ListenError::bad_address);
}

}  // namespace
}  // namespace pqc::server::stun
