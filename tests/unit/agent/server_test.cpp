// The agent's socket in this process, with short deadlines (docs/spec/agent.md §2, §3).
#include "keys/agent/server.h"

#include <fstream>
#include <optional>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include "crypto/random.h"
#include "integration/agent/raw_connection.h"
#include "keys/audit/log_file.h"
#include "support/temporary_folder.h"

namespace pqc::keys::agent {
namespace {

using namespace std::chrono_literals;
using agent_protocol::proto::Request;
using test::hello;
using test::RawConnection;

constexpr auto soon = 50ms;
constexpr auto never = std::chrono::hours(1);

// Serves until the object goes, or until it is idle.
class Served {
 public:
  explicit Served(Patience patience, bool unlocked = false)
      : server_(*listen_in(folder_), vault::OwnedFd(dup(stop_.get())), folder_, agent_, patience) {
    if (unlocked) create_vault();
    thread_ = std::jthread([this] { stopped_ = server_.run(); });
  }
  ~Served() {
    constexpr std::uint64_t one = 1;
    EXPECT_EQ(write(stop_.get(), &one, sizeof one), ssize_t(sizeof one));
    (void)wait();
  }

  [[nodiscard]] const std::string& path() const { return place_.path(); }
  Stop wait() {
    if (thread_.joinable()) thread_.join();
    return *stopped_;
  }

 private:
  void create_vault() {
    Session session{.greeted = true};
    Request create;
    create.mutable_create_vault()->set_key_file(true);
    (void)agent_.handle(session, as_bytes(create.SerializeAsString()), {});
    EXPECT_TRUE(agent_.unlocked());
  }

