// The tunnel to a relay over TLS: what goes through, and to whom it does not lead.
#include "net/ice/tls_tunnel.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "net/certificate.h"
#include "support/temporary_folder.h"

namespace pqc::net::ice {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  out.sin_port = htons(port);
  return out;
}

Descriptor connect_to(std::uint16_t port) {
  Descriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto at = loopback(port);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) return Descriptor();
  return fd;
}

// No more descriptors for this process, as long as it lives.
class NoDescriptors {
 public:
  NoDescriptors() {
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
    const int lowest_free = ::dup(STDERR_FILENO);
    ::close(lowest_free);
    const rlimit none{.rlim_cur = static_cast<rlim_t>(lowest_free), .rlim_max = before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

std::chrono::nanoseconds used_by_this_process() {
  timespec out{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &out);
  return std::chrono::seconds(out.tv_sec) + std::chrono::nanoseconds(out.tv_nsec);
}

// Sends back all that comes over TLS, one connection after another.
class EchoServer {
 public:
  EchoServer(const Certificate& certificate, bool classical)
      : context_(TlsServerContext::make({certificate}, classical)),
        listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    auto at = loopback(0);
    socklen_t size = sizeof at;
    EXPECT_TRUE(context_);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&at), size), 0);
    EXPECT_EQ(::listen(listener_.get(), 4), 0);
    EXPECT_EQ(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&at), &size), 0);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~EchoServer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::size_t received() const { return received_; }
  [[nodiscard]] int accepted() const { return accepted_; }
  // Of the last connection; once bytes came back.
  [[nodiscard]] std::string group() const { return group_; }

 private:
  void run() {
    for (;;) {
      // accept() takes its descriptor before it waits, and fails at once where there is none.
      pollfd somebody{.fd = listener_.get(), .events = POLLIN, .revents = 0};
      while (::poll(&somebody, 1, -1) < 0 && errno == EINTR) {
      }
      const Descriptor fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!fd) return;
      ++accepted_;
      if (auto session = TlsSession::accept(*context_, fd.get())) serve(*session);
    }
  }
  void serve(TlsSession& session) {
    IoStatus status = session.handshake();
    while (status == IoStatus::want_read) status = session.handshake();
    if (status != IoStatus::done) return;
    group_ = session.group();
    Bytes buffer(16384);
    for (;;) {
      const auto got = session.read(buffer);
      if (got.status == IoStatus::want_read) continue;
      if (got.status != IoStatus::done) return;
      received_ += got.bytes;
      for (std::size_t at = 0; at < got.bytes;) {
        const auto wrote = session.write(ByteView(buffer).first(got.bytes).subspan(at));
        if (wrote.status != IoStatus::done) return;
        at += wrote.bytes;
      }
    }
  }

  std::expected<TlsServerContext, std::string> context_;
  Descriptor listener_;
  std::uint16_t port_ = 0;
  std::atomic<std::size_t> received_ = 0;
  std::atomic<int> accepted_ = 0;
  std::string group_;
  std::thread thread_;
};

class IceTlsTunnel : public testing::Test {
 protected:
  static Certificate make_certificate() {
    return *Certificate::make(CertificateKind::ecdsa_p256, "relay.example", {"relay.example"});
  }
  std::unique_ptr<TlsTunnel> open(const EchoServer& server, const std::string& name, std::optional<Fingerprint> pin) {
    auto tunnel = TlsTunnel::open({.ip = "127.0.0.1", .port = server.port(), .name = name, .pin = pin});
    EXPECT_TRUE(tunnel) << tunnel.error();
    EXPECT_EQ((*tunnel)->ip(), "127.0.0.1");
    return std::move(*tunnel);
  }
  // What comes back of these bytes, until they are all there or the other side has ended.
  static Bytes echo(int fd, ByteView bytes) {
    std::thread writer([=] {
      for (std::size_t at = 0; at < bytes.size();) {
        const auto sent = ::send(fd, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
        if (sent <= 0) return;
        at += static_cast<std::size_t>(sent);
      }
    });
    Bytes out(bytes.size());
    std::size_t at = 0;
    while (at < out.size()) {
      const auto got = ::recv(fd, out.data() + at, out.size() - at, 0);
      if (got <= 0) break;
      at += static_cast<std::size_t>(got);
    }
    writer.join();
    out.resize(at);
    return out;
  }
  // Trusts this certificate alone from here on.
  void trust(const Certificate& certificate) {
    ASSERT_TRUE(certificate.save(folder_.path("c.pem"), folder_.path("k.pem")));
    ::setenv("SSL_CERT_FILE", folder_.path("c.pem").c_str(), 1);
    ::setenv("SSL_CERT_DIR", folder_.path("none").c_str(), 1);
  }

  test::TemporaryFolder folder_;
  Certificate certificate_ = make_certificate();
};

TEST_F(IceTlsTunnel, CarriesEverythingBothWaysToAPinnedKey) {
  const EchoServer server(certificate_, false);
  const auto tunnel = open(server, "127.0.0.1", certificate_.fingerprint());
  const auto fd = connect_to(tunnel->port());
  // More than all buffers on the way hold.
  Bytes bytes(std::size_t{8} << 20);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 251);
  EXPECT_EQ(echo(fd.get(), bytes), bytes);
  EXPECT_EQ(server.group(), "X25519MLKEM768");
}

