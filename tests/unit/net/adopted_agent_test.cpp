// An ICE agent whose owner lets it work, on whichever thread has the time.
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <poll.h>

#include "net/ice/agent.h"

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

  // Lets Bob's agent work on this thread until so many datagrams have come.
  void work_until(std::size_t count) {
    while (came_.size() < count) {
      std::vector<pollfd> polled;
      const auto most = bob_->prepare(polled);
      ASSERT_GE(::poll(polled.data(), polled.size(), static_cast<int>(most.count())), 0);
      bob_->work(polled);
    }
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

}  // namespace
}  // namespace pqc::net::ice
