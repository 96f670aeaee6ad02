#include "entry_run.h"

#include <algorithm>
#include <chrono>
#include <memory>

#include <boost/asio/io_context.hpp>

#include "crowd.h"
#include "peer.h"
#include "process.h"
#include "run_name.h"
#include "server_process.h"

namespace pqc::bench {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t entries_at_once = 16;

std::uint64_t since(steady_clock::time_point start) {
  return static_cast<std::uint64_t>(std::chrono::nanoseconds(steady_clock::now() - start).count());
}

// The event loop of a blocking function, and its first failure.
class Loop {
 public:
  boost::asio::io_context& context() { return context_; }

  void fail(std::string text) {
    if (!failure_) failure_ = std::move(text);
    context_.stop();
  }
  // Runs what was started, until nothing is left to do or stop() or fail().
  std::expected<void, std::string> run() {
    context_.restart();
    context_.run();
    if (failure_) return std::unexpected(*failure_);
    return {};
  }
  void stop() { context_.stop(); }

 private:
  boost::asio::io_context context_;
  std::optional<std::string> failure_;
};

using Peers = std::vector<std::unique_ptr<Peer>>;

std::unique_ptr<Peer> make_peer(Loop& loop, const DeviceKeys& keys, std::string name) {
  auto peer = std::make_unique<Peer>(loop.context(), keys, std::move(name), 0, 0);
  peer->on_failure = [&loop](const std::string& text) { loop.fail(text); };
  return peer;
}

Peers make_peers(Loop& loop, const DeviceKeys& keys, std::size_t count, std::string_view role, std::uint64_t run) {
  Peers peers(count);
  for (std::size_t i = 0; i < count; ++i) peers[i] = make_peer(loop, keys, run_name(role, run, i));
  return peers;
}

// Logs in all of them, `at_once` at a time; `each` sees how long it took and what came of it.
using Each = std::function<void(Peer&, std::uint64_t nanoseconds, const PeerInfo&, const std::function<void()>& done)>;
std::expected<void, std::string> log_in(Loop& loop, Peers& peers, std::size_t at_once, const net::LinkOptions& link,
                                        Entry entry, const Each& each) {
  Crowd::run(
      peers.size(), at_once,
      [&](std::size_t index, const std::function<void()>& done) {
        auto& peer = *peers[index];
        const auto start = steady_clock::now();
        peer.connect(link, entry,
                     [&loop, &peer, &each, start, done](const std::expected<PeerInfo, std::string>& answer) {
                       if (!answer) return loop.fail(answer.error());
                       each(peer, since(start), *answer, done);
                     });
      },
      [&loop] { loop.stop(); });
  return loop.run();
}

std::optional<double> cpu_us_each(const std::optional<ProcessUsage>& before, const std::optional<ProcessUsage>& after,
                                  std::size_t count) {
  if (!before || !after) return std::nullopt;
  return std::chrono::duration<double, std::micro>(after->cpu - before->cpu).count() / static_cast<double>(count);
}

std::optional<ProcessUsage> usage(std::optional<pid_t> process) {
  return process ? usage_of(*process) : std::nullopt;
}

}  // namespace

std::expected<void, std::string> register_accounts(std::size_t count, std::string_view role, std::uint64_t run,
                                                   const DeviceKeys& keys, const net::LinkOptions& link) {
  Loop loop;
  auto peers = make_peers(loop, keys, count, role, run);
  return log_in(loop, peers, entries_at_once, link, Entry::registration,
                [](Peer& peer, std::uint64_t, const PeerInfo&, const std::function<void()>& done) {
                  peer.close();
                  done();
                });
}

