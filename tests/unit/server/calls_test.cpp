// The registry of calls and the bearer tokens (docs/spec/calls.md §8).
#include <gtest/gtest.h>

#include "crypto/random.h"
#include "server/calls/registry.h"
#include "server/calls/tokens.h"

namespace pqc::server::calls {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* alice = "alice@test";
constexpr const char* bob = "bob@test";
constexpr const char* carol = "carol@test";

CallId id_of(unsigned number) {
  CallId id{};
  id[0] = 1;
  id[14] = static_cast<std::uint8_t>(number >> 8);
  id[15] = static_cast<std::uint8_t>(number);
  return id;
}

class CallRegistry : public testing::Test {
 protected:
  [[nodiscard]] Now at(milliseconds passed) const {
    return {.steady = start + passed, .wall = {1'000 + passed.count()}};
  }
  Registry::Answer ring(unsigned number = 1, const std::string& caller = alice, const std::string& callee = bob) {
    return registry.initiate(id_of(number), caller, callee, {}, at(seconds(0)));
  }

  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  Registry registry;
};

TEST_F(CallRegistry, GoesFromRingingToActiveToEnded) {
  ASSERT_TRUE(ring());
  EXPECT_EQ((*registry.find(id_of(1), bob))->state, State::ringing);
  const auto active = registry.accept(id_of(1), bob, at(seconds(3)));
  ASSERT_TRUE(active);
  EXPECT_EQ((*active)->state, State::active);
  EXPECT_EQ((*active)->answered.value, 4'000);
  const auto ended = registry.hang_up(id_of(1), alice, at(seconds(5)));
  ASSERT_TRUE(ended);
  EXPECT_EQ((*ended)->state, State::ended);
  EXPECT_EQ((*ended)->ended.value, 6'000);
  EXPECT_EQ((*registry.find(id_of(1), alice))->state, State::ended);
}

// Every request in every state, by everybody.
TEST_F(CallRegistry, EveryStepThatDoesNotFitIsRefused) {
  using Step = Registry::Answer (Registry::*)(const CallId&, std::string_view, const Now&);
  constexpr Step accept = &Registry::accept;
  constexpr Step reject = &Registry::reject;
  constexpr Step hang_up = &Registry::hang_up;
  struct Row {
    State state;
    Step step;
    const char* who;
    std::expected<State, Failure> outcome;
  };
  const std::unexpected no{Failure::conflict};
  const std::unexpected unknown{Failure::unknown};
  const std::vector<Row> rows{
      {State::ringing, accept, bob, State::active},
      {State::ringing, accept, alice, no},
      {State::ringing, accept, carol, unknown},
      {State::ringing, reject, bob, State::rejected},
      {State::ringing, reject, alice, no},
      {State::ringing, reject, carol, unknown},
      {State::ringing, hang_up, alice, State::ended},
      {State::ringing, hang_up, bob, State::ended},
      {State::ringing, hang_up, carol, unknown},
      {State::active, accept, bob, no},
      {State::active, reject, bob, no},
      {State::active, hang_up, alice, State::ended},
      {State::active, hang_up, bob, State::ended},
      {State::active, hang_up, carol, unknown},
      {State::rejected, accept, bob, no},
      {State::rejected, reject, bob, no},
      {State::rejected, hang_up, alice, no},
      {State::ended, accept, bob, no},
      {State::ended, reject, bob, no},
      {State::ended, hang_up, bob, no},
      {State::ended, accept, carol, unknown},
  };
  unsigned number = 0;
  for (const auto& row : rows) {
    ASSERT_TRUE(ring(++number));
    const auto id = id_of(number);
    if (row.state == State::active) (void)registry.accept(id, bob, at(seconds(1)));
    if (row.state == State::rejected) (void)registry.reject(id, bob, at(seconds(1)));
    if (row.state == State::ended) (void)registry.hang_up(id, alice, at(seconds(1)));
    ASSERT_EQ((*registry.find(id, bob))->state, row.state);
    const auto answer = (registry.*row.step)(id, row.who, at(seconds(2)));
    const auto outcome = answer.transform([](const Call* call) { return call->state; });
    EXPECT_TRUE(outcome == row.outcome) << number;
    (void)registry.hang_up(id, alice, at(seconds(2)));  // makes room for the next one
  }
}

TEST_F(CallRegistry, AnIdIsUsedOnce) {
  ASSERT_TRUE(ring());
  EXPECT_EQ(ring().error(), Failure::conflict);
  EXPECT_EQ(ring(1, carol, bob).error(), Failure::conflict);
}

TEST_F(CallRegistry, WhoMakesTooManyCallsWaits) {
  for (unsigned i = 0; i < max_live_calls_of_account; ++i) ASSERT_TRUE(ring(i));
  EXPECT_EQ(ring(100).error(), Failure::quota);
  EXPECT_TRUE(ring(101, bob, alice)) << "being called does not count";
  ASSERT_TRUE(registry.reject(id_of(0), bob, at(seconds(1))));
  EXPECT_TRUE(ring(102));
}

TEST_F(CallRegistry, ItIsFullAtItsLimit) {
  for (unsigned i = 0; i < max_calls; ++i) ASSERT_TRUE(ring(i, "caller" + std::to_string(i)));
  EXPECT_EQ(ring(max_calls).error(), Failure::full);
  EXPECT_EQ(registry.expire(at(ringing_lifetime)).size(), max_calls);
  EXPECT_TRUE(registry.expire(at(ringing_lifetime + memory_of_ended)).empty());
  EXPECT_EQ(registry.size(), 0U);
  EXPECT_TRUE(ring(max_calls));
}

TEST_F(CallRegistry, RingingAndCallsEndByThemselves) {
  ASSERT_TRUE(ring(1));
  ASSERT_TRUE(ring(2));
  ASSERT_TRUE(registry.accept(id_of(2), bob, at(seconds(1))));
  EXPECT_TRUE(registry.expire(at(ringing_lifetime - milliseconds(1))).empty());
  const auto rung = registry.expire(at(ringing_lifetime));
  ASSERT_EQ(rung.size(), 1U);
  EXPECT_EQ(rung[0].id, id_of(1));
  EXPECT_EQ(rung[0].state, State::ended);
  EXPECT_EQ(registry.find(id_of(1), bob).value()->state, State::ended);
  EXPECT_TRUE(registry.expire(at(ringing_lifetime + memory_of_ended)).empty());
  EXPECT_EQ(registry.find(id_of(1), bob).error(), Failure::unknown);
  EXPECT_EQ(registry.expire(at(seconds(1) + active_lifetime)).size(), 1U);
}

TEST_F(CallRegistry, OffersAreBoundedAndGoWithTheRinging) {
  const Offer big{.device = 1, .body = Bytes(max_offer_size)};
  const auto offer = [&](unsigned number, std::vector<Offer> offers) {
    return registry.initiate(id_of(number), "caller" + std::to_string(number), bob, std::move(offers), at(seconds(0)));
  };
  EXPECT_EQ(offer(1, {{.device = 1, .body = Bytes(max_offer_size + 1)}}).error(), Failure::too_large);
  EXPECT_EQ(offer(1, std::vector<Offer>(max_offers + 1)).error(), Failure::too_large);
  constexpr auto fit = max_offer_bytes / max_offer_size;
  for (unsigned i = 0; i < fit; ++i) ASSERT_TRUE(offer(i, {big}));
  EXPECT_EQ(offer(fit, {big}).error(), Failure::full);
  EXPECT_EQ(registry.find(id_of(0), bob).value()->offers.size(), 1U);
  ASSERT_TRUE(registry.accept(id_of(0), bob, at(seconds(1))));
  EXPECT_TRUE(registry.find(id_of(0), bob).value()->offers.empty());
  EXPECT_TRUE(offer(fit, {big}));
}

TEST(CallId, HasOneText) {
  EXPECT_TRUE(parse_call_id("000102030405060708090a0b0c0d0e0f"));
  for (const auto* text : {"", "00", "00000000000000000000000000000000", "000102030405060708090A0B0C0D0E0F",
                           "000102030405060708090a0b0c0d0e0g", "000102030405060708090a0b0c0d0e0f00"})
    EXPECT_FALSE(parse_call_id(text)) << text;
}

TEST(CallTokens, HoldAsLongAsTheConnectionAndNoLonger) {
  Tokens tokens;
  const auto now = std::chrono::steady_clock::now();
  auto holder = std::make_shared<TokenHolder>();
  const auto issued = tokens.issue(holder, crypto::SystemRng::instance(), now);
  const auto other = tokens.issue(holder, crypto::SystemRng::instance(), now);
  EXPECT_NE(issued.token, other.token);
  EXPECT_EQ(tokens.find(issued.token, now), holder);
  EXPECT_EQ(tokens.find(issued.token, now + token_lifetime - std::chrono::seconds(1)), holder);
  EXPECT_EQ(tokens.find(issued.token, now + token_lifetime), nullptr);
  EXPECT_EQ(tokens.find("", now), nullptr);
  EXPECT_EQ(tokens.find(issued.token + "A", now), nullptr);
  EXPECT_EQ(tokens.find(to_base64url(issued.hash), now), nullptr);
  tokens.forget(issued.hash);
  EXPECT_EQ(tokens.find(issued.token, now), nullptr);
  holder.reset();
  EXPECT_EQ(tokens.find(other.token, now), nullptr);
}

}  // namespace
}  // namespace pqc::server::calls
