// A call with several devices and programs of one account (docs/spec/calls.md §1, §5): where it rings, and who gets it.
#include <atomic>
#include <thread>

#include "calls_support.h"
#include "support/device.h"

namespace pqc::client {
namespace {

// Both ring; who answers has the call, and the other one never had what the call's secret is made of.
TEST_F(CallsTest, TheFirstDeviceThatAnswersGetsTheCall) {
  {
    Device laptop{folder.path("bob"), "bob", server.port()};
    Device phone{folder.path("phone"), "bob", server.port()};
    laptop.open();
    phone.join(laptop, {2});
    // The copy makes a contact of alice on the phone too.
    ASSERT_TRUE(laptop.send("alice", "from two devices now"));
    phone.catch_up();
    phone.close();
    laptop.close();
  }
  auto& alice = start("alice");
  auto& laptop = start("bob");
  auto& phone = start("phone");
  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(until([&] { return laptop.phase() == CallPhase::rings_here && phone.phase() == CallPhase::rings_here; }));
  ASSERT_TRUE(call(phone, AnswerCallRequest{}));
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::active && laptop.outcome(); }));
  EXPECT_EQ(*laptop.outcome(), CallOutcome::answered_elsewhere);
  EXPECT_EQ(alice.media.with->peer.device, 2U);
  EXPECT_FALSE(laptop.media.with);
  EXPECT_EQ(call(laptop, AnswerCallRequest{}).error().code, ExitCode::no_call);
  ASSERT_TRUE(call(phone, HangUpRequest{}));
  ASSERT_TRUE(until([&] { return alice.outcome().has_value(); }));
  EXPECT_EQ(laptop.client->calls(10)->front().outcome, CallOutcome::answered_elsewhere);
  EXPECT_EQ(phone.client->calls(10)->front().outcome, CallOutcome::completed);

  // Declined on one, it stops on the other.
  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(until([&] { return laptop.phase() == CallPhase::rings_here && phone.phase() == CallPhase::rings_here; }));
  ASSERT_TRUE(call(laptop, DeclineCallRequest{}));
  ASSERT_TRUE(until([&] { return alice.outcome() && phone.outcome(); }));
  EXPECT_EQ(*phone.outcome(), CallOutcome::declined);
}

// A program that ends while it answers leaves the call to the other devices, and one that never could ring leaves it to
// the next program of the profile.
TEST_F(CallsTest, WhatAProgramCannotAnswerRingsOn) {
  auto& alice = start("alice");
  auto& bob = start("bob");
  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::rings_here && alice.phase() == CallPhase::rings_there; }));
  ASSERT_TRUE(call(bob, AnswerCallRequest{}));
  bob.client->close();
  bob.client.reset();
  // What bob says now comes behind whatever was said of the call.
  auto brief = Client::open(options("bob"));
  ASSERT_TRUE(brief);
  const auto later_said = (*brief)->send("alice", "does it ring?");
  ASSERT_TRUE(later_said && (*brief)->await(later_said->seq, Until::sent, wait));
  MessageQuery query;
  query.peer = "bob";
  query.limit = 1;
  ASSERT_TRUE(until([&] {
    const auto found = alice.client->find(query);
    return found && found->size() == 1U && found->front().text == "does it ring?";
  }));
  EXPECT_EQ(alice.phase(), CallPhase::rings_there) << "nobody declined";
  ASSERT_TRUE(call(alice, HangUpRequest{}));
  ASSERT_TRUE(until([&] { return alice.outcome().has_value(); }));

  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE((*brief)->catch_up(wait));
  ASSERT_TRUE(until([&] {
    take_turn(**brief);
    return (*brief)->calls(10)->size() == 2U;
  }));
  EXPECT_TRUE((*brief)->calls(2)->front().goes_on) << "it waits";
  EXPECT_FALSE((*brief)->calls(2)->back().goes_on);
  EXPECT_EQ((*brief)->call(AnswerCallRequest{}).error().code, ExitCode::busy) << "it makes no calls";
  (*brief)->close();
  brief->reset();
  auto& later = start("bob");
  ASSERT_TRUE(until([&] { return later.phase() == CallPhase::rings_here && alice.phase() == CallPhase::rings_there; }));
  ASSERT_TRUE(call(later, AnswerCallRequest{}));
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::active && later.phase() == CallPhase::active; }));
  EXPECT_EQ(later.media.with->their_secret, alice.media.with->ours.secret);
}

