// An ICE agent whose owner lets it work, on whichever thread has the time.
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "net/ice/agent.h"
#include "net/ice/descriptor.h"

namespace pqc::net::ice {
namespace {

using std::chrono::nanoseconds;
using std::chrono::steady_clock;

const Credentials alices{.ufrag = "abcd", .password = std::string(22, 'p')};
const Credentials bobs{.ufrag = "efgh", .password = std::string(22, 'q')};

class AdoptedAgent : public ::testing::Test {
 protected:
  static std::unique_ptr<Agent> start(bool controlling, const Credentials& ours) {
    return Agent::start({.controlling = controlling,
                         .local_ips = {"127.0.0.1"},
                         .port = 0,
                         .credentials = ours,
                         .stun = {},
                         .turn = {},
                         .relay_only = false,
                         .farewells = nullptr})
        .value();
  }
  static void wait(Agent& agent, const auto& done) {
    while (!done()) {
      pollfd ready{agent.ready_fd(), POLLIN, 0};
      ASSERT_EQ(::poll(&ready, 1, 10'000), 1);
      agent.clear();
    }
  }

  void SetUp() override {
    for (auto* each : {alice_.get(), bob_.get()}) wait(*each, [&] { return each->gathered(); });
    alice_->start_checks(bobs, bob_->candidates());
    bob_->start_checks(alices, alice_->candidates());
    for (auto* each : {alice_.get(), bob_.get()}) wait(*each, [&] { return each->state() == State::connected; });
    bob_->adopt([this](ByteView datagram, nanoseconds age) {
      came_.push_back({.bytes = to_bytes(datagram), .on = std::this_thread::get_id(), .age = age});
    });
  }

  enum class By : std::uint8_t { work, turns, takes };

  // Lets Bob's agent work on this thread until so many datagrams have come.
  void work_until(std::size_t count, By by = By::work) {
    while (came_.size() < count) {
      std::vector<pollfd> polled;
      const auto most = bob_->prepare(polled);
      ASSERT_GE(::poll(polled.data(), polled.size(), static_cast<int>(most.count())), 0);
      if (by == By::work) {
        bob_->work(polled);
      } else if (by == By::turns || bob_->take()) {
        bob_->turn();
      }
    }
  }
  [[nodiscard]] std::vector<Bytes> bytes() const {
    std::vector<Bytes> out;
    for (const auto& each : came_) out.push_back(each.bytes);
    return out;
  }

  struct Came {
    Bytes bytes;
    std::thread::id on;
    nanoseconds age;
  };
  std::unique_ptr<Agent> alice_ = start(true, alices);
  std::unique_ptr<Agent> bob_ = start(false, bobs);
  std::vector<Came> came_;
};

TEST_F(AdoptedAgent, HandsOverWhatCameOnTheThreadThatWorks) {
  alice_->send(Bytes{1});
  work_until(1);
  alice_->send(Bytes{2});
  std::thread::id other;
  std::thread([&] {
    other = std::this_thread::get_id();
    work_until(2);
  }).join();
  alice_->send(Bytes{3});
  work_until(3);
  EXPECT_EQ(came_[0].on, std::this_thread::get_id());
  EXPECT_EQ(came_[1].on, other);
  EXPECT_EQ(came_[2].on, std::this_thread::get_id());
  for (std::uint8_t i = 0; i < 3; ++i) EXPECT_EQ(came_[i].bytes, Bytes{static_cast<std::uint8_t>(i + 1)});
}

// The system notes it from the first datagram on that was asked about.
TEST_F(AdoptedAgent, SaysHowLongAgoADatagramCame) {
  alice_->send(Bytes{1});
  work_until(1);
  const auto before = steady_clock::now();
  alice_->send(Bytes{2});
  alice_->send(Bytes{3});
  work_until(3);
  const auto took = steady_clock::now() - before;
  for (const std::size_t i : {1U, 2U}) {
    EXPECT_GT(came_[i].age, nanoseconds(0));
    EXPECT_LE(came_[i].age, took);
  }
}

// What might be STUN (RFC 7983) is libnice's to look at, and longer datagrams than media has are; all else is taken
// past it. Nothing overtakes anything.
TEST_F(AdoptedAgent, KeepsTheOrderOfWhatGoesByLibniceAndPastIt) {
  const std::vector<Bytes> sent{{128}, {129}, {1}, {130}, Bytes(4000, 131), {2}, {132}};
  for (const auto by : {By::work, By::turns, By::takes}) {
    came_.clear();
    for (const auto& each : sent) alice_->send(each);
    work_until(sent.size(), by);
    EXPECT_EQ(bytes(), sent);
  }
}

TEST_F(AdoptedAgent, SaysHowLongAgoWhatWentPastLibniceCame) {
  alice_->send(Bytes{128});
  work_until(1, By::takes);
  const auto before = steady_clock::now();
  alice_->send(Bytes{129});
  work_until(2, By::takes);
  EXPECT_GT(came_[1].age, nanoseconds(0));
  EXPECT_LE(came_[1].age, steady_clock::now() - before);
}

TEST_F(AdoptedAgent, TakesNothingFromAStranger) {
  const Descriptor stranger(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto bob = bob_->path().value().first;
  sockaddr_in to{.sin_family = AF_INET, .sin_port = htons(bob.port), .sin_addr = {}, .sin_zero = {}};
  ASSERT_EQ(::inet_pton(AF_INET, bob.ip.c_str(), &to.sin_addr), 1);
  const std::array<std::uint8_t, 1> forged{128};
  for (const auto by : {By::work, By::turns, By::takes}) {
    came_.clear();
    ASSERT_EQ(
        ::sendto(stranger.get(), forged.data(), forged.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to),
        1);
    alice_->send(Bytes{129});
    work_until(1, by);
    EXPECT_EQ(bytes(), std::vector<Bytes>{Bytes{129}});
  }
}

}  // namespace
}  // namespace pqc::net::ice
