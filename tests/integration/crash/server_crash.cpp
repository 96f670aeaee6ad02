// Kills the server with SIGKILL at random moments under load and starts it again on its data folder:
//
//   server_crash SERVER_PROGRAM KILLS [SEED]
//
// Senders behave as an outbox does: what was not answered is sent again, under its id and in its order, after each
// reconnection. Receivers behave as an inbox does: they know the last message they stored and ask for what comes after
// it. In the end every message that the server had accepted has arrived exactly once, each sender's in order; anything
// else is a failure, with the seed that repeats the kills.
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <signal.h>
#include <sys/wait.h>

#include "crypto/random.h"
#include "device_keys.h"
#include "ledger.h"
#include "peer.h"
#include "run_name.h"
#include "server_process.h"

namespace pqc::bench {
namespace {

constexpr std::uint32_t pairs = 6;
constexpr std::size_t window = 24;       // messages of a sender that are not answered yet
constexpr std::size_t append_items = 4;  // of them in one append
constexpr std::size_t body_size = 700;
// Answers after which a server is killed, and the time that may pass then.
constexpr std::uint64_t most_answers = 600;
constexpr int most_microseconds = 4'000;
constexpr std::chrono::seconds round_deadline{60};

struct Sender {
  std::unique_ptr<Peer> peer;
  std::deque<Outgoing> outbox;  // in the order of their numbers; the front was not answered yet
  bool open = false;
};

struct Receiver {
  std::unique_ptr<Peer> peer;
  std::uint64_t cursor = 0;
  bool open = false;
};

// What happens in one life of the server.
enum class Life : std::uint8_t {
  registering,  // all accounts are made
  killed,       // load, until it dies
  settling,     // what was sent is answered and arrives
};

class CrashTest {
 public:
  CrashTest(std::string program, const DeviceKeys& keys, std::uint64_t seed);
  // Empty when all is well.
  std::string run(std::uint64_t kills);

 private:
  void set_up(std::uint32_t index);
  std::string start_server();
  std::string round(Life life);
  void enter(std::uint32_t index);
  void fail(std::string text);
  void fill(std::uint32_t index);
  void send(std::uint32_t index, std::size_t from);
  void answered(std::uint32_t index, std::span<const Answer> answers);
  void arrived(std::uint32_t index, std::span<const Arrival> arrivals);
  void kill_soon();
  void end_round();
  void finish_when_settled();
  [[nodiscard]] std::string verdict() const;

