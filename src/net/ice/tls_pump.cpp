#include "net/ice/tls_pump.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

#include "net/ice/limits.h"

namespace pqc::net::ice {
namespace {

using std::chrono::steady_clock;

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

void set_option(int fd, int level, int name, int value) {
  // Where it cannot be set, it is only slower to send or to give up.
  static_cast<void>(::setsockopt(fd, level, name, &value, sizeof value));
}

std::expected<Descriptor, std::string> begin_connection(const TlsRelay& relay) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  if (const int code = ::getaddrinfo(relay.ip.c_str(), std::to_string(relay.port).c_str(), &hints, &list); code != 0)
    return std::unexpected(::gai_strerror(code));
  const std::unique_ptr<addrinfo, FreeAddresses> address(list);
  Descriptor fd(::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return std::unexpected(std::strerror(errno));
  set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd.get(), IPPROTO_TCP, TCP_USER_TIMEOUT,
             static_cast<int>(std::chrono::milliseconds(limits::tunnel_silence).count()));
  if (::connect(fd.get(), address->ai_addr, address->ai_addrlen) != 0 && errno != EINPROGRESS)
    return std::unexpected(std::strerror(errno));
  return fd;
}

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

ByteSpan PumpBuffer::room() {
  if (begin_ > 0 && end_ == bytes_.size()) {
    std::ranges::copy(waiting(), bytes_.begin());
    end_ -= begin_;
    begin_ = 0;
  }
  return ByteSpan(bytes_).subspan(end_);
}

void PumpBuffer::took(std::size_t size) {
  begin_ += size;
  if (empty()) begin_ = end_ = 0;
}

TlsPump::TlsPump(Descriptor local, Descriptor remote, TlsSession tls)
    : local_(std::move(local)),
      remote_(std::move(remote)),
      tls_(std::move(tls)),
      to_relay_(limits::tunnel_buffer),
      to_local_(limits::tunnel_buffer),
      deadline_(steady_clock::now() + limits::tunnel_handshake) {}

std::expected<TlsPump, std::string> TlsPump::start(Descriptor local, const TlsRelay& relay,
                                                   const TlsClientContext& context) {
  auto remote = begin_connection(relay);
  if (!remote) return std::unexpected(remote.error());
  auto tls = TlsSession::connect(context, remote->get(), relay.name, relay.pin, {});
  if (!tls) return std::unexpected(tls.error());
  set_option(local.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  return TlsPump(std::move(local), std::move(*remote), std::move(*tls));
}

// What a direction has no room for is not waited for, nor is an end that has been seen: poll() would answer at once,
// again and again.
short TlsPump::local_events() const {
  if (state_ != State::open) return 0;
  const bool in = !local_ended_ && !to_relay_.full();
  return static_cast<short>((in ? POLLIN : 0) | (to_local_.empty() ? 0 : POLLOUT));
}

short TlsPump::remote_events() const {
  if (state_ == State::connecting) return POLLOUT;
  const bool in = wants_read_ || (state_ == State::open && !relay_ended_ && !to_local_.full());
  return static_cast<short>((in ? POLLIN : 0) | (wants_write_ ? POLLOUT : 0));
}

std::optional<steady_clock::time_point> TlsPump::deadline() const {
  if (state_ == State::open) return std::nullopt;
  return deadline_;
}

bool TlsPump::step() {
  busy_ = false;
  if (state_ == State::connecting && !finish_connecting()) return failure_.empty();
  if (state_ == State::handshaking && !finish_handshake()) return failure_.empty();
  int turns = 0;
  while (move())
    if (++turns == limits::tunnel_turns) {
      busy_ = true;
      return true;
    }
  if (!ended()) return true;
  if (failure_.empty()) tls_.shutdown();
  return false;
}

bool TlsPump::ended() const {
  return !failure_.empty() || (local_ended_ && to_relay_.empty()) || (relay_ended_ && to_local_.empty());
}

bool TlsPump::finish_connecting() {
  int error = 0;
  socklen_t size = sizeof error;
  sockaddr_storage peer{};
  socklen_t peer_size = sizeof peer;
  if (::getsockopt(remote(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
    failure_ = std::strerror(error != 0 ? error : errno);
    return false;
  }
  if (::getpeername(remote(), reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0) return false;
  state_ = State::handshaking;
  return true;
}

bool TlsPump::finish_handshake() {
  wants_read_ = wants_write_ = false;
  const auto status = tls_.handshake();
  note(status);
  if (status == IoStatus::closed) failure_ = "the relay ended the connection";
  if (status != IoStatus::done) return false;
  state_ = State::open;
  return true;
}

void TlsPump::note(IoStatus status) {
  wants_read_ |= status == IoStatus::want_read;
  wants_write_ |= status == IoStatus::want_write;
  if (status == IoStatus::failed) failure_ = tls_.failure_text();
}

// Whether anything has moved.
bool TlsPump::move() {
  wants_read_ = wants_write_ = false;
  bool moved = read_local();
  moved |= write_relay();
  moved |= failure_.empty() && read_relay();
  return write_local() || (moved && failure_.empty());
}

bool TlsPump::read_local() {
  if (local_ended_ || to_relay_.full()) return false;
  const auto room = to_relay_.room();
  const auto got = ::recv(local(), room.data(), room.size(), 0);
  if (got > 0) to_relay_.gave(static_cast<std::size_t>(got));
  if (got == 0 || (got < 0 && !would_block())) local_ended_ = true;
  return got > 0;
}

bool TlsPump::write_relay() {
  if (to_relay_.empty()) return false;
  const auto wrote = tls_.write(to_relay_.waiting());
  note(wrote.status);
  if (wrote.status == IoStatus::done) to_relay_.took(wrote.bytes);
  return wrote.status == IoStatus::done;
}

bool TlsPump::read_relay() {
  if (relay_ended_ || to_local_.full()) return false;
  const auto got = tls_.read(to_local_.room());
  // More bytes are waited for in any case, as long as there is room.
  if (got.status != IoStatus::want_read) note(got.status);
  if (got.status == IoStatus::closed) relay_ended_ = true;
  if (got.status == IoStatus::done) to_local_.gave(got.bytes);
  return got.status == IoStatus::done;
}

bool TlsPump::write_local() {
  if (to_local_.empty()) return false;
  const auto bytes = to_local_.waiting();
  const auto sent = ::send(local(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent > 0) to_local_.took(static_cast<std::size_t>(sent));
  if (sent < 0 && !would_block()) {
    // Nobody is there to take the rest.
    local_ended_ = relay_ended_ = true;
    to_local_.took(bytes.size());
  }
  return sent > 0;
}

}  // namespace pqc::net::ice
