#include "keys/agent/server.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "keys/agent/connection.h"

namespace pqc::keys::agent {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int backlog = 16;

bool same_user(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

// Nothing when the folder, or the socket in it, was removed.
std::optional<ino_t> socket_file_in(const vault::KeyFolder& folder) {
  struct stat status{};
  if (fstatat(folder.fd(), agent_protocol::socket_name, &status, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  return status.st_ino;
}

}  // namespace

vault::Result<vault::OwnedFd> listen_in(const vault::KeyFolder& folder) {
  vault::OwnedFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd || fchdir(folder.fd()) != 0) return std::unexpected(vault::Error::io);
  if (const auto removed = folder.remove(agent_protocol::socket_name); !removed)
    return std::unexpected(removed.error());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, agent_protocol::socket_name, sizeof address.sun_path - 1);
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return std::unexpected(errno == EACCES || errno == EPERM ? vault::Error::no_permission : vault::Error::io);
  if (chmod(agent_protocol::socket_name, 0600) != 0 || listen(fd.get(), backlog) != 0)
    return std::unexpected(vault::Error::io);
  return fd;
}

vault::OwnedFd catch_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  return vault::OwnedFd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

struct Server::Impl {
  vault::OwnedFd listening;
  vault::OwnedFd signals;
  const vault::KeyFolder& folder;
  Agent& agent;
  Patience patience;
  std::vector<Connection> connections;
  Clock::time_point last_request = Clock::now();
  Clock::time_point last_look = Clock::now();
  std::optional<ino_t> socket_file = socket_file_in(folder);

  [[nodiscard]] std::vector<pollfd> watched() const;
  [[nodiscard]] int timeout(Clock::time_point now) const;
  [[nodiscard]] bool reachable(Clock::time_point now);
  void accept_one();
  [[nodiscard]] bool make_room();
  void serve(const std::vector<pollfd>& ready);
  [[nodiscard]] bool serve_one(Connection& connection, short events);
};

std::vector<pollfd> Server::Impl::watched() const {
  std::vector<pollfd> out{{listening.get(), POLLIN, 0}, {signals.get(), POLLIN, 0}};
  for (const auto& connection : connections)
    out.push_back({connection.fd(), static_cast<short>(connection.sending() ? POLLOUT : POLLIN), 0});
  return out;
}

// Milliseconds until the next deadline.
int Server::Impl::timeout(Clock::time_point now) const {
  auto next = last_look + patience.look;
  if (!agent.unlocked()) next = std::min(next, last_request + patience.idle);
  for (const auto& connection : connections)
    if (connection.deadline()) next = std::min(next, *connection.deadline());
  return std::max(0, static_cast<int>(std::chrono::ceil<milliseconds>(next - now).count()));
}

bool Server::Impl::reachable(Clock::time_point now) {
  if (now - last_look < patience.look) return true;
  last_look = now;
  const auto found = socket_file_in(folder);
  return found && found == socket_file;
}

void Server::Impl::accept_one() {
  vault::OwnedFd fd(accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd || !same_user(fd.get()) || !make_room()) return;
  connections.emplace_back(std::move(fd), patience.frame);
}

// A full table gives up the connection that has waited longest, so that those who only sit there keep nobody out. A
// client whose connection went finds out before it sends, and connects again (docs/spec/agent.md §2).
bool Server::Impl::make_room() {
  if (connections.size() < agent_protocol::max_connections) return true;
  auto oldest = connections.end();
  for (auto it = connections.begin(); it != connections.end(); ++it) {
    // A request that has just come is served first.
    if (!it->sending() && it->has_unread()) continue;
    if (oldest == connections.end() || it->since() < oldest->since()) oldest = it;
  }
  if (oldest == connections.end()) return false;
  connections.erase(oldest);
  return true;
}

// False when the connection ends. What has come is looked at before the clock: it may have waited here while another
// connection's request was served.
bool Server::Impl::serve_one(Connection& connection, short events) {
  if (events != 0) {
    const bool was_sending = connection.sending();
    const auto progress = was_sending ? connection.send() : connection.receive(agent);
    if (!was_sending && progress == Connection::Progress::handled) last_request = Clock::now();
    if (progress == Connection::Progress::closed) return false;
  }
  return !connection.deadline() || Clock::now() < *connection.deadline();
}

void Server::Impl::serve(const std::vector<pollfd>& ready) {
  std::size_t index = 2;
  std::erase_if(connections, [&](Connection& c) { return !serve_one(c, ready[index++].revents); });
}

Server::Server(vault::OwnedFd listening, vault::OwnedFd signals, const vault::KeyFolder& folder, Agent& agent,
               Patience patience)
    : impl_(new Impl{std::move(listening), std::move(signals), folder, agent, patience, {}}) {}
Server::~Server() = default;

Stop Server::run() {
  for (;;) {
    auto watched = impl_->watched();
    if (poll(watched.data(), watched.size(), impl_->timeout(Clock::now())) < 0 && errno != EINTR) return Stop::failed;
    if (watched[1].revents != 0) return Stop::signal;
    impl_->serve(watched);
    if (watched[0].revents != 0) impl_->accept_one();
    const auto now = Clock::now();
    if (!impl_->agent.unlocked() && now - impl_->last_request >= impl_->patience.idle) return Stop::idle;
    if (!impl_->reachable(now)) return Stop::unreachable;
  }
}

}  // namespace pqc::keys::agent
