// Calls between two people (docs/spec/calls.md): what both bring into one, and what becomes of it while it is up.
#include <future>

#include "calls_support.h"

namespace pqc::client {
namespace {

TEST_F(CallsTest, TwoPeopleTalkAndHangUp) {
  auto& alice = start("alice");
  auto& bob = start("bob");
  const CallAudio relayed{.in = {}, .out = {}, .relay_only = true};
  EXPECT_EQ(call(alice, PlaceCallRequest{.peer = "bob", .audio = relayed}).error().code, ExitCode::unreachable);
  const auto placed = call(alice, PlaceCallRequest{.peer = "bob", .audio = {}});
  ASSERT_TRUE(placed) << placed.error().message;
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::rings_here && alice.phase() == CallPhase::rings_there; }));
  EXPECT_TRUE(bob.events.back().peer.starts_with("alice@"));
  EXPECT_EQ(bob.events.back().id, alice.events.back().id);
  EXPECT_FALSE(bob.media.there) << "nothing is opened before the user answers";
  EXPECT_EQ(call(bob, PlaceCallRequest{.peer = "alice", .audio = {}}).error().code, ExitCode::in_call);
  ASSERT_TRUE(call(bob, AnswerCallRequest{}));
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::active && bob.phase() == CallPhase::active; }));

  // Both bring the same into the secret, from opposite sides.
  ASSERT_TRUE(alice.media.with && bob.media.with);
  EXPECT_TRUE(alice.media.with->offering);
  EXPECT_FALSE(bob.media.with->offering);
  EXPECT_EQ(alice.media.with->their_secret, bob.media.with->ours.secret);
  EXPECT_EQ(bob.media.with->their_secret, alice.media.with->ours.secret);
  EXPECT_EQ(alice.media.with->theirs, bob.media.with->ours.description);
  EXPECT_EQ(bob.media.with->theirs, alice.media.with->ours.description);
  EXPECT_NE(alice.media.with->ours.secret, bob.media.with->ours.secret);
  EXPECT_EQ(alice.media.our_name, bob.media.their_name);
  EXPECT_EQ(alice.media.their_name, bob.media.our_name);
  EXPECT_TRUE(bob.media.our_name.starts_with("bob@") && bob.media.our_name.ends_with("/1"));

  EXPECT_TRUE(call(bob, MuteRequest{.on = {}})->muted);
  EXPECT_TRUE(bob.media.muted);
  EXPECT_FALSE(call(bob, MuteRequest{.on = false})->muted);
  ASSERT_TRUE(call(alice, HangUpRequest{}));
  ASSERT_TRUE(until([&] { return alice.outcome() && bob.outcome(); }));
  EXPECT_EQ(*alice.outcome(), CallOutcome::completed);
  EXPECT_EQ(*bob.outcome(), CallOutcome::completed);
  EXPECT_FALSE(alice.media.there || bob.media.there);
  for (auto* side : {&alice, &bob}) {
    const auto calls = side->client->calls(10);
    ASSERT_TRUE(calls && calls->size() == 1U);
    EXPECT_EQ(calls->front().outcome, CallOutcome::completed);
    EXPECT_GT(calls->front().answered.value, 0);
    EXPECT_GE(calls->front().ended.value, calls->front().answered.value);
  }
  EXPECT_EQ(call(alice, HangUpRequest{}).error().code, ExitCode::no_call);
}