  std::string program_;
  const DeviceKeys& keys_;
  std::mt19937_64 random_;
  std::uint64_t run_ = random_run();
  Ledger ledger_{run_, pairs};
  std::optional<TemporaryFolder> folder_;
  std::optional<ServerProcess> server_;
  boost::asio::io_context context_;
  boost::asio::steady_timer kill_timer_{context_};
  boost::asio::steady_timer deadline_{context_};
  net::LinkOptions link_;
  std::vector<Sender> senders_{pairs};
  std::vector<Receiver> receivers_{pairs};
  Entry entry_ = Entry::registration;
  std::uint64_t answers_left_ = 0;
  bool killing_ = false;
  bool over_ = false;
  bool sending_ = true;
  std::string failure_;
};

CrashTest::CrashTest(std::string program, const DeviceKeys& keys, std::uint64_t seed)
    : program_(std::move(program)), keys_(keys), random_(seed) {
  for (std::uint32_t i = 0; i < pairs; ++i) set_up(i);
}

void CrashTest::set_up(std::uint32_t index) {
  auto& sender = senders_[index];
  sender.peer = std::make_unique<Peer>(context_, keys_, run_name("sender", run_, index), run_, index);
  sender.peer->on_answers = [this, index](std::span<const Answer> answers) { answered(index, answers); };
  auto& receiver = receivers_[index];
  receiver.peer = std::make_unique<Peer>(context_, keys_, run_name("receiver", run_, index), run_, index);
  receiver.peer->on_arrivals = [this, index](std::span<const Arrival> arrivals) { arrived(index, arrivals); };
  const auto lost = [this](const std::string& text) {
    if (!over_ && !killing_) fail(text);
  };
  sender.peer->on_failure = lost;
  receiver.peer->on_failure = lost;
}

std::string CrashTest::start_server() {
  auto server = ServerProcess::start(program_, folder_->path() / "data", std::nullopt);
  if (!server) return server.error();
  server_.emplace(std::move(*server));
  link_.host = "127.0.0.1";
  link_.port = server_->port();
  return {};
}

std::string CrashTest::run(std::uint64_t kills) {
  auto folder = TemporaryFolder::make();
  if (!folder) return folder.error();
  folder_.emplace(std::move(*folder));
  auto failure = round(Life::registering);
  entry_ = Entry::login;
  for (std::uint64_t i = 0; failure.empty() && i < kills; ++i) {
    failure = round(Life::killed);
    if (!failure.empty()) failure += " (after " + std::to_string(i) + " kills)";
  }
  if (failure.empty()) failure = round(Life::settling);
  return failure.empty() ? verdict() : failure;
}

// One life of the server: everybody comes in, and then what `life` says.
std::string CrashTest::round(Life life) {
  if (auto failure = start_server(); !failure.empty()) return failure;
  over_ = false;
  killing_ = false;
  sending_ = life == Life::killed;
  answers_left_ = sending_ ? 1 + random_() % most_answers : UINT64_MAX;
  for (std::uint32_t i = 0; i < pairs; ++i) enter(i);
  deadline_.expires_after(round_deadline);
  deadline_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled) fail("it takes too long: " + verdict());
  });
  context_.restart();
  context_.run();
  server_.reset();
  return failure_;
}

void CrashTest::enter(std::uint32_t index) {
  auto& sender = senders_[index];
  auto& receiver = receivers_[index];
  sender.open = false;
  receiver.open = false;
  // The receiver first: its account has to be there.
  receiver.peer->connect(link_, entry_, [this, index](const std::expected<PeerInfo, std::string>& answer) {
    if (over_ || killing_) return;
    if (!answer) return fail(answer.error());
    receivers_[index].open = true;
    receivers_[index].peer->subscribe(receivers_[index].cursor, [] {});
    senders_[index].peer->connect(link_, entry_, [this, index](const std::expected<PeerInfo, std::string>& entered) {
      if (over_ || killing_) return;
      if (!entered) return fail(entered.error());
      senders_[index].open = true;
      send(index, 0);
      fill(index);
      finish_when_settled();
    });
  });
}

void CrashTest::fail(std::string text) {
  if (failure_.empty()) failure_ = std::move(text);
  end_round();
}

// New messages, until the window is full.
void CrashTest::fill(std::uint32_t index) {
  auto& sender = senders_[index];
  const auto first_new = sender.outbox.size();
  while (sending_ && sender.outbox.size() < window) {
    const Stamp stamp{.run = run_, .sender = index, .number = ledger_.send(index), .sent_at = 0};
    Bytes body(body_size);
    crypto::SystemRng::instance().fill(body);
    write_stamp(stamp, body);
    sender.outbox.push_back({.number = stamp.number, .body = std::move(body)});
  }
  send(index, first_new);
}

void CrashTest::send(std::uint32_t index, std::size_t from) {
  auto& sender = senders_[index];
  for (std::size_t at = from; at < sender.outbox.size(); at += append_items) {
    const auto end = std::min(at + append_items, sender.outbox.size());
    const std::vector<Outgoing> items(sender.outbox.begin() + static_cast<std::ptrdiff_t>(at),
                                      sender.outbox.begin() + static_cast<std::ptrdiff_t>(end));
    if (!sender.peer->append(receivers_[index].peer->account(), items) && !killing_) fail("the queue is full");
  }
}

