#include "client/calls/server_lookup.h"

#include <algorithm>
#include <mutex>
#include <thread>

#include <sys/eventfd.h>

#include "client/files.h"
#include "net/ice/limits.h"
#include "net/ice/servers.h"

namespace pqc::client {
namespace {

namespace ice = net::ice;

bool is_v6(const std::string& ip) {
  return ip.find(':') != std::string::npos;
}

}  // namespace

// Of the thread and its owner; the last of them lets it go.
struct ServerLookup::Work {
  std::optional<net::HostPort> stun;
  std::vector<ice::TurnUri> relays;
  std::string username, password;
  bool v4 = false, v6 = false;
  FileDescriptor done{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::mutex mutex;
  FoundServers found;  // under the mutex

  Work(const CallServers& servers, bool has_v4, bool has_v6)
      : username(servers.turn.username), password(servers.turn.password), v4(has_v4), v6(has_v6) {
    // A server on loopback is out of reach of sockets on other addresses, and would see nothing new.
    const bool loopback = servers.stun.host == "localhost" || servers.stun.host.starts_with("127.");
    if (servers.stun.port != 0 && !loopback && v4) stun = {servers.stun.host, servers.stun.port};
    for (const auto& text : servers.turn.uris)
      if (auto uri = ice::parse_turn_uri(text)) relays.push_back(std::move(*uri));
  }
  FoundServers take() {
    const std::lock_guard lock(mutex);
    return std::move(found);
  }
  // Whether it is done at once.
  [[nodiscard]] bool is_numeric() const {
    return (!stun || ice::is_numeric(*stun)) &&
           std::ranges::all_of(relays, [](const auto& uri) { return ice::is_numeric(uri.server); });
  }
  void run() {
    FoundServers out;
    if (stun) out.stun = ice::find_stun(*stun);
    for (const auto& uri : relays)
      for (auto& server : ice::find_turn(uri, username, password))
        if ((is_v6(server.ip) ? v6 : v4) && out.turn.size() < ice::limits::turn_servers)
          out.turn.push_back(std::move(server));
    const std::lock_guard lock(mutex);
    found = std::move(out);
    (void)::eventfd_write(done.get(), 1);
  }
};

ServerLookup::ServerLookup(Loop& loop, const CallServers& servers, bool v4, bool v6,
                           std::function<void(FoundServers)> done)
    : work_(std::make_shared<Work>(servers, v4, v6)) {
  ready_ = loop.when_readable(work_->done.get(), [this, done = std::move(done)] {
    ready_.reset();
    done(work_->take());
  });
  if (work_->is_numeric())
    work_->run();
  else
    std::thread([work = work_] { work->run(); }).detach();
}

}  // namespace pqc::client
