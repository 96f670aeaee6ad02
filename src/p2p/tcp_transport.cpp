// Frames over TCP, each behind its length in four bytes (docs/spec/p2p.md §3).
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/files.h"
#include "p2p/limits.h"
#include "p2p/registry.h"

namespace pqc::p2p {
namespace {

using client::Error;
using client::FileDescriptor;
using client::Loop;
using client::Result;

constexpr std::size_t length_size = 4;
constexpr std::size_t read_size = 16384;
constexpr int waiting_connections = 16;

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Result<Addresses> resolve(const Address& address, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const auto port = std::to_string(address.port);
  if (const int code = ::getaddrinfo(address.host.c_str(), port.c_str(), &hints, &found); code != 0)
    return client::fail(ExitCode::unreachable,
                        "there is no address for " + to_text(address) + ": " + ::gai_strerror(code));
  return Addresses(found);
}

Address name_of(const sockaddr_storage& storage, socklen_t size) {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&storage), size, host.data(), host.size(), port.data(),
                    port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return {};
  Address out{host.data(), static_cast<std::uint16_t>(std::strtoul(port.data(), nullptr, 10))};
  // An IPv4 peer of a socket for both families.
  if (out.host.starts_with("::ffff:")) out.host.erase(0, 7);
  return out;
}

template <class Ask>
Address address_of(int fd, Ask ask) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (ask(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return {};
  return name_of(storage, size);
}

void set_option(int fd, int level, int option, int value) {
  // What cannot be set only makes the link a little slower, or a port unavailable, which bind() then says.
  static_cast<void>(::setsockopt(fd, level, option, &value, sizeof value));
}

class TcpLink final : public Link {
 public:
  TcpLink(Loop& loop, FileDescriptor fd) : loop_(loop), fd_(std::move(fd)) {
    set_option(fd_.get(), IPPROTO_TCP, TCP_NODELAY, 1);
    local_ = address_of(fd_.get(), ::getsockname);
    remote_ = address_of(fd_.get(), ::getpeername);
  }

  void start(Handlers handlers, std::size_t longest) override {
    handlers_ = std::move(handlers);
    longest_ = longest;
    readable_ = loop_.when_readable(fd_.get(), [this] { on_readable(); });
  }
  void set_longest(std::size_t longest) override { longest_ = longest; }
  void send(ByteView frame) override;
  [[nodiscard]] bool flushed() const override { return out_.empty(); }
  [[nodiscard]] Address local() const override { return local_; }
  [[nodiscard]] Address remote() const override { return remote_; }

 private:
  void on_readable();
  bool take_frames();
  void write();
  void close(Error why);

  Loop& loop_;
  FileDescriptor fd_;
  Address local_;
  Address remote_;
  Handlers handlers_;
  std::size_t longest_ = 0;
  bool closed_ = false;
  Bytes in_;
  Bytes out_;
  Loop::HandlePtr readable_;
  Loop::HandlePtr writable_;
  Loop::HandlePtr closing_;
};

void TcpLink::send(ByteView frame) {
  if (closed_) return;
  if (out_.size() + frame.size() > limits::queued)
    return close({ExitCode::timed_out, "the other side does not read what is sent to it"});
  for (int shift = 24; shift >= 0; shift -= 8) out_.push_back(static_cast<std::uint8_t>(frame.size() >> shift));
  append(out_, frame);
  if (!writable_) write();
}

void TcpLink::write() {
  while (!out_.empty()) {
    const auto sent = ::send(fd_.get(), out_.data(), out_.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      writable_ = loop_.when_writable(fd_.get(), [this] {
        writable_.reset();
        write();
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
  append(in_, ByteView(buffer).first(static_cast<std::size_t>(got)));
  if (!take_frames()) close({ExitCode::protocol_mismatch, "the other side does not speak this protocol"});
}

// False for a length beyond what is allowed: nothing of it is waited for.
bool TcpLink::take_frames() {
  std::size_t at = 0;
  while (!closed_ && in_.size() - at >= length_size) {
    std::size_t size = 0;
    for (std::size_t i = 0; i < length_size; ++i) size = size << 8 | in_[at + i];
    if (size == 0 || size > longest_) return false;
    if (in_.size() - at - length_size < size) break;
    handlers_.frame(ByteView(in_).subspan(at + length_size, size));
    at += length_size + size;
  }
  in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(at));
  return true;
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
  explicit TcpTransport(Loop& loop) : loop_(loop) {}

  Result<Address> listen(const Address& address, std::function<void(LinkPtr)> accepted) override;
  void connect(const Address& address, std::function<void(Result<LinkPtr>)> done) override;

 private:
  Result<Address> listen_at(const Address& address, const addrinfo& at);
  void on_connection();
  void try_next();
  void on_connected();
  void finish(Result<LinkPtr> result);

  Loop& loop_;
  FileDescriptor listener_;
  Loop::HandlePtr acceptable_;
  std::function<void(LinkPtr)> accepted_;

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
  return address_of(listener_.get(), ::getsockname);
}

Result<Address> TcpTransport::listen(const Address& address, std::function<void(LinkPtr)> accepted) {
  auto where = address;
  // Both families through one socket; where the kernel has no IPv6, IPv4.
  if (where.host.empty()) where.host = "::";
  auto found = resolve(where, AI_PASSIVE);
  if (!found) return client::pass(found);
  auto at = listen_at(where, **found);
  if (!at && address.host.empty()) {
    where.host = "0.0.0.0";
    found = resolve(where, AI_PASSIVE);
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
  auto found = resolve(address, 0);
  if (!found) {
    loop_.post([this, error = found.error()] { finish(std::unexpected(error)); });
    return;
  }
  found_ = std::move(*found);
  next_ = found_.get();
  timer_ = loop_.after(limits::connect_time,
                       [this] { finish(client::fail(ExitCode::timed_out, "nobody answers at " + to_text(wanted_))); });
  loop_.post([this] { try_next(); });
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
