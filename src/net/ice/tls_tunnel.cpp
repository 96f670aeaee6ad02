#include "net/ice/tls_tunnel.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "base/log.h"
#include "net/ice/limits.h"

namespace pqc::net::ice {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// The address of one end of a socket; comparable.
struct End {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  bool known = false;

  friend bool operator==(const End& a, const End& b) {
    return a.known && b.known && a.size == b.size && std::memcmp(&a.address, &b.address, a.size) == 0;
  }
};

End end_of(int fd, int (*ask)(int, sockaddr*, socklen_t*)) {
  End out;
  out.known = ask(fd, reinterpret_cast<sockaddr*>(&out.address), &out.size) == 0;
  return out;
}

// Whether the other end of this connection is a socket of this process too.
bool is_ours(int accepted) {
  const auto here = end_of(accepted, ::getsockname);
  const auto there = end_of(accepted, ::getpeername);
  std::error_code error;
  std::filesystem::directory_iterator entry("/proc/self/fd", error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const auto name = entry->path().filename().string();
    int fd = -1;
    std::from_chars(name.data(), name.data() + name.size(), fd);
    if (fd >= 0 && end_of(fd, ::getsockname) == there && end_of(fd, ::getpeername) == here) return true;
  }
  return false;
}

End loopback(bool v6) {
  End out;
  out.known = true;
  if (v6) {
    auto* address = reinterpret_cast<sockaddr_in6*>(&out.address);
    address->sin6_family = AF_INET6;
    address->sin6_addr = in6addr_loopback;
    out.size = sizeof *address;
  } else {
    auto* address = reinterpret_cast<sockaddr_in*>(&out.address);
    address->sin_family = AF_INET;
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    out.size = sizeof *address;
  }
  return out;
}

std::uint16_t port_of(const End& end) {
  return ntohs(end.address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6*>(&end.address)->sin6_port
                                                 : reinterpret_cast<const sockaddr_in*>(&end.address)->sin_port);
}

}  // namespace

TlsTunnel::TlsTunnel(TlsRelay relay, TlsClientContext context)
    : relay_(std::move(relay)), context_(std::move(context)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

TlsTunnel::~TlsTunnel() {
  if (!thread_.joinable()) return;
  // Fails only where it is set already.
  static_cast<void>(::eventfd_write(wake_.get(), 1));
  thread_.join();
}

std::expected<std::unique_ptr<TlsTunnel>, std::string> TlsTunnel::open(TlsRelay relay) {
  auto context = TlsClientContext::make_for_relays();
  if (!context) return std::unexpected(context.error());
  std::unique_ptr<TlsTunnel> out(new TlsTunnel(std::move(relay), std::move(*context)));
  if (auto listening = out->listen(); !listening) return std::unexpected(listening.error());
  // Signals are for the threads that wait for them; a broken pipe is an error of the write.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  out->thread_ = std::thread([tunnel = out.get()] { tunnel->run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return out;
}

std::expected<void, std::string> TlsTunnel::listen() {
  const bool v6 = relay_.ip.find(':') != std::string::npos;
  const auto at = loopback(v6);
  listener_ = Descriptor(::socket(at.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!wake_ || !listener_ || ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&at.address), at.size) != 0 ||
      ::listen(listener_.get(), static_cast<int>(limits::local_addresses)) != 0)
    return std::unexpected(std::strerror(errno));
  ip_ = v6 ? "::1" : "127.0.0.1";
  port_ = port_of(end_of(listener_.get(), ::getsockname));
  return {};
}

void TlsTunnel::run() {
  constexpr int nothing = -1;
  for (;;) {
    if (paused_until_ && *paused_until_ <= steady_clock::now()) paused_until_.reset();
    std::vector<pollfd> waiting{{.fd = wake_.get(), .events = POLLIN, .revents = 0},
                                {.fd = paused_until_ ? nothing : listener_.get(), .events = POLLIN, .revents = 0}};
    // An end that nothing is wanted of is left out, since its errors would be told all the same.
    const auto wait_for = [&waiting](int fd, short events) {
      if (events != 0) waiting.push_back({.fd = fd, .events = events, .revents = 0});
    };
    for (const auto& pump : pumps_) {
      wait_for(pump.local(), pump.local_events());
      wait_for(pump.remote(), pump.remote_events());
    }
    if (::poll(waiting.data(), waiting.size(), wait_time()) < 0 && errno != EINTR) return;
    if (waiting[0].revents != 0) return;
    if (waiting[1].revents != 0) accept();
    step();
  }
}

int TlsTunnel::wait_time() const {
  constexpr int for_ever = -1;
  int out = for_ever;
  const auto wait_until = [&out](steady_clock::time_point time) {
    const auto left = std::chrono::ceil<milliseconds>(time - steady_clock::now()).count();
    const int wait = static_cast<int>(std::max<milliseconds::rep>(left, 0));
    out = out == for_ever ? wait : std::min(out, wait);
  };
  if (paused_until_) wait_until(*paused_until_);
  for (const auto& pump : pumps_) {
    if (pump.busy()) return 0;
    if (const auto deadline = pump.deadline()) wait_until(*deadline);
  }
  return out;
}

// One for each address of this machine that libnice asks the relay from.
void TlsTunnel::accept() {
  Descriptor local(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!local) return on_no_accept(errno);
  pause_told_ = false;
  if (pumps_.size() >= limits::local_addresses) return;
  if (!is_ours(local.get())) return log(LogLevel::warning, "ice.tunnel.stranger");
  auto pump = TlsPump::start(std::move(local), relay_, context_);
  if (!pump) return log(LogLevel::warning, "ice.tunnel.failed", {{"relay", relay_.name}, {"reason", pump.error()}});
  pumps_.push_back(std::move(*pump));
}

// What waits stays where it is for lack of a descriptor or of memory, and poll() would tell of it again at once.
void TlsTunnel::on_no_accept(int error) {
  if (error != EMFILE && error != ENFILE && error != ENOMEM && error != ENOBUFS) return;
  paused_until_ = steady_clock::now() + limits::tunnel_pause;
  if (!std::exchange(pause_told_, true)) log(LogLevel::warning, "ice.tunnel.full", {{"reason", std::strerror(error)}});
}

void TlsTunnel::step() {
  const auto now = steady_clock::now();
  std::erase_if(pumps_, [&](TlsPump& pump) {
    if (pump.step() && (!pump.deadline() || *pump.deadline() > now)) return false;
    const std::string reason = pump.deadline() && pump.failure().empty() ? "no answer" : pump.failure();
    if (!reason.empty()) log(LogLevel::warning, "ice.tunnel.failed", {{"relay", relay_.name}, {"reason", reason}});
    return true;
  });
}

}  // namespace pqc::net::ice
