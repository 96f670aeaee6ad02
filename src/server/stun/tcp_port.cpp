#include "server/stun/tcp_port.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/epoll.h>

namespace pqc::server::stun {

struct TcpPort::Connection {
  Socket socket;
  net::stun::Address peer;
  Responder::Time deadline;
  std::size_t used = 0;
  std::array<std::uint8_t, max_request> bytes;
};

TcpPort::TcpPort(Socket listener, int epoll, Responder& responder)
    : listener_(std::move(listener)),
      epoll_(epoll),
      responder_(responder),
      connections_(std::make_unique<std::array<Connection, max_connections>>()) {
  watch_listener(true);
}
TcpPort::~TcpPort() = default;

void TcpPort::watch_listener(bool on) {
  epoll_event event{.events = EPOLLIN, .data = {.u64 = listening}};
  ::epoll_ctl(epoll_, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, listener_.get(), &event);
  is_listening_ = on;
}

void TcpPort::handle(std::uint64_t place, Responder::Time now) {
  if (place == listening) return accept(now);
  auto& connection = (*connections_)[place];
  if (connection.socket && !read(connection, now)) connection.socket = Socket();
}

void TcpPort::look_at_deadlines(Responder::Time now) {
  for (auto& connection : *connections_)
    if (connection.socket && connection.deadline <= now) connection.socket = Socket();
  if (!is_listening_) watch_listener(true);
}

void TcpPort::accept(Responder::Time now) {
  for (int i = 0; i < accepts_at_once; ++i) {
    sockaddr_storage peer{};
    auto size = static_cast<socklen_t>(sizeof peer);
    Socket socket(::accept4(listener_.get(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) {
      admit(std::move(socket), peer, now);
      continue;
    }
    if (errno == ECONNABORTED || errno == EINTR) continue;
    // Without descriptors it would be ready again and again; the next tick tries once more.
    if (errno != EAGAIN && errno != EWOULDBLOCK) watch_listener(false);
    return;
  }
}

// Into a free place, or that of who has been silent longest.
bool TcpPort::admit(Socket socket, const sockaddr_storage& peer, Responder::Time now) {
  const auto source = address_of(peer);
  std::size_t of_source = 0;
  auto* place = &connections_->front();
  for (auto& other : *connections_) {
    if (other.socket && source_key(other.peer) == source_key(source)) ++of_source;
    if (place->socket && (!other.socket || other.deadline < place->deadline)) place = &other;
  }
  if (of_source >= max_connections_of_source) return false;
  epoll_event event{.events = EPOLLIN, .data = {.u64 = static_cast<std::uint64_t>(place - connections_->data())}};
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket.get(), &event) != 0) return false;
  place->socket = std::move(socket);
  place->peer = source;
  place->deadline = now + request_deadline;
  place->used = 0;
  responder_.counters().connections.fetch_add(1, std::memory_order_relaxed);
  return true;
}

// One read an event, so that nobody keeps the others waiting. False: close.
bool TcpPort::read(Connection& connection, Responder::Time now) {
  const auto got = ::recv(connection.socket.get(), connection.bytes.data() + connection.used,
                          connection.bytes.size() - connection.used, 0);
  if (got < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  if (got == 0) return false;
  connection.used += static_cast<std::size_t>(got);
  return answer(connection, now);
}

// Every whole request in the buffer. Who sends something else, asks too fast or does not read is left.
bool TcpPort::answer(Connection& connection, Responder::Time now) {
  for (;;) {
    const auto bytes = ByteView(connection.bytes).first(connection.used);
    const auto size = net::stun::message_size(bytes);
    if (!size || size->value_or(0) > max_request) return false;
    if (!*size || bytes.size() < **size) return true;
    std::array<std::uint8_t, net::stun::max_answer> out;
    const auto written = responder_.answer(bytes.first(**size), connection.peer, now, out);
    if (written == 0 ||
        ::send(connection.socket.get(), out.data(), written, MSG_NOSIGNAL) != static_cast<ssize_t>(written))
      return false;
    connection.used -= **size;
    std::memmove(connection.bytes.data(), connection.bytes.data() + **size, connection.used);
    connection.deadline = now + request_deadline;
  }
}

}  // namespace pqc::server::stun