TEST_F(CallsTest, ARecordingGoesWhereTheUserWantsIt) {
  auto& alice = start("alice");
  auto& bob = start("bob");
  const auto record = std::filesystem::path(folder.path()) / "call.pqcrec";
  for (const auto& bad : {std::string(folder.path()), std::string("call.pqcrec"), std::string("/nowhere/call.pqcrec")})
    EXPECT_FALSE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {.record = bad}})) << bad;
  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {.record = record.string()}}));
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::rings_here; }));
  EXPECT_EQ(call(bob, AnswerCallRequest{.audio = {.record = folder.path()}}).error().code, ExitCode::usage);
  ASSERT_TRUE(call(bob, AnswerCallRequest{}));
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::active && bob.phase() == CallPhase::active; }));
  EXPECT_EQ(alice.media.recorded_to, record);
  EXPECT_TRUE(bob.media.recorded_to.empty());
  EXPECT_EQ(bob.client->calls(10)->size(), 1U) << "nobody was rung before";
  ASSERT_TRUE(call(alice, HangUpRequest{}));
  ASSERT_TRUE(until([&] { return alice.outcome() && bob.outcome(); }));

  // A key belongs to a profile and a header.
  Bytes header{'P', 'Q', 'C', '-', 'R', 'E', 'C', 1};
  EXPECT_FALSE(alice.client->recording_key(header));
  header.resize(40);
  const auto key = alice.client->recording_key(header);
  const auto again = alice.client->recording_key(header);
  const auto theirs = bob.client->recording_key(header);
  ASSERT_TRUE(key && again && theirs);
  EXPECT_TRUE(std::ranges::equal(key->view(), again->view()));
  EXPECT_FALSE(std::ranges::equal(key->view(), theirs->view()));
}

// A disk that takes its time holds nothing up; what it says in the end is part of the call's.
TEST_F(CallsTest, TheEndOfACallWaitsForItsRecordingAndNothingElseDoes) {
  auto& alice = start("alice");
  auto& bob = start("bob");
  std::promise<void> disk;
  alice.media.recording_end = [written = disk.get_future().share()]() -> std::optional<Error> {
    written.wait();
    return Error{ExitCode::disk_full, "the disk is full"};
  };
  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::rings_here; }));
  ASSERT_TRUE(call(bob, AnswerCallRequest{}));
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::active && bob.phase() == CallPhase::active; }));
  const auto ended = call(alice, HangUpRequest{});
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->phase, CallPhase::over);
  ASSERT_TRUE(until([&] { return bob.outcome().has_value(); }));
  EXPECT_EQ(alice.phase(), CallPhase::active) << "its end is not told yet";
  EXPECT_EQ(call(alice, CallStatusRequest{})->id, ended->id);
  // The next one may begin meanwhile.
  alice.media.recording_end = {};
  ASSERT_TRUE(call(bob, PlaceCallRequest{.peer = "alice", .audio = {}}));
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::rings_here; }));
  EXPECT_NE(call(alice, CallStatusRequest{})->id, ended->id);
  disk.set_value();
  ASSERT_TRUE(until([&] { return alice.outcome().has_value(); }));
  EXPECT_EQ(alice.events.back().id, ended->id);
  EXPECT_EQ(alice.events.back().outcome, CallOutcome::completed);
  EXPECT_EQ(alice.events.back().quality.recording, RecordingState::failed);
  ASSERT_TRUE(alice.events.back().quality.recording_failure);
  EXPECT_EQ(alice.events.back().quality.recording_failure->code, ExitCode::disk_full);
  EXPECT_EQ(call(alice, CallStatusRequest{})->phase, CallPhase::rings_here);
}

TEST_F(CallsTest, ALostPathIsFoundAgainThroughTheRatchet) {
  auto& alice = start("alice");
  auto& bob = start("bob");
  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::rings_here; }));
  ASSERT_TRUE(call(bob, AnswerCallRequest{}));
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::active && bob.phase() == CallPhase::active; }));
  alice.media.events.silent(false);
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::reconnecting; }));
  EXPECT_EQ(bob.phase(), CallPhase::active);
  ASSERT_TRUE(until([&] { return alice.media.followed.first == 1 && bob.media.followed.first == 1; }));
  EXPECT_EQ(alice.media.followed.second, path_of(bob.media.number, 1));
  EXPECT_EQ(bob.media.followed.second, path_of(alice.media.number, 1));
  alice.media.events.back();
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::active; }));
  ASSERT_TRUE(call(alice, HangUpRequest{}));
  ASSERT_TRUE(until([&] { return alice.outcome() && bob.outcome(); }));
  EXPECT_EQ(*alice.outcome(), CallOutcome::completed);
}

