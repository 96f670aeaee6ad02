#include "relay_run.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "crowd.h"
#include "crypto/random.h"
#include "peer.h"
#include "process.h"
#include "run_name.h"

namespace pqc::bench {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t entries_at_once = 16;
constexpr std::chrono::milliseconds tick{1};
constexpr std::chrono::milliseconds acknowledge_after{10};
constexpr std::chrono::seconds drain_deadline{60};
constexpr std::size_t noise_size = std::size_t{1} << 20;

std::uint64_t nanoseconds(steady_clock::time_point time) {
  return static_cast<std::uint64_t>(std::chrono::nanoseconds(time.time_since_epoch()).count());
}

std::uint64_t now_ns() {
  return nanoseconds(steady_clock::now());
}

struct Sender {
  std::unique_ptr<Peer> peer;
  std::deque<std::uint64_t> due;                            // send times of messages that wait for their turn
  std::unordered_map<std::uint64_t, std::uint64_t> flying;  // number to send time, until answered
};

struct Receiver {
  std::unique_ptr<Peer> peer;
  std::uint64_t cursor = 0;
  std::size_t unacknowledged = 0;
};

struct Snapshot {
  std::uint64_t at = 0;
  std::uint64_t accepted = 0;
  std::uint64_t arrived = 0;
  std::optional<ProcessUsage> server;
  ProcessUsage own;
};

enum class Phase : std::uint8_t {
  entering,
  sending,    // warm-up and the measured part
  answering,  // absent only: the last answers come in
  draining,   // what was accepted arrives
};

class Run {
 public:
  Run(const RelayOptions& options, const DeviceKeys& keys, const net::LinkOptions& link, std::optional<pid_t> server);
  std::expected<RelayResult, std::string> go();

 private:
  std::unique_ptr<Peer> make_peer(std::string_view role, std::uint32_t index);
  Peer& peer_at(std::size_t index);
  void fail(std::string text);
  void enter_all();
  void entered(std::size_t index, const PeerInfo& info, const std::function<void()>& done);
  void warm_up();
  void measure();
  void stop();
  void fetch_absent();
  void finish();
  void go_on_when_settled();
  void after(std::chrono::nanoseconds time, void (Run::*next)());
  void next_tick();
  void schedule_due();
  void pump(std::uint32_t index);
  std::vector<Outgoing> take_batch(std::uint32_t index);
  Bytes body_of(const Stamp& stamp);
  void answered(std::uint32_t index, std::span<const Answer> answers);
  void arrived(std::uint32_t index, std::span<const Arrival> arrivals);
  void acknowledge(Receiver& receiver);
  [[nodiscard]] Snapshot snapshot() const;
  [[nodiscard]] bool measured(std::uint64_t sent_at) const;
  [[nodiscard]] RelayResult result() const;