std::expected<IdleResult, std::string> run_idle(std::size_t count, std::string_view role, std::uint64_t run,
                                                const DeviceKeys& keys, const net::LinkOptions& link, pid_t server) {
  Loop loop;
  auto peers = make_peers(loop, keys, count, role, run);
  IdleResult result;
  const auto before = usage_of(server);
  const auto start = steady_clock::now();
  const auto entered =
      log_in(loop, peers, entries_at_once, link, Entry::login,
             [&result](Peer& peer, std::uint64_t, const PeerInfo& info, const std::function<void()>& done) {
               result.group = info.link.group;
               peer.subscribe(0, done);
             });
  if (!entered) return std::unexpected(entered.error());
  const auto seconds = static_cast<double>(since(start)) / 1e9;
  const auto after = usage_of(server);
  if (!before || !after) return std::unexpected("the server is gone");
  result.resident_before = before->resident_bytes;
  result.resident_after = after->resident_bytes;
  result.bytes_per_connection =
      (static_cast<double>(after->resident_bytes) - static_cast<double>(before->resident_bytes)) /
      static_cast<double>(count);
  result.cpu_us_per_login = cpu_us_each(before, after, count).value_or(0);
  result.logins_per_second = static_cast<double>(count) / seconds;
  return result;
}

std::expected<LoginResult, std::string> run_login(const LoginOptions& options, const DeviceKeys& keys,
                                                  const net::LinkOptions& link, std::optional<pid_t> server) {
  const auto run = random_run();
  if (auto made = register_accounts(options.count, "login", run, keys, link); !made)
    return std::unexpected(made.error());
  Loop loop;
  auto peers = make_peers(loop, keys, options.count, "login", run);
  LoginResult result;
  // The ticket comes before the server's first answer, so a closed connection leaves one behind.
  const auto leave = [](Peer& peer, const std::function<void()>& done) {
    peer.close();
    done();
  };
  const auto before = usage(server);
  auto full = log_in(loop, peers, options.at_once, link, Entry::login,
                     [&](Peer& peer, std::uint64_t time, const PeerInfo& info, const std::function<void()>& done) {
                       result.group = info.link.group;
                       result.full.record(time);
                       leave(peer, done);
                     });
  if (!full) return std::unexpected(full.error());
  const auto between = usage(server);
  auto resumed = log_in(loop, peers, options.at_once, link, Entry::login,
                        [&](Peer& peer, std::uint64_t time, const PeerInfo& info, const std::function<void()>& done) {
                          if (!info.link.resumed) ++result.not_resumed;
                          result.resumed.record(time);
                          leave(peer, done);
                        });
  if (!resumed) return std::unexpected(resumed.error());
  result.full_cpu_us = cpu_us_each(before, between, options.count);
  result.resumed_cpu_us = cpu_us_each(between, usage(server), options.count);
  return result;
}

std::expected<StartResult, std::string> run_start(const StartOptions& options, const ServerOptions& server,
                                                  const DeviceKeys& keys) {
  auto folder = TemporaryFolder::make();
  if (!folder) return std::unexpected(folder.error());
  const auto data = folder->path() / "data";
  const auto run = random_run();
  StartResult result;
  net::LinkOptions link;
  link.host = "127.0.0.1";
  for (std::size_t i = 0; i <= options.count; ++i) {
    auto process = ServerProcess::start(server.spawn, data, server.pin_server);
    if (!process) return std::unexpected(process.error());
    link.port = process->port();
    if (i == 0) {
      result.first_ready_ms = std::chrono::duration<double, std::milli>(process->time_to_ready()).count();
      if (auto made = register_accounts(1, "start", run, keys, link); !made) return std::unexpected(made.error());
    } else {
      result.ready.record(static_cast<std::uint64_t>(process->time_to_ready().count()));
      Loop loop;
      auto peers = make_peers(loop, keys, 1, "start", run);
      auto entered = log_in(loop, peers, 1, link, Entry::login,
                            [](Peer&, std::uint64_t, const PeerInfo&, const std::function<void()>& done) { done(); });
      if (!entered) return std::unexpected(entered.error());
      result.first_login.record(since(process->started()));
    }
    if (auto stopped = process->stop(); !stopped) return std::unexpected(stopped.error());
  }
  return result;
}

}  // namespace pqc::bench