TEST_F(IceTlsTunnel, EachConnectionIsOneOfItsOwnAndEndsForItself) {
  const EchoServer server(certificate_, false);
  const auto tunnel = open(server, "127.0.0.1", certificate_.fingerprint());
  for (int i = 0; i < 3; ++i) {
    const auto fd = connect_to(tunnel->port());
    EXPECT_EQ(echo(fd.get(), as_bytes("hello")), to_bytes(as_bytes("hello")));
  }
  EXPECT_EQ(server.accepted(), 3);
}

TEST_F(IceTlsTunnel, TakesTheNameThatAnAuthorityVouchesFor) {
  trust(certificate_);
  const EchoServer server(certificate_, true);
  const auto tunnel = open(server, "relay.example", {});
  EXPECT_EQ(echo(connect_to(tunnel->port()).get(), as_bytes("hello")), to_bytes(as_bytes("hello")));
  // The address stands in it too.
  const auto by_address = open(server, "127.0.0.1", {});
  EXPECT_EQ(echo(connect_to(by_address->port()).get(), as_bytes("hello")), to_bytes(as_bytes("hello")));
}

TEST_F(IceTlsTunnel, Threat24TellsNothingToAnotherServer) {
  const EchoServer server(certificate_, true);
  trust(make_certificate());
  EXPECT_EQ(echo(connect_to(open(server, "relay.example", {})->port()).get(), as_bytes("hello")), Bytes());
  trust(certificate_);
  EXPECT_EQ(echo(connect_to(open(server, "other.example", {})->port()).get(), as_bytes("hello")), Bytes());
  EXPECT_EQ(echo(connect_to(open(server, "127.0.0.2", {})->port()).get(), as_bytes("hello")), Bytes());
  EXPECT_EQ(echo(connect_to(open(server, "", {})->port()).get(), as_bytes("hello")), Bytes());
  auto pin = certificate_.fingerprint();
  pin.bytes[0] ^= 1;
  EXPECT_EQ(echo(connect_to(open(server, "relay.example", pin)->port()).get(), as_bytes("hello")), Bytes());
  EXPECT_EQ(server.received(), 0U);
}

TEST_F(IceTlsTunnel, EndsWhereNobodyListens) {
  std::uint16_t port = 0;
  {
    port = EchoServer(certificate_, true).port();
  }
  const auto tunnel = TlsTunnel::open({.ip = "127.0.0.1", .port = port, .name = "127.0.0.1", .pin = {}});
  ASSERT_TRUE(tunnel);
  EXPECT_EQ(echo(connect_to((*tunnel)->port()).get(), as_bytes("hello")), Bytes());
}

TEST_F(IceTlsTunnel, RestsWhileThereIsNoDescriptorForWhoWaits) {
  using std::chrono::milliseconds;
  const EchoServer server(certificate_, false);
  const auto tunnel = open(server, "127.0.0.1", certificate_.fingerprint());
  const Descriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto at = loopback(tunnel->port());
  {
    const NoDescriptors none;
    const auto before = used_by_this_process();
    ASSERT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
    // The time over which its work is measured.
    std::this_thread::sleep_for(milliseconds(300));
    EXPECT_LT(used_by_this_process() - before, milliseconds(100));
  }
  EXPECT_EQ(echo(fd.get(), as_bytes("hello")), to_bytes(as_bytes("hello")));
}

TEST_F(IceTlsTunnel, IsNobodyElsesWayToTheRelay) {
  const EchoServer server(certificate_, false);
  const auto tunnel = open(server, "127.0.0.1", certificate_.fingerprint());
  const auto at = loopback(tunnel->port());
  const auto child = ::fork();
  if (child == 0) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    char byte = 'x';
    const bool connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
    ::_exit(connected && ::send(fd, &byte, 1, MSG_NOSIGNAL) >= 0 && ::recv(fd, &byte, 1, 0) > 0 ? 1 : 0);
  }
  int status = 1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(server.accepted(), 0);
  // It goes on for us.
  EXPECT_EQ(echo(connect_to(tunnel->port()).get(), as_bytes("hello")), to_bytes(as_bytes("hello")));
}

}  // namespace
}  // namespace pqc::net::ice