void CrashTest::answered(std::uint32_t index, std::span<const Answer> answers) {
  auto& outbox = senders_[index].outbox;
  for (const auto& answer : answers) {
    if (outbox.empty() || outbox.front().number != answer.number) return fail("an answer out of its order");
    if (!answer.accepted) return fail("a message was refused with error " + std::to_string(answer.error));
    ledger_.accepted(index, answer.number);
    outbox.pop_front();
    if (answers_left_ > 0 && --answers_left_ == 0) kill_soon();
  }
  // What is killed now was accepted all the same; nothing new goes out.
  if (!killing_ && outbox.size() <= window / 2) fill(index);
  finish_when_settled();
}

void CrashTest::arrived(std::uint32_t index, std::span<const Arrival> arrivals) {
  auto& receiver = receivers_[index];
  for (const auto& arrival : arrivals) {
    // An inbox drops what it has stored already; a message id that does not rise would be lost there.
    if (arrival.message_id <= receiver.cursor)
      return fail("a message came again, or under a number that does not rise");
    receiver.cursor = arrival.message_id;
    ledger_.arrived(read_stamp(arrival.body), index);
  }
  // Some are acknowledged, so that deletions are in the middle of things too.
  if (random_() % 2 == 0) receiver.peer->acknowledge(receiver.cursor);
  finish_when_settled();
}

void CrashTest::kill_soon() {
  kill_timer_.expires_after(std::chrono::microseconds(random_() % most_microseconds));
  kill_timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    killing_ = true;
    ::kill(server_->pid(), SIGKILL);
    end_round();
  });
}

// What the dead server had sent may lie in our sockets: it is lost, as it is when a network breaks. That is the harder
// case: answers that never come, and deliveries that the server believes are on their way.
void CrashTest::end_round() {
  over_ = true;
  kill_timer_.cancel();
  deadline_.cancel();
  for (auto& sender : senders_) sender.peer->close();
  for (auto& receiver : receivers_) receiver.peer->close();
  context_.stop();
}

void CrashTest::finish_when_settled() {
  if (sending_ || over_) return;
  for (const auto& sender : senders_) {
    if (!sender.open || !sender.outbox.empty()) return;
  }
  if (ledger_.settled()) end_round();
}

std::string CrashTest::verdict() const {
  const auto verdict = ledger_.verdict();
  std::printf("%llu accepted, %llu arrived, %llu lost, %llu twice, %llu out of order, %llu foreign\n",
              static_cast<unsigned long long>(verdict.accepted), static_cast<unsigned long long>(verdict.arrived),
              static_cast<unsigned long long>(verdict.lost), static_cast<unsigned long long>(verdict.duplicated),
              static_cast<unsigned long long>(verdict.out_of_order), static_cast<unsigned long long>(verdict.foreign));
  return verdict.ok() && verdict.unanswered == 0 ? "" : "messages were lost, doubled or disordered";
}

int run(const std::string& program, std::uint64_t kills, std::uint64_t seed) {
  const auto keys = DeviceKeys::make(*crypto::find_suite(crypto::SuiteId::pq), crypto::SystemRng::instance());
  if (!keys) {
    std::fprintf(stderr, "server_crash: %s\n", keys.error().c_str());
    return 1;
  }
  std::printf("%llu kills, seed %llu\n", static_cast<unsigned long long>(kills), static_cast<unsigned long long>(seed));
  const auto failure = CrashTest(program, *keys, seed).run(kills);
  if (!failure.empty()) {
    std::fprintf(stderr, "server_crash: %s (seed %llu)\n", failure.c_str(), static_cast<unsigned long long>(seed));
  }
  return failure.empty() ? 0 : 1;
}

}  // namespace
}  // namespace pqc::bench

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: server_crash SERVER_PROGRAM KILLS [SEED]\n");
    return 2;
  }
  const char* soak = std::getenv("PQC_SOAK_KILLS");
  const bool long_run = std::string(argv[2]) == "soak" && soak != nullptr;
  const auto kills = long_run ? std::strtoull(soak, nullptr, 10) : std::strtoull(argv[2], nullptr, 10);
  const auto seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : std::random_device()();
  return pqc::bench::run(argv[1], kills, seed);
}
