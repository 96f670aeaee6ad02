#include "p2p/udp_transport.h"

#include <cerrno>
#include <cstring>

#include <netinet/in.h>

#include "client/files.h"
#include "p2p/limits.h"
#include "p2p/quic_engine.h"
#include "p2p/registry.h"
#include "p2p/sockets.h"

namespace pqc::p2p {
namespace {

using client::FileDescriptor;
using client::Loop;
using client::Result;

constexpr int socket_buffer = 4 << 20;

// The bytes of a numeric address that a socket of this family sends to; empty where it cannot.
Bytes ip_for(const addrinfo& at) {
  if (at.ai_family == AF_INET) {
    const auto& ip = reinterpret_cast<const sockaddr_in*>(at.ai_addr)->sin_addr;
    const auto* first = reinterpret_cast<const std::uint8_t*>(&ip);
    return {first, first + sizeof ip};
  }
  const auto& ip = reinterpret_cast<const sockaddr_in6*>(at.ai_addr)->sin6_addr;
  return {ip.s6_addr, ip.s6_addr + sizeof ip.s6_addr};
}

class SocketWire final : public QuicWire {
 public:
  SocketWire(Loop& loop, FileDescriptor fd, Address local)
      : loop_(loop), fd_(std::move(fd)), local_(std::move(local)) {}

  std::expected<std::unique_ptr<net::QuicEndpoint>, std::string> make_endpoint(
      net::QuicRole role, const net::Certificate& certificate) override {
    return net::QuicEndpoint::make(fd_.get(), role, certificate);
  }
  void watch(std::function<void()> work) override {
    work_ = std::move(work);
    readable_ = loop_.when_readable(fd_.get(), [this] { run_work(); });
  }
  void before_step(net::QuicEndpoint&) override {}
  void after_step(net::QuicEndpoint& endpoint) override {
    if (endpoint.wants_write()) writable_ = loop_.when_writable(fd_.get(), [this] { run_work(); });
  }
  std::unique_ptr<net::QuicConnection> connect(net::QuicEndpoint& endpoint, const Address& address) override {
    const int family = local_.host.find(':') == std::string::npos ? AF_INET : AF_INET6;
    const auto at = resolve(address, SOCK_DGRAM, AI_NUMERICHOST | AI_V4MAPPED, family);
    return at ? endpoint.connect(ip_for(**at), address.port) : nullptr;
  }
  [[nodiscard]] Address local() const override { return local_; }
  [[nodiscard]] Address remote(const Address& address) const override { return address; }
  [[nodiscard]] LinkPath path() const override { return LinkPath::direct; }

 private:
  // It may end the wire's owner.
  void run_work() {
    const auto now = work_;
    now();
  }

  Loop& loop_;
  FileDescriptor fd_;
  Address local_;
  std::function<void()> work_;
  Loop::HandlePtr readable_;
  Loop::HandlePtr writable_;
};

}  // namespace

UdpTransport::UdpTransport(Loop& loop, client::Resolver::Ask ask) : loop_(loop), resolver_(loop, std::move(ask)) {}
UdpTransport::~UdpTransport() {
  if (engine_) engine_->stop();
}

namespace {

Result<FileDescriptor> bound_socket(const Address& address) {
  const auto found = resolve(address, SOCK_DGRAM, AI_PASSIVE);
  if (!found) return std::unexpected(found.error());
  const auto& at = **found;
  FileDescriptor fd(::socket(at.ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return client::fail(ExitCode::unreachable, std::string("no socket: ") + std::strerror(errno));
  const int off = 0;
  // Smaller buffers, where the system gives no more, only cost speed.
  static_cast<void>(::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &socket_buffer, sizeof socket_buffer));
  static_cast<void>(::setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUF, &socket_buffer, sizeof socket_buffer));
  if (at.ai_family == AF_INET6) static_cast<void>(::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off));
  if (::bind(fd.get(), at.ai_addr, at.ai_addrlen) == 0) return fd;
  const auto code = errno == EADDRINUSE ? ExitCode::address_in_use
                    : errno == EACCES   ? ExitCode::no_permission
                                        : ExitCode::unreachable;
  return client::fail(code, "cannot listen at " + to_text(address) + ": " + std::strerror(errno));
}

}  // namespace

Result<Address> UdpTransport::bind(const Address& address) {
  auto where = address;
  if (where.host.empty()) where.host = "::";
  auto fd = bound_socket(where);
  if (!fd && address.host.empty()) {
    where.host = "0.0.0.0";
    fd = bound_socket(where);
  }
  if (!fd) return client::pass(fd);
  auto certificate = net::Certificate::make(net::CertificateKind::ml_dsa_65, "pqc-chat p2p", {});
  if (!certificate) return client::fail(ExitCode::unexpected, certificate.error().text);
  const auto local = local_address(fd->get());
  engine_ = std::make_shared<QuicEngine>(loop_, std::make_unique<SocketWire>(loop_, std::move(*fd), local),
                                         std::move(*certificate));
  return local;
}

net::Fingerprint UdpTransport::fingerprint() const {
  return engine_->certificate().fingerprint();
}

void UdpTransport::pin(const net::Fingerprint& peer) {
  engine_->pin(peer);
}

Result<Address> UdpTransport::listen(const Address& address, std::function<void(LinkPtr)> accepted) {
  if (!engine_)
    if (auto bound = bind(address); !bound) return bound;
  if (auto started = engine_->start(net::QuicRole::server); !started) return client::pass(started);
  engine_->listen(std::move(accepted));
  return engine_->wire().local();
}

void UdpTransport::connect(const Address& address, std::function<void(Result<LinkPtr>)> done) {
  resolver_.look_up({{.address = address}}, limits::connect_time,
                    [this, done = std::move(done)](client::Resolver::Answers answers) {
                      auto& found = answers.front();
                      if (!found) return done(client::pass(found));
                      std::vector<Address> addresses;
                      for (const auto* at = found->get(); at != nullptr; at = at->ai_next)
                        addresses.push_back(name_of(at->ai_addr, at->ai_addrlen));
                      connect_any(addresses, done);
                    });
}

void UdpTransport::connect_any(const std::vector<Address>& addresses, std::function<void(Result<LinkPtr>)> done) {
  client::Status ready;
  if (!engine_)
    if (const auto bound = bind({}); !bound) ready = std::unexpected(bound.error());
  if (ready) ready = engine_->start(net::QuicRole::client);
  if (!ready) {
    loop_.post([done = std::move(done), error = ready.error()] { done(std::unexpected(error)); });
    return;
  }
  engine_->connect({addresses.begin(), addresses.end()}, std::move(done));
}

namespace {

std::unique_ptr<Transport> make(Loop& loop) {
  return std::make_unique<UdpTransport>(loop);
}

constexpr TransportKind udp_kind{"udp", make};

}  // namespace

const TransportKind& udp_transport() {
  return udp_kind;
}

}  // namespace pqc::p2p