  const RelayOptions& options_;
  const DeviceKeys& keys_;
  const net::LinkOptions& link_;
  std::optional<pid_t> server_;
  std::uint64_t run_;
  boost::asio::io_context context_;
  boost::asio::steady_timer phase_timer_{context_};
  boost::asio::steady_timer tick_timer_{context_};
  std::vector<Sender> senders_;
  std::vector<Receiver> receivers_;
  std::vector<std::unique_ptr<Peer>> idle_;
  Ledger ledger_;
  Bytes noise_;
  std::size_t noise_at_ = 0;
  Phase phase_ = Phase::entering;
  std::uint64_t sending_since_ = 0;
  std::uint64_t scheduled_ = 0;
  std::uint64_t last_acknowledgement_ = 0;
  std::uint64_t fetching_since_ = 0;
  std::uint64_t settled_at_ = 0;
  Snapshot begin_;
  Snapshot end_;
  RelayResult figures_;
  std::optional<std::string> failure_;
};

Run::Run(const RelayOptions& options, const DeviceKeys& keys, const net::LinkOptions& link, std::optional<pid_t> server)
    : options_(options),
      keys_(keys),
      link_(link),
      server_(server),
      run_(random_run()),
      senders_(options.senders),
      receivers_(options.senders),
      idle_(options.connections - 2 * std::size_t{options.senders}),
      ledger_(run_, options.senders),
      noise_(noise_size) {
  crypto::SystemRng::instance().fill(noise_);
  for (std::uint32_t i = 0; i < options.senders; ++i) {
    senders_[i].peer = make_peer("sender", i);
    senders_[i].peer->on_answers = [this, i](std::span<const Answer> answers) { answered(i, answers); };
    receivers_[i].peer = make_peer("receiver", i);
    receivers_[i].peer->on_arrivals = [this, i](std::span<const Arrival> arrivals) { arrived(i, arrivals); };
  }
  for (std::size_t i = 0; i < idle_.size(); ++i) idle_[i] = make_peer("idle", static_cast<std::uint32_t>(i));
}

std::unique_ptr<Peer> Run::make_peer(std::string_view role, std::uint32_t index) {
  auto peer = std::make_unique<Peer>(context_, keys_, run_name(role, run_, index), run_, index);
  peer->on_failure = [this](const std::string& text) { fail(text); };
  return peer;
}

Peer& Run::peer_at(std::size_t index) {
  if (index < senders_.size()) return *senders_[index].peer;
  index -= senders_.size();
  if (index < receivers_.size()) return *receivers_[index].peer;
  return *idle_[index - receivers_.size()];
}

void Run::fail(std::string text) {
  if (!failure_) failure_ = std::move(text);
  context_.stop();
}

std::expected<RelayResult, std::string> Run::go() {
  enter_all();
  context_.run();
  if (failure_) return std::unexpected(*failure_);
  return result();
}

void Run::enter_all() {
  Crowd::run(
      options_.connections, entries_at_once,
      [this](std::size_t index, const std::function<void()>& done) {
        peer_at(index).connect(link_, Entry::registration,
                               [this, index, done](const std::expected<PeerInfo, std::string>& answer) {
                                 if (!answer) return fail(answer.error());
                                 entered(index, *answer, done);
                               });
      },
      [this] { warm_up(); });
}

void Run::entered(std::size_t index, const PeerInfo& info, const std::function<void()>& done) {
  figures_.group = info.link.group;
  figures_.cipher = info.link.cipher;
  auto& peer = peer_at(index);
  const bool sender = index < senders_.size();
  const bool receiver = !sender && index < senders_.size() + receivers_.size();
  if (sender) return done();
  if (receiver && options_.absent) {
    peer.close();
    return done();
  }
  peer.subscribe(0, done);
}

void Run::after(std::chrono::nanoseconds time, void (Run::*next)()) {
  phase_timer_.expires_after(time);
  phase_timer_.async_wait([this, next](const boost::system::error_code& cancelled) {
    if (!cancelled) (this->*next)();
  });
}

void Run::warm_up() {
  phase_ = Phase::sending;
  sending_since_ = now_ns();
  last_acknowledgement_ = sending_since_;
  after(options_.warm_up, &Run::measure);
  next_tick();
  for (std::uint32_t i = 0; i < options_.senders; ++i) pump(i);
}

void Run::measure() {
  begin_ = snapshot();
  after(options_.duration, &Run::stop);
}

void Run::stop() {
  end_ = snapshot();
  phase_ = options_.absent ? Phase::answering : Phase::draining;
  for (auto& sender : senders_) sender.due.clear();
  after(drain_deadline, &Run::finish);
  go_on_when_settled();
}

void Run::go_on_when_settled() {
  if (phase_ == Phase::answering && ledger_.all_answered()) {
    phase_ = Phase::draining;
    return fetch_absent();
  }
  if (phase_ != Phase::draining || !ledger_.settled()) return;
  settled_at_ = now_ns();
  finish();
}

void Run::fetch_absent() {
  fetching_since_ = now_ns();
  for (auto& receiver : receivers_) {
    receiver.peer->connect(link_, Entry::login, [this, &receiver](const std::expected<PeerInfo, std::string>& answer) {
      if (!answer) return fail(answer.error());
      receiver.peer->subscribe(0, [] {});
    });
  }
}

void Run::finish() {
  context_.stop();
}

void Run::next_tick() {
  tick_timer_.expires_after(tick);
  tick_timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    schedule_due();
    const auto now = now_ns();
    if (now - last_acknowledgement_ >=
        static_cast<std::uint64_t>(std::chrono::nanoseconds(acknowledge_after).count())) {
      last_acknowledgement_ = now;
      for (auto& receiver : receivers_) acknowledge(receiver);
    }
    next_tick();
  });
}

// At a fixed rate a message counts from when it was due, not from when there was room for it: a server that stalls
// must not make the load generator polite.
void Run::schedule_due() {
  if (phase_ != Phase::sending || options_.rate == 0) return;
  const double elapsed = static_cast<double>(now_ns() - sending_since_) / 1e9;
  const auto wanted = static_cast<std::uint64_t>(elapsed * static_cast<double>(options_.rate));
  for (; scheduled_ < wanted; ++scheduled_) {
    const double at = static_cast<double>(scheduled_) / static_cast<double>(options_.rate);
    const auto index = static_cast<std::uint32_t>(scheduled_ % options_.senders);
    senders_[index].due.push_back(sending_since_ + static_cast<std::uint64_t>(at * 1e9));
    pump(index);
  }
}