  test::TemporaryFolder place_;
  vault::KeyFolder folder_ = *vault::KeyFolder::open(place_.path());
  SystemClock clock_;
  audit::LogFile log_{folder_.fd(), clock_};
  Agent agent_{{folder_, clock_, crypto::SystemRng::instance(), log_, {}}};
  vault::OwnedFd stop_{eventfd(0, EFD_CLOEXEC)};
  Server server_;
  std::optional<Stop> stopped_;
  std::jthread thread_;
};

TEST(AgentServer, ClosesAFrameThatIsNotWholeInTime) {
  const Served served({.idle = never, .frame = soon});
  const std::array<std::uint8_t, 9> start{0, 0, 0, 10, 0, 0, 0, 0, 1};
  for (const std::size_t size : {1U, 7U, 8U, 9U}) {
    const RawConnection raw(served.path());
    raw.send(ByteView(start).first(size));
    EXPECT_EQ(raw.next(), -1) << size;
  }
}

TEST(AgentServer, BytesThatDribbleInGainNoTime) {
  const Served served({.idle = never, .frame = soon});
  const RawConnection raw(served.path());
  const auto begun = std::chrono::steady_clock::now();
  const std::array<std::uint8_t, 8> header{0, 3, 0, 0, 0, 0, 0, 0};
  raw.send(header);
  // Far more bytes are announced than are sent until the connection is closed.
  while (raw.try_send(std::array<std::uint8_t, 1>{0}) && std::chrono::steady_clock::now() < begun + 20s)
    std::this_thread::yield();
  EXPECT_LT(std::chrono::steady_clock::now(), begun + 10s);
}

TEST(AgentServer, ASilentConnectionHasNoDeadline) {
  const Served served({.idle = never, .frame = soon});
  const RawConnection silent(served.path());
  const RawConnection slow(served.path());
  slow.send(ByteView(std::array<std::uint8_t, 1>{0}));
  EXPECT_EQ(slow.next(), -1);
  silent.send(hello());
  EXPECT_EQ(silent.next(), 0);
}

TEST(AgentServer, ClosesAConnectionThatDoesNotTakeItsReply) {
  const Served served({.idle = never, .frame = soon}, true);
  const RawConnection raw(served.path());
  raw.send(hello());
  ASSERT_EQ(raw.next(), 0);
  Request identity;
  auto& wanted = *identity.mutable_create_identity();
  agent_protocol::put(*wanted.mutable_address(), *identity::AccountName::make("alice", "server.test"), {1});
  wanted.add_suites(crypto::number(crypto::SuiteId::pq));
  raw.send(identity);
  ASSERT_EQ(raw.next(), 0);
  // Its answer is larger than a socket holds.
  Request batch;
  batch.mutable_generate_batch()->set_suite(crypto::number(crypto::SuiteId::pq));
  batch.mutable_generate_batch()->set_size(512);
  raw.send(batch);
  raw.wait_until_closed();
  EXPECT_EQ(raw.next(), -1);
  const RawConnection another(served.path());
  another.send(hello());
  EXPECT_EQ(another.next(), 0);
}

Request status_request() {
  Request request;
  request.mutable_get_status();
  return request;
}

TEST(AgentServer, AFullTableGivesUpWhoWaitedLongest) {
  const Served served({.idle = never, .frame = never});
  const auto& path = served.path();
  const RawConnection busy(path);
  busy.send(hello());
  ASSERT_EQ(busy.next(), 0);
  const RawConnection never_spoke(path);
  const RawConnection in_a_frame(path);
  in_a_frame.send(ByteView(std::array<std::uint8_t, 1>{0}));
  const RawConnection quiet(path);
  quiet.send(hello());
  ASSERT_EQ(quiet.next(), 0);
  std::vector<std::unique_ptr<RawConnection>> others;
  const auto add_one = [&] {
    others.push_back(std::make_unique<RawConnection>(path));
    others.back()->send(hello());
    ASSERT_EQ(others.back()->next(), 0);
    busy.send(status_request());
    ASSERT_EQ(busy.next(), 0);
  };
  while (others.size() + 4 < agent_protocol::max_connections) add_one();
  for (const auto* given_up : {&never_spoke, &in_a_frame, &quiet}) {
    add_one();
    given_up->wait_until_closed();
    EXPECT_EQ(given_up->next(), -1);
  }
  add_one();
  EXPECT_EQ(others.front()->next(), -1);
  others.back()->send(status_request());
  EXPECT_EQ(others.back()->next(), 0);
}

TEST(AgentServer, EndsWhenIdleThoughSomebodyIsConnected) {
  Served served({.idle = soon, .frame = never});
  const RawConnection silent(served.path());
  EXPECT_EQ(served.wait(), Stop::idle);
}

TEST(AgentServer, StaysWhileItIsUnlocked) {
  const Served served({.idle = soon, .frame = 4 * soon}, true);
  // A deadline that is later than the idle one passes: it is over, too.
  const RawConnection slow(served.path());
  slow.send(ByteView(std::array<std::uint8_t, 1>{0}));
  EXPECT_EQ(slow.next(), -1);
  const RawConnection raw(served.path());
  raw.send(hello());
  EXPECT_EQ(raw.next(), 0);
  raw.send(status_request());
  EXPECT_EQ(raw.next(), 0);
}

TEST(AgentServer, EndsUnlockedWhenNobodyCanReachIt) {
  Served removed({.idle = never, .frame = never, .look = soon}, true);
  ASSERT_EQ(unlink((removed.path() + "/agent.sock").c_str()), 0);
  EXPECT_EQ(removed.wait(), Stop::unreachable);
}

TEST(AgentServer, EndsWhenItsSocketIsAnothers) {
  Served replaced({.idle = never, .frame = never, .look = soon}, true);
  const auto socket = replaced.path() + "/agent.sock";
  ASSERT_EQ(rename(socket.c_str(), (replaced.path() + "/kept").c_str()), 0);
  std::ofstream{socket};
  EXPECT_EQ(replaced.wait(), Stop::unreachable);
}

}  // namespace
}  // namespace pqc::keys::agent
