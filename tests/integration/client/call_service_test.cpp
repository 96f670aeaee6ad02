// A service that anybody may call, through real clients and a real server (docs/spec/calls.md §10).
#include <algorithm>

#include "calls_support.h"

namespace pqc::client {
namespace {

// The account "service" answers whoever calls, two at once.
class CallServiceTest : public CallsTest {
 protected:
  OpenOptions options(const std::string& name, Program* program, milliseconds ringing) override {
    auto out = CallsTest::options(name, program, ringing);
    if (name == "service") {
      out.calls.service = CallService{.lines = 2, .callers = callers};
      out.calls.timing.gives_way = gives_way;
      out.calls.timing.connecting_gives_way = milliseconds(0);
    }
    return out;
  }
  bool calls_service(Program& caller, CallPhase phase) {
    const auto placed = call(caller, PlaceCallRequest{.peer = "service", .audio = {}});
    EXPECT_TRUE(placed) << placed.error().message;
    return until([&] { return caller.phase() == phase; });
  }
  // While the service is away: its offer waits at the server.
  bool offers_service(Program& caller) {
    const auto before = caller.events.size();
    const auto placed = call(caller, PlaceCallRequest{.peer = "service", .audio = {}});
    EXPECT_TRUE(placed) << placed.error().message;
    // Once when it begins, and once when it is offered.
    return until([&] { return caller.events.size() == before + 2; }) && caller.client->catch_up(wait);
  }
  bool hang_up(Program& caller) {
    EXPECT_TRUE(call(caller, HangUpRequest{}));
    return until([&] { return caller.phase() == CallPhase::over; });
  }
  std::size_t callers = 1;  // whom it remembers
  std::optional<milliseconds> gives_way;
};

TEST_F(CallServiceTest, AServiceAnswersStrangersAndForgetsThem) {
  register_account("service");
  register_account("carol");
  auto& service = start("service");
  auto& alice = start("alice");
  auto& bob = start("bob");
  auto& carol = start("carol");
  const auto ended = [&] {
    return std::ranges::count_if(service.events, [](const CallInfo& each) {
      return each.phase == CallPhase::over && each.outcome == CallOutcome::completed;
    });
  };
  ASSERT_TRUE(calls_service(alice, CallPhase::active));
  ASSERT_TRUE(calls_service(bob, CallPhase::active));
  ASSERT_TRUE(calls_service(carol, CallPhase::over));
  EXPECT_EQ(carol.outcome(), CallOutcome::busy);
  EXPECT_EQ(alice.phase(), CallPhase::active) << "nobody is forgotten in the middle of a call";
  ASSERT_TRUE(hang_up(alice));
  ASSERT_TRUE(until([&] { return ended() == 1; }));
  ASSERT_TRUE(calls_service(carol, CallPhase::active)) << "a line is free again";
  ASSERT_TRUE(hang_up(carol));
  // What people write to it is dropped: no receipt, nothing kept.
  const auto message = bob.client->send("service", "hello");
  ASSERT_TRUE(message);
  ASSERT_TRUE(bob.client->await(message->seq, Until::sent, wait));
  ASSERT_TRUE(hang_up(bob));
  ASSERT_TRUE(until([&] { return ended() == 3; }));

  // Of alice's keys and session nothing is left: it begins anew, and she offers her call once more.
  bool anew = false;
  ASSERT_TRUE(alice.client->follow([&](const Event& event) {
    const auto* notice = std::get_if<Notice>(&event);
    anew = anew || (notice != nullptr && notice->kind == NoticeKind::session_restarted);
    if (const auto* info = std::get_if<CallInfo>(&event)) alice.events.push_back(*info);
  }));
  ASSERT_TRUE(calls_service(alice, CallPhase::active));
  ASSERT_TRUE(hang_up(alice));
  ASSERT_TRUE(until([&] { return ended() == 4; }));
  EXPECT_TRUE(anew);
  const auto contacts = service.client->contacts();
  ASSERT_TRUE(contacts);
  EXPECT_LE(contacts->size(), 1U);
  EXPECT_LE(service.client->calls(100)->size(), 2U);
  MessageQuery all;
  all.peer = "bob";
  const auto kept = service.client->find(all);
  EXPECT_TRUE(!kept || kept->empty());
  // What the service says of another call comes behind whatever it had said of the message.
  ASSERT_TRUE(calls_service(bob, CallPhase::active));
  ASSERT_TRUE(hang_up(bob));
  EXPECT_EQ(bob.client->await(message->seq, Until::sent, wait)->status, MessageStatus::sent);
}

TEST_F(CallServiceTest, WhereAllLinesAreTakenTheLongestCallGivesWay) {
  callers = 10;
  gives_way = milliseconds(0);
  register_account("service");
  register_account("carol");
  register_account("dave");
  auto& service = start("service");
  auto& alice = start("alice");
  auto& bob = start("bob");
  auto& carol = start("carol");
  auto& dave = start("dave");
  ASSERT_TRUE(calls_service(alice, CallPhase::active));
  ASSERT_TRUE(calls_service(bob, CallPhase::active));
  ASSERT_TRUE(calls_service(carol, CallPhase::active));
  ASSERT_TRUE(until([&] { return alice.outcome().has_value(); }));
  EXPECT_EQ(*alice.outcome(), CallOutcome::completed);
  EXPECT_EQ(bob.phase(), CallPhase::active) << "it began later";
  ASSERT_TRUE(hang_up(carol));
  ASSERT_TRUE(until([&] { return service.outcome() && service.client->calls(1)->front().ended.value > 0; }));
  // Where a line is free, nobody gives way.
  ASSERT_TRUE(calls_service(dave, CallPhase::active));
  EXPECT_EQ(bob.phase(), CallPhase::active);
}

TEST_F(CallServiceTest, WhoNeverConnectsGivesWayBeforeWhoSpeaks) {
  callers = 10;
  gives_way = seconds(100);
  register_account("service");
  register_account("carol");
  register_account("dave");
  auto& service = start("service");
  auto& alice = start("alice");
  auto& bob = start("bob");
  auto& carol = start("carol");
  auto& dave = start("dave");
  ASSERT_TRUE(calls_service(alice, CallPhase::active));
  service.media.connects = false;
  ASSERT_TRUE(calls_service(bob, CallPhase::active)) << "for bob alone";
  service.media.connects = true;
  ASSERT_TRUE(calls_service(carol, CallPhase::active));
  ASSERT_TRUE(until([&] { return bob.outcome().has_value(); }));
  EXPECT_EQ(alice.phase(), CallPhase::active);
  ASSERT_TRUE(until([&] { return service.phase() == CallPhase::active; }));
  ASSERT_TRUE(calls_service(dave, CallPhase::over));
  EXPECT_EQ(dave.outcome(), CallOutcome::busy) << "the others have media";
}

// What comes in one go, as after a service was away.
TEST_F(CallServiceTest, WhatIsSaidOfAnOldCallTakesNobodysLine) {
  callers = 10;
  register_account("service");
  auto* service = &start("service");
  auto& alice = start("alice");
  auto& bob = start("bob");
  ASSERT_TRUE(calls_service(alice, CallPhase::active));
  ASSERT_TRUE(hang_up(alice));
  ASSERT_TRUE(calls_service(bob, CallPhase::active));
  // The program dies; bob notices when alice has called already.
  service->client.reset();
  ASSERT_TRUE(offers_service(alice));
  ASSERT_TRUE(hang_up(bob));
  ASSERT_TRUE(offers_service(bob));
  service = &start("service");
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::active; }));
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::active || bob.phase() == CallPhase::over; }));
  EXPECT_EQ(bob.phase(), CallPhase::active);
}

}  // namespace
}  // namespace pqc::client