void Run::pump(std::uint32_t index) {
  auto& sender = senders_[index];
  while (phase_ == Phase::sending && sender.flying.size() < options_.window * options_.batch) {
    const auto items = take_batch(index);
    if (items.empty()) return;
    if (!sender.peer->append(receivers_[index].peer->account(), items)) {
      return fail(sender.peer->name() + ": the server does not read what is sent to it");
    }
  }
}

std::vector<Outgoing> Run::take_batch(std::uint32_t index) {
  auto& sender = senders_[index];
  std::vector<Outgoing> items;
  const auto now = now_ns();
  while (items.size() < options_.batch) {
    if (options_.rate != 0 && sender.due.empty()) break;
    const Stamp stamp{.run = run_,
                      .sender = index,
                      .number = ledger_.send(index),
                      .sent_at = options_.rate == 0 ? now : sender.due.front()};
    if (options_.rate != 0) sender.due.pop_front();
    sender.flying.emplace(stamp.number, stamp.sent_at);
    items.push_back({.number = stamp.number, .body = body_of(stamp)});
  }
  return items;
}

Bytes Run::body_of(const Stamp& stamp) {
  if (noise_at_ + options_.body_size > noise_.size()) noise_at_ = stamp.number % 61;
  const auto noise = ByteView(noise_).subspan(noise_at_, options_.body_size);
  noise_at_ += options_.body_size;
  Bytes body(noise.begin(), noise.end());
  write_stamp(stamp, body);
  return body;
}

void Run::answered(std::uint32_t index, std::span<const Answer> answers) {
  auto& sender = senders_[index];
  const auto now = now_ns();
  for (const auto& answer : answers) {
    const auto flight = sender.flying.find(answer.number);
    if (flight == sender.flying.end()) continue;
    answer.accepted ? ledger_.accepted(index, answer.number) : ledger_.refused(index, answer.number);
    if (measured(flight->second)) figures_.acceptance.record(now - flight->second);
    sender.flying.erase(flight);
  }
  pump(index);
  go_on_when_settled();
}

void Run::arrived(std::uint32_t index, std::span<const Arrival> arrivals) {
  auto& receiver = receivers_[index];
  const auto now = now_ns();
  for (const auto& arrival : arrivals) {
    const auto stamp = read_stamp(arrival.body);
    ledger_.arrived(stamp, index);
    if (stamp && measured(stamp->sent_at)) figures_.latency.record(now - std::min(now, stamp->sent_at));
    receiver.cursor = std::max(receiver.cursor, arrival.message_id);
    ++receiver.unacknowledged;
  }
  if (receiver.unacknowledged >= options_.acknowledge_every) acknowledge(receiver);
  go_on_when_settled();
}

void Run::acknowledge(Receiver& receiver) {
  if (receiver.unacknowledged == 0) return;
  receiver.unacknowledged = 0;
  receiver.peer->acknowledge(receiver.cursor);
}

bool Run::measured(std::uint64_t sent_at) const {
  return begin_.at != 0 && sent_at >= begin_.at && (end_.at == 0 || sent_at < end_.at);
}

Snapshot Run::snapshot() const {
  return {.at = now_ns(),
          .accepted = ledger_.total_accepted(),
          .arrived = ledger_.total_arrived(),
          .server = server_ ? usage_of(*server_) : std::nullopt,
          .own = own_usage()};
}

RelayResult Run::result() const {
  RelayResult result = figures_;
  result.seconds = static_cast<double>(end_.at - begin_.at) / 1e9;
  const auto accepted = static_cast<double>(end_.accepted - begin_.accepted);
  result.accepted_per_second = accepted / result.seconds;
  result.arrived_per_second = static_cast<double>(end_.arrived - begin_.arrived) / result.seconds;
  if (begin_.server && end_.server) {
    const auto cpu = std::chrono::duration<double>(end_.server->cpu - begin_.server->cpu).count();
    result.server_cpu_us_per_message = cpu * 1e6 / std::max(1.0, accepted);
    result.server_cpu_percent = cpu / result.seconds * 100;
    result.server_resident_bytes = end_.server->resident_bytes;
  }
  result.own_cpu_percent = std::chrono::duration<double>(end_.own.cpu - begin_.own.cpu).count() / result.seconds * 100;
  if (settled_at_ > fetching_since_ && fetching_since_ != 0) {
    const double drain = static_cast<double>(settled_at_ - fetching_since_) / 1e9;
    result.drain_per_second = static_cast<double>(ledger_.total_arrived()) / drain;
  }
  result.verdict = ledger_.verdict();
  return result;
}

}  // namespace

std::expected<RelayResult, std::string> run_relay(const RelayOptions& options, const DeviceKeys& keys,
                                                  const net::LinkOptions& link, std::optional<pid_t> server_process) {
  return Run(options, keys, link, server_process).go();
}

}  // namespace pqc::bench