TEST_F(CallsTest, WhatWasMutedStaysMutedUntilTheCallIsOver) {
  auto& alice = start("alice");
  auto& bob = start("bob");
  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::rings_here; }));
  EXPECT_TRUE(call(alice, MuteRequest{.on = true})->muted);
  EXPECT_TRUE(call(bob, MuteRequest{.on = true})->muted);
  EXPECT_TRUE(call(bob, AnswerCallRequest{})->muted);
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::active && bob.phase() == CallPhase::active; }));
  EXPECT_TRUE(alice.media.muted && bob.media.muted);
  EXPECT_TRUE(alice.events.back().muted && bob.events.back().muted);
  ASSERT_TRUE(call(bob, HangUpRequest{}));
  ASSERT_TRUE(until([&] { return alice.outcome() && bob.outcome(); }));

  // The next call begins anew; unmuted while it rings it is unmuted.
  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::rings_here; }));
  EXPECT_FALSE(bob.events.back().muted);
  EXPECT_TRUE(call(bob, MuteRequest{.on = {}})->muted);
  EXPECT_FALSE(call(bob, MuteRequest{.on = {}})->muted);
  ASSERT_TRUE(call(bob, AnswerCallRequest{}));
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::active && bob.phase() == CallPhase::active; }));
  EXPECT_FALSE(alice.media.muted || bob.media.muted);
}

// Of two calls at once one gives way, with media of its own: muted is muted in the other too.
TEST_F(CallsTest, GlareDoesNotUnmute) {
  auto& alice = start("alice");
  auto& bob = start("bob");
  ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
  ASSERT_TRUE(call(bob, PlaceCallRequest{.peer = "alice", .audio = {}}));
  EXPECT_TRUE(call(alice, MuteRequest{.on = true})->muted);
  EXPECT_TRUE(call(bob, MuteRequest{.on = true})->muted);
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::active && bob.phase() == CallPhase::active; }));
  EXPECT_TRUE(alice.media.muted && bob.media.muted);
}

// A server that names a relay, and paths that only count.
class HidingTest : public CallsTest {
 protected:
  class CountedPath final : public DirectPath {
   public:
    explicit CountedPath(int& there) : there_(++there) {}
    ~CountedPath() override { --there_; }
    Status accept(std::string_view) override { return {}; }
    Status add(ByteView, bool) override { return {}; }
    void send(ByteView) override {}

   private:
    int& there_;
  };
  class CountedPaths final : public DirectPaths {
   public:
    explicit CountedPaths(int& there) : there_(there) {}
    DirectPathPtr offer(DirectPath::Handlers) override { return std::make_unique<CountedPath>(there_); }
    Result<DirectPathPtr> answer(std::string_view, DirectPath::Handlers) override {
      return std::make_unique<CountedPath>(there_);
    }

   private:
    int& there_;
  };

  HidingTest() : CallsTest("[turn]\nuris = turn:127.0.0.1:1\nsecretfile = ") {}
  OpenOptions options(const std::string& name, Program* program, milliseconds ringing) override {
    auto out = CallsTest::options(name, program, ringing);
    if (program != nullptr)
      out.direct = {.policy = DirectPolicy::on, .make = [this](Loop&, const std::function<StunService()>&) {
                      return std::make_unique<CountedPaths>(there);
                    }};
    return out;
  }
  void TearDown() override {
    CallsTest::TearDown();
    programs.clear();
  }
  int there = 0;
};

TEST_F(HidingTest, ACallByRelaysOnlyEndsTheDirectPathToTheSamePerson) {
  auto& alice = start("alice");
  auto& bob = start("bob");
  // Who hears that the other side would go direct offers a path.
  ASSERT_TRUE(bob.client->send("alice", "shall we?"));
  ASSERT_TRUE(until([&] { return there == 1; }));
  const CallAudio relayed{.in = {}, .out = {}, .relay_only = true};
  const auto placed = call(alice, PlaceCallRequest{.peer = "bob", .audio = relayed});
  ASSERT_TRUE(placed) << placed.error().message;
  ASSERT_TRUE(until([&] { return there == 0; }));
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::rings_here; }));
  ASSERT_TRUE(call(bob, AnswerCallRequest{}));
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::active && bob.phase() == CallPhase::active; }));
  EXPECT_EQ(there, 0);
  ASSERT_TRUE(call(alice, HangUpRequest{}));
  ASSERT_TRUE(until([&] { return alice.outcome() && bob.outcome(); }));
}

}  // namespace
}  // namespace pqc::client
