// Frames over TCP, each behind its length in four bytes (docs/spec/p2p.md §3).
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/files.h"
#include "p2p/frame_reader.h"
#include "p2p/limits.h"
#include "p2p/registry.h"
#include "p2p/sockets.h"

namespace pqc::p2p {
namespace {

using client::Error;
using client::FileDescriptor;
using client::Loop;
using client::Result;

constexpr std::size_t read_size = 16384;
constexpr int waiting_connections = 16;

Address remote_address(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  return ::getpeername(fd, address, &size) == 0 ? name_of(address, size) : Address{};
}

void set_option(int fd, int level, int option, int value) {
  // What cannot be set only makes the link a little slower, or a port unavailable, which bind() then says.
  static_cast<void>(::setsockopt(fd, level, option, &value, sizeof value));
}

class TcpLink final : public Link {
 public:
  TcpLink(Loop& loop, FileDescriptor fd) : loop_(loop), fd_(std::move(fd)) {
    set_option(fd_.get(), IPPROTO_TCP, TCP_NODELAY, 1);
    local_ = local_address(fd_.get());
    remote_ = remote_address(fd_.get());
  }

  void start(Handlers handlers, std::size_t longest) override {
    handlers_ = std::move(handlers);
    in_.set_longest(longest);
    readable_ = loop_.when_readable(fd_.get(), [this] { on_readable(); });
  }
  void set_longest(std::size_t longest) override { in_.set_longest(longest); }
  void send(ByteView frame) override;
  [[nodiscard]] std::size_t queued() const override { return out_.size(); }
  [[nodiscard]] Address local() const override { return local_; }
  [[nodiscard]] Address remote() const override { return remote_; }

 private:
  void on_readable();
  void write();
  void close(Error why);

  Loop& loop_;
  FileDescriptor fd_;
  Address local_;
  Address remote_;
  Handlers handlers_;
  bool closed_ = false;
  FrameReader in_;
  Bytes out_;
  Loop::HandlePtr readable_;
  Loop::HandlePtr writable_;
  Loop::HandlePtr closing_;
};

void TcpLink::send(ByteView frame) {
  if (closed_) return;
  if (out_.size() + frame.size() > limits::queued)
    return close({ExitCode::timed_out, "the other side does not read what is sent to it"});
  append_frame(out_, frame);
  if (!writable_) write();
}

void TcpLink::write() {
  while (!out_.empty()) {
    const auto sent = ::send(fd_.get(), out_.data(), out_.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      writable_ = loop_.when_writable(fd_.get(), [this] {
        writable_.reset();
        const bool full = out_.size() >= limits::file_ahead;
        write();
        if (full && !closed_ && out_.size() < limits::file_ahead) handlers_.drained();
      });
      return;
    }
    if (sent < 0) return close({ExitCode::unreachable, "the connection was lost"});
    out_.erase(out_.begin(), out_.begin() + sent);
  }
}

void TcpLink::on_readable() {
  std::array<std::uint8_t, read_size> buffer;
  const auto got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
  if (got < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) return;
  if (got <= 0) return close({ExitCode::unreachable, "the other side closed the connection"});
  in_.append(ByteView(buffer).first(static_cast<std::size_t>(got)));
  while (!closed_) {
    const auto frame = in_.next();
    if (!frame) break;
    handlers_.frame(*frame);
  }
  if (in_.broken()) close({ExitCode::protocol_mismatch, "the other side does not speak this protocol"});
}

// Told from the loop, so that no caller of send() meets its own end inside.
void TcpLink::close(Error why) {
  if (std::exchange(closed_, true)) return;
  readable_.reset();
  writable_.reset();
  out_.clear();
  closing_ = loop_.after(std::chrono::milliseconds(0), [this, why = std::move(why)] {
    if (handlers_.closed) handlers_.closed(why);
  });
}

class TcpTransport final : public Transport {
 public:
  explicit TcpTransport(Loop& loop) : loop_(loop), resolver_(loop) {}

  Result<Address> listen(const Address& address, std::function<void(LinkPtr)> accepted) override;
  void connect(const Address& address, std::function<void(Result<LinkPtr>)> done) override;

 private:
  Result<Address> listen_at(const Address& address, const addrinfo& at);
  void on_connection();
  void on_found(Result<Addresses> found);
  void try_next();
  void on_connected();
  void finish(Result<LinkPtr> result);

  Loop& loop_;
  FileDescriptor listener_;
  Loop::HandlePtr acceptable_;
  std::function<void(LinkPtr)> accepted_;

