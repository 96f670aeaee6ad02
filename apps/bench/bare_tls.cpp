#include "bare_tls.h"

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/certificate.h"
#include "net/tls_context.h"
#include "net/tls_session.h"
#include "process.h"

namespace pqc::bench {
namespace {

// Connections that warm up allocator and library before memory is looked at.
constexpr std::size_t warm_up = 64;
constexpr int patience_ms = 30'000;

class Socket {
 public:
  explicit Socket(int handle) : handle_(handle) {}
  ~Socket() {
    if (handle_ >= 0) close(handle_);
  }
  Socket(Socket&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  [[nodiscard]] int get() const { return handle_; }

 private:
  int handle_;
};

struct Connection {
  Socket socket;
  net::TlsSession tls;
};

bool wait_for(int socket, net::IoStatus status) {
  const short events = status == net::IoStatus::want_write ? POLLOUT : POLLIN;
  pollfd wait{.fd = socket, .events = events, .revents = 0};
  return poll(&wait, 1, patience_ms) == 1;
}

bool shake_hands(Connection& connection) {
  while (true) {
    const auto status = connection.tls.handshake();
    if (status == net::IoStatus::done) return true;
    if (status != net::IoStatus::want_read && status != net::IoStatus::want_write) return false;
    if (!wait_for(connection.socket.get(), status)) return false;
  }
}

// The child's side of one connection: a handshake, one byte to say that it is over, and a look for more, which lets
// OpenSSL give its buffers back.
std::optional<Connection> accept_one(int listener, const net::TlsServerContext& context) {
  Socket socket(accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (socket.get() < 0) return std::nullopt;
  auto tls = net::TlsSession::accept(context, socket.get());
  if (!tls) return std::nullopt;
  Connection connection{std::move(socket), std::move(*tls)};
  const std::array<std::uint8_t, 1> over{1};
  if (!shake_hands(connection) || connection.tls.write(over).status != net::IoStatus::done) return std::nullopt;
  std::array<std::uint8_t, 64> nothing{};
  if (connection.tls.read(nothing).status != net::IoStatus::want_read) return std::nullopt;
  return connection;
}

[[noreturn]] void serve(int listener, std::size_t connections) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const auto certificate = net::Certificate::make(net::CertificateKind::ml_dsa_65, "bench", {});
  if (!certificate) _exit(1);
  const auto context = net::TlsServerContext::make({*certificate}, false);
  if (!context) _exit(1);
  std::vector<Connection> open;
  open.reserve(connections);
  while (open.size() < connections) {
    auto connection = accept_one(listener, *context);
    if (!connection) _exit(1);
    open.push_back(std::move(*connection));
  }
  while (true) pause();
}

std::optional<Connection> connect_one(const sockaddr_in& address, const net::TlsClientContext& context) {
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return std::nullopt;
  auto tls = net::TlsSession::connect(context, socket.get(), "127.0.0.1", std::nullopt, {});
  if (!tls) return std::nullopt;
  Connection connection{std::move(socket), std::move(*tls)};
  std::array<std::uint8_t, 64> byte{};
  // The socket blocks: the handshake and the child's byte are there when these return.
  if (!shake_hands(connection) || connection.tls.read(byte).bytes != 1) return std::nullopt;
  return connection;
}

// Opens connections until there are `count`.
bool open_until(std::vector<Connection>& open, std::size_t count, const sockaddr_in& address,
                const net::TlsClientContext& context) {
  while (open.size() < count) {
    auto connection = connect_one(address, context);
    if (!connection) return false;
    open.push_back(std::move(*connection));
  }
  return true;
}

std::expected<double, std::string> measure(pid_t child, const sockaddr_in& address, std::size_t connections) {
  const auto context = net::TlsClientContext::make(false);
  if (!context) return std::unexpected(context.error());
  std::vector<Connection> open;
  if (!open_until(open, warm_up, address, *context)) return std::unexpected("bare TLS: no connection");
  const auto before = usage_of(child);
  if (!open_until(open, warm_up + connections, address, *context)) return std::unexpected("bare TLS: no connection");
  const auto after = usage_of(child);
  if (!before || !after) return std::unexpected("bare TLS: the process is gone");
  return static_cast<double>(after->resident_bytes - before->resident_bytes) / static_cast<double>(connections);
}

}  // namespace

std::expected<double, std::string> bare_tls_bytes_per_connection(std::size_t connections) {
  net::ignore_broken_pipes();
  const Socket listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      listen(listener.get(), SOMAXCONN) != 0 ||
      getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return std::unexpected("bare TLS: no port");
  }
  const pid_t child = fork();
  if (child < 0) return std::unexpected("bare TLS: no process");
  if (child == 0) serve(listener.get(), warm_up + connections);
  auto result = measure(child, address, connections);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  return result;
}

}  // namespace pqc::bench