// Nobody is called, and nobody is answered, where there is no sound.
TEST_F(CallsTest, SoundIsLookedAtBeforeAnybodyRings) {
  auto silent = options("alice");
  silent.calls.make_media = [](Loop&, const CallSetup&, CallMediaEvents) -> Result<std::unique_ptr<CallMedia>> {
    return fail(ExitCode::unexpected, "this is not asked for");
  };
  silent.calls.check_audio = [](const CallAudio&) { return Status(fail(ExitCode::missing, "there is no microphone")); };
  auto alice = Client::open(silent);
  ASSERT_TRUE(alice);
  EXPECT_EQ((*alice)->call(PlaceCallRequest{.peer = "bob", .audio = {}}).error().code, ExitCode::missing);
  EXPECT_TRUE((*alice)->calls(10)->empty());
  auto& bob = start("bob");
  ASSERT_TRUE(call(bob, PlaceCallRequest{.peer = "alice", .audio = {}}));
  ASSERT_TRUE(until([&] {
    take_turn(**alice);
    return (*alice)->call(CallStatusRequest{})->phase == CallPhase::rings_here;
  }));
  EXPECT_EQ((*alice)->call(AnswerCallRequest{}).error().code, ExitCode::missing);
  EXPECT_EQ((*alice)->call(PlaceCallRequest{.peer = "bob", .audio = {}}).error().code, ExitCode::in_call)
      << "what keeps the user from it comes first";
  EXPECT_EQ((*alice)->call(CallStatusRequest{})->phase, CallPhase::rings_here);
  (*alice)->close();
}

// A command beside the program that owns the profile, over its socket.
TEST_F(CallsTest, AnotherProcessOfTheProfileSteersTheCall) {
  auto& alice = start("alice");
  auto& bob = start("bob");
  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::rings_here; }));
  std::optional<Result<CallInfo>> refused;
  std::optional<Result<CallInfo>> answered;
  std::optional<Result<std::vector<CallRecord>>> history;
  std::atomic<bool> finished = false;
  std::jthread other([&] {
    auto opened = Client::open(options("bob"));
    if (!opened || (*opened)->owner()) return;
    // What is not kept is not promised: it rings on.
    refused = (*opened)->call(AnswerCallRequest{.audio = {.in = {}, .out = {}, .relay_only = true}});
    answered = (*opened)->call(AnswerCallRequest{.audio = {.in = "/tmp/in.wav", .out = {}, .processing = false}});
    history = (*opened)->calls(10);
    finished = true;
  });
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::active; }));
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::active && finished; }));
  other.join();
  ASSERT_TRUE(refused && !*refused);
  EXPECT_EQ(refused->error().code, ExitCode::unreachable);
  ASSERT_TRUE(answered && *answered);
  EXPECT_EQ((**answered).id, bob.events.back().id);
  EXPECT_EQ(bob.media.audio.in, "/tmp/in.wav");
  EXPECT_FALSE(bob.media.audio.processing);
  EXPECT_TRUE(alice.media.audio.processing);
  ASSERT_TRUE(*history);
  ASSERT_EQ((**history).size(), 1U);
  EXPECT_TRUE((**history).front().goes_on);
  // The program ends in the middle of it: the other side is told.
  alice.client->close();
  alice.client.reset();
  ASSERT_TRUE(until([&] { return bob.outcome().has_value(); }));
  EXPECT_EQ(*bob.outcome(), CallOutcome::completed);
}

}  // namespace
}  // namespace pqc::client
