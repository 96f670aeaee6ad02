// How calls come to nothing (docs/spec/calls.md §4 to §6): what each side is told, and what stays in the history.
#include "calls_support.h"

namespace pqc::client {
namespace {

TEST_F(CallsTest, BlockingSomebodyEndsTheCallWithThem) {
  auto& alice = start("alice");
  auto& bob = start("bob");
  const auto block = [&](bool blocked) {
    ASSERT_TRUE(bob.client->change(SetBlocked{.peer = "alice", .blocked = blocked}));
  };
  // Who calls is not told.
  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::rings_here && alice.phase() == CallPhase::rings_there; }));
  block(true);
  ASSERT_TRUE(until([&] { return bob.outcome().has_value(); }));
  EXPECT_EQ(*bob.outcome(), CallOutcome::missed);
  EXPECT_EQ(call(bob, AnswerCallRequest{}).error().code, ExitCode::no_call);
  ASSERT_TRUE(call(alice, HangUpRequest{}));
  ASSERT_TRUE(until([&] { return alice.outcome().has_value(); }));
  EXPECT_EQ(*alice.outcome(), CallOutcome::cancelled);

  block(false);
  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::rings_here; }));
  ASSERT_TRUE(call(bob, AnswerCallRequest{}));
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::active && bob.phase() == CallPhase::active; }));
  block(true);
  ASSERT_TRUE(until([&] { return alice.outcome() && bob.outcome(); }));
  EXPECT_EQ(*bob.outcome(), CallOutcome::completed);
  EXPECT_EQ(*alice.outcome(), CallOutcome::completed);
  EXPECT_FALSE(alice.media.there || bob.media.there);
}

TEST_F(CallsTest, DeclinedBusyAndCancelledAreToldApart) {
  register_account("carol");
  make_contacts("carol", "bob");
  auto& alice = start("alice");
  auto& bob = start("bob");
  auto& carol = start("carol");
  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::rings_here; }));
  // bob is being called: who calls meanwhile finds him busy.
  ASSERT_TRUE(call(carol, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(until([&] { return carol.outcome().has_value(); }));
  EXPECT_EQ(*carol.outcome(), CallOutcome::busy);
  ASSERT_TRUE(call(bob, DeclineCallRequest{}));
  ASSERT_TRUE(until([&] { return alice.outcome() && bob.outcome(); }));
  EXPECT_EQ(*alice.outcome(), CallOutcome::declined);
  EXPECT_EQ(*bob.outcome(), CallOutcome::declined);

  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::rings_here; }));
  ASSERT_TRUE(call(alice, HangUpRequest{}));
  ASSERT_TRUE(until([&] { return bob.outcome().has_value(); }));
  EXPECT_EQ(*bob.outcome(), CallOutcome::missed);
  EXPECT_EQ(*alice.outcome(), CallOutcome::cancelled);
  EXPECT_EQ(bob.client->calls(10)->size(), 3U);
}

// Further ones cost nothing here: no ringing, no row, no answer.
TEST_F(CallsTest, TooManyOffersOfOneContactAreDropped) {
  auto& alice = start("alice");
  auto& bob = start("bob");
  for (std::size_t i = 0; i < limits::call_offers_a_minute; ++i) {
    ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
    ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::rings_here && alice.phase() == CallPhase::rings_there; }));
    ASSERT_TRUE(call(alice, HangUpRequest{}));
    ASSERT_TRUE(until([&] { return alice.outcome() && bob.outcome(); }));
  }
  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  // The server has answered the call before the first message: the offer goes before the second one.
  const auto first = alice.client->send("bob", "do you hear me?");
  ASSERT_TRUE(first);
  ASSERT_TRUE(alice.client->await(first->seq, Until::sent, wait));
  ASSERT_TRUE(alice.client->send("bob", "nothing rings?"));
  MessageQuery query;
  query.peer = "alice";
  query.limit = 1;
  ASSERT_TRUE(until([&] {
    const auto found = bob.client->find(query);
    return found && found->size() == 1U && found->front().text == "nothing rings?";
  }));
  EXPECT_EQ(bob.phase(), CallPhase::over);
  EXPECT_EQ(alice.phase(), CallPhase::calling);
  EXPECT_EQ(bob.client->calls(10)->size(), limits::call_offers_a_minute);
}

TEST_F(CallsTest, NobodyAnswersAndNobodyIsThere) {
  auto& alice = start("alice", true, milliseconds(1'500));
  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(until([&] { return alice.outcome().has_value(); }));
  EXPECT_EQ(*alice.outcome(), CallOutcome::unreachable);
  // The offer lies in bob's mailbox, with the caller's word that it is over.
  auto& bob = start("bob");
  ASSERT_TRUE(until([&] {
    const auto calls = bob.client->calls(10);
    return calls && calls->size() == 1U && calls->front().outcome == CallOutcome::missed;
  }));
  alice.client->close();
  alice.client.reset();
  auto& patient = start("alice", true, milliseconds(5'000));
  ASSERT_TRUE(call(patient, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::rings_here; }));
  ASSERT_TRUE(until([&] { return patient.phase() == CallPhase::over && bob.phase() == CallPhase::over; }));
  EXPECT_EQ(*patient.outcome(), CallOutcome::unanswered);
  EXPECT_EQ(*bob.outcome(), CallOutcome::missed);
}

// Who never was a contact rings nowhere and learns no more than that nobody is there (THREATS 16).
TEST_F(CallsTest, Threat16StrangersDoNotRing) {
  register_account("mallory");
  auto& bob = start("bob");
  auto& mallory = start("mallory", true, milliseconds(1'500));
  ASSERT_TRUE(call(mallory, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(until([&] { return mallory.outcome().has_value(); }));
  EXPECT_EQ(*mallory.outcome(), CallOutcome::unreachable);
  EXPECT_TRUE(bob.events.empty());
  EXPECT_TRUE(bob.client->calls(10)->empty());
}

}  // namespace
}  // namespace pqc::client