  client::Resolver resolver_;
  Address wanted_;
  Addresses found_;
  const addrinfo* next_ = nullptr;
  int failure_ = 0;
  FileDescriptor connecting_;
  Loop::HandlePtr connected_;
  Loop::HandlePtr timer_;
  std::function<void(Result<LinkPtr>)> done_;
};

FileDescriptor new_socket(const addrinfo& at) {
  return FileDescriptor(::socket(at.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

Result<Address> TcpTransport::listen_at(const Address& address, const addrinfo& at) {
  auto fd = new_socket(at);
  if (!fd) return client::fail(ExitCode::unreachable, std::string("no socket: ") + std::strerror(errno));
  set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (at.ai_family == AF_INET6) set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (::bind(fd.get(), at.ai_addr, at.ai_addrlen) != 0 || ::listen(fd.get(), waiting_connections) != 0) {
    const auto code = errno == EADDRINUSE ? ExitCode::address_in_use
                      : errno == EACCES   ? ExitCode::no_permission
                                          : ExitCode::unreachable;
    return client::fail(code, "cannot listen at " + to_text(address) + ": " + std::strerror(errno));
  }
  listener_ = std::move(fd);
  return local_address(listener_.get());
}

Result<Address> TcpTransport::listen(const Address& address, std::function<void(LinkPtr)> accepted) {
  auto where = address;
  // Both families through one socket; where the kernel has no IPv6, IPv4.
  if (where.host.empty()) where.host = "::";
  auto found = resolve(where, SOCK_STREAM, AI_PASSIVE);
  if (!found) return client::pass(found);
  auto at = listen_at(where, **found);
  if (!at && address.host.empty()) {
    where.host = "0.0.0.0";
    found = resolve(where, SOCK_STREAM, AI_PASSIVE);
    if (!found) return client::pass(found);
    at = listen_at(where, **found);
  }
  if (!at) return at;
  accepted_ = std::move(accepted);
  acceptable_ = loop_.when_readable(listener_.get(), [this] { on_connection(); });
  return at;
}

void TcpTransport::on_connection() {
  FileDescriptor fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (fd) accepted_(std::make_unique<TcpLink>(loop_, std::move(fd)));
}

void TcpTransport::connect(const Address& address, std::function<void(Result<LinkPtr>)> done) {
  wanted_ = address;
  done_ = std::move(done);
  resolver_.look_up({{.address = address, .type = SOCK_STREAM}}, limits::connect_time,
                    [this](client::Resolver::Answers answers) { on_found(std::move(answers.front())); });
}

void TcpTransport::on_found(Result<Addresses> found) {
  if (!found) return finish(client::pass(found));
  found_ = std::move(*found);
  next_ = found_.get();
  timer_ = loop_.after(limits::connect_time,
                       [this] { finish(client::fail(ExitCode::timed_out, "nobody answers at " + to_text(wanted_))); });
  try_next();
}

// One address after the other, as the resolver orders them.
void TcpTransport::try_next() {
  if (!done_) return;
  for (; next_ != nullptr; next_ = next_->ai_next) {
    connecting_ = new_socket(*next_);
    if (connecting_ && (::connect(connecting_.get(), next_->ai_addr, next_->ai_addrlen) == 0 || errno == EINPROGRESS)) {
      next_ = next_->ai_next;
      connected_ = loop_.when_writable(connecting_.get(), [this] { on_connected(); });
      return;
    }
    failure_ = errno;
  }
  finish(client::fail(ExitCode::unreachable, "cannot reach " + to_text(wanted_) + ": " + std::strerror(failure_) +
                                                 ". Is the other side listening, and is the port open?"));
}

void TcpTransport::on_connected() {
  socklen_t size = sizeof failure_;
  if (::getsockopt(connecting_.get(), SOL_SOCKET, SO_ERROR, &failure_, &size) != 0) failure_ = errno;
  if (failure_ != 0) return try_next();
  finish(std::make_unique<TcpLink>(loop_, std::move(connecting_)));
}

void TcpTransport::finish(Result<LinkPtr> result) {
  connected_.reset();
  timer_.reset();
  if (const auto done = std::exchange(done_, {})) done(std::move(result));
}

std::unique_ptr<Transport> make(Loop& loop) {
  return std::make_unique<TcpTransport>(loop);
}

}  // namespace

constexpr TransportKind tcp_kind{"tcp", make};
const TransportKind& tcp_transport() {
  return tcp_kind;
}

}  // namespace pqc::p2p
