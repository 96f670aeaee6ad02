// From servers' names to what the other side is told (docs/spec/calls.md §9), over loopback.
#include "client/calls/call_gathering.h"

#include <algorithm>
#include <future>

#include <gtest/gtest.h>

#include "client/limits.h"

namespace pqc::client {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

class CallGatheringTest : public testing::Test {
 protected:
  Result<CallGathering::Outcome> gather(CallServers servers, bool relay_only) {
    std::optional<Result<CallGathering::Outcome>> out;
    const CallGathering gathering(
        loop,
        {.servers = std::move(servers), .relay_only = relay_only, .controlling = true, .addresses = {"127.0.0.1"}},
        [&out](Result<CallGathering::Outcome> outcome) { out = std::move(outcome); });
    EXPECT_FALSE(out) << "later, not at once";
    EXPECT_TRUE(loop.run_until([&out] { return out.has_value(); }, steady_clock::now() + seconds(20)));
    return std::move(*out);
  }

  Loop loop;
};

CallServers with_relays(std::vector<std::string> uris) {
  return {.stun = {}, .turn = {.uris = std::move(uris), .username = "name", .password = "word"}};
}

TEST_F(CallGatheringTest, AddressesOfThisMachineAreTold) {
  const auto outcome = gather({}, false);
  ASSERT_TRUE(outcome) << outcome.error().message;
  ASSERT_EQ(outcome->path.candidates.size(), 1U);
  EXPECT_EQ(outcome->path.candidates.front().type, CallCandidateType::host);
  EXPECT_EQ(outcome->path.candidates.front().ip, "127.0.0.1");
  EXPECT_GE(outcome->path.ufrag.size(), 4U);
  EXPECT_GE(outcome->path.password.size(), 22U);
}

TEST_F(CallGatheringTest, CredentialsAreOthersEachTime) {
  const auto one = gather({}, false);
  const auto other = gather({}, false);
  ASSERT_TRUE(one && other);
  EXPECT_NE(one->path.ufrag, other->path.ufrag);
  EXPECT_NE(one->path.password, other->path.password);
}

// No relay answers at a port where nobody listens: nothing else is told in its place.
TEST_F(CallGatheringTest, WithoutARelayThatAnswersRelaysOnlyIsNothing) {
  const auto start = steady_clock::now();
  const auto outcome = gather(with_relays({"turn:127.0.0.1:1", "turn:127.0.0.1:1?transport=tcp"}), true);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ExitCode::unreachable);
  EXPECT_LT(steady_clock::now() - start, limits::call_gathering + seconds(3));
}

TEST_F(CallGatheringTest, ServersThatCannotBeFoundAreDoneWithout) {
  const auto outcome = gather(with_relays({"turn:relay.invalid", "quic:relay.invalid", "turns:relay.invalid"}), false);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->path.candidates.size(), 1U);
}

FoundServers look_up(ServerLookup::Settings settings) {
  Loop loop;
  std::optional<FoundServers> found;
  const ServerLookup lookup(loop, std::move(settings), [&found](FoundServers servers) { found = std::move(servers); });
  EXPECT_FALSE(found) << "later, not at once";
  EXPECT_TRUE(loop.run_until([&found] { return found.has_value(); }, steady_clock::now() + seconds(20)));
  return std::move(*found);
}

TEST(ServerLookupTest, NumericServersOfOurFamiliesAreFound) {
  const auto found = look_up(
      {.servers = {.stun = {.host = "192.0.2.1", .port = 3478},
                   .turn = {.uris = {"turn:192.0.2.7", "turn:[2001:db8::7]", "turns:192.0.2.7:443?transport=tcp"},
                            .username = "name",
                            .password = "word"}},
       .v4 = true,
       .time = seconds(20)});
  ASSERT_TRUE(found.stun);
  EXPECT_EQ(found.stun->ip, "192.0.2.1");
  ASSERT_EQ(found.turn.size(), 2U) << "this machine has no IPv6";
  EXPECT_EQ(found.turn[0].transport, net::ice::TurnTransport::udp);
  EXPECT_EQ(found.turn[1].transport, net::ice::TurnTransport::tls);
  EXPECT_EQ(found.turn[1].port, 443);
  EXPECT_EQ(found.turn[1].password, "word");
}

TEST(ServerLookupTest, AServerOnLoopbackIsNotAskedWhereWeAre) {
  const auto found = look_up({.servers = {.stun = {.host = "127.0.0.1", .port = 3478}, .turn = {}},
                              .v4 = true,
                              .v6 = true,
                              .time = seconds(20)});
  EXPECT_FALSE(found.stun);
  EXPECT_TRUE(found.turn.empty());
}

// A name server that is slow with one name costs the call that one only, and in restarts not even that.
TEST(ServerLookupTest, ASlowNameCostsNoOtherServerAndIsKnownFromBefore) {
  const auto silence = std::make_shared<std::promise<void>>();
  const auto slow = [over = silence->get_future().share()](const Resolver::Question& question) {
    if (question.address.host == "slow.invalid") over.wait();
    return resolve({"192.0.2.9", question.address.port}, question.type, AI_NUMERICHOST);
  };
  const auto quick = [](const Resolver::Question& question) {
    return resolve({"192.0.2.8", question.address.port}, question.type, AI_NUMERICHOST);
  };
  ServerLookup::Settings settings{.servers = with_relays({"turn:slow.invalid", "turn:192.0.2.7"}),
                                  .v4 = true,
                                  .time = std::chrono::milliseconds(0),
                                  .ask = slow};
  const auto first = look_up(settings);
  ASSERT_EQ(first.turn.size(), 1U);
  EXPECT_EQ(first.turn[0].ip, "192.0.2.7");
  settings.ask = quick;
  settings.time = seconds(20);
  EXPECT_EQ(look_up(settings).turn.size(), 2U);
  settings.ask = slow;
  settings.time = std::chrono::milliseconds(0);
  const auto again = look_up(settings);
  ASSERT_EQ(again.turn.size(), 2U);
  EXPECT_EQ(again.turn[0].ip, "192.0.2.8");
  EXPECT_EQ(again.turn[0].name, "slow.invalid");
  silence->set_value();
}

}  // namespace
}  // namespace pqc::client
