#include "server/stun/server.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "server/stun/tcp_port.h"
#include "server/stun/udp_port.h"

namespace pqc::server::stun {
namespace {

// Events that are not the TCP port's.
constexpr std::uint64_t datagrams = TcpPort::listening + 1;
constexpr std::uint64_t stopping = TcpPort::listening + 2;

}  // namespace

class StunServer::Impl {
 public:
  Impl(Sockets sockets, Socket epoll, Socket wake, Rng& rng)
      : address_(std::move(sockets.address)),
        epoll_(std::move(epoll)),
        wake_(std::move(wake)),
        responder_(rng, std::chrono::steady_clock::now(), counters_),
        udp_(std::move(sockets.udp), responder_),
        tcp_(std::move(sockets.tcp), epoll_.get(), responder_) {
    watch(udp_.fd(), datagrams);
    watch(wake_.get(), stopping);
    thread_ = std::thread([this] { run(); });
    ::pthread_setname_np(thread_.native_handle(), "stun");
  }
  ~Impl() {
    const std::uint64_t one = 1;
    // A counter that nobody else writes takes a one.
    static_cast<void>(!::write(wake_.get(), &one, sizeof one));
    thread_.join();
  }

  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  void watch(int fd, std::uint64_t what) {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = what}};
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  }

  void run() {
    auto next_tick = std::chrono::steady_clock::now() + tick;
    for (;;) {
      std::array<epoll_event, 64> events;
      constexpr int wait = std::chrono::milliseconds(tick).count();
      const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), wait);
      const auto now = std::chrono::steady_clock::now();
      for (int i = 0; i < count; ++i) {
        const auto what = events[static_cast<std::size_t>(i)].data.u64;
        if (what == stopping) return;
        if (what == datagrams)
          udp_.serve(now);
        else
          tcp_.handle(what, now);
      }
      if (now < next_tick) continue;
      tcp_.look_at_deadlines(now);
      next_tick = now + tick;
    }
  }

  std::string address_;
  Counters counters_;
  Socket epoll_;
  Socket wake_;
  Responder responder_;
  UdpPort udp_;
  TcpPort tcp_;
  std::thread thread_;
};

StunServer::StunServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StunServer::~StunServer() = default;

std::expected<std::unique_ptr<StunServer>, net::ListenFailure> StunServer::start(const std::string& host,
                                                                                 std::uint16_t port, Rng& rng) {
  auto sockets = open_sockets(host, port);
  if (!sockets) return std::unexpected(sockets.error());
  Socket epoll(::epoll_create1(EPOLL_CLOEXEC));
  Socket wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!epoll || !wake)
    return std::unexpected(net::ListenFailure{net::ListenError::failed, std::string("STUN: ") + std::strerror(errno)});
  return std::unique_ptr<StunServer>(
      new StunServer(std::make_unique<Impl>(std::move(*sockets), std::move(epoll), std::move(wake), rng)));
}

const std::string& StunServer::address() const {
  return impl_->address();
}
const Counters& StunServer::counters() const {
  return impl_->counters();
}

}  // namespace pqc::server::stun
