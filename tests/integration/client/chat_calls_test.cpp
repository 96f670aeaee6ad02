// What a person types in a chat about calls (client/chat/chat_calls.h), and what is shown of them.
#include "client/chat/chat_calls.h"

#include <future>

#include "calls_support.h"

namespace pqc::client {
namespace {

// Keeps what a person would see.
class Paper final : public Interactor {
 public:
  void start(Handlers) override {}
  void show(const Message&) override {}
  void show(const Notice&) override {}
  void show(std::string_view text) override { said.emplace_back(text); }
  void update(const Message&) override {}
  void show_call(const CallInfo& call) override { calls.push_back(call); }

  std::vector<std::string> said;
  std::vector<CallInfo> calls;
};

class ChatCallsTest : public CallsTest {
 protected:
  // The options of these calls are the recording's path alone.
  static Result<CallAudio> read(std::string_view options) {
    if (options == "nonsense") return fail(ExitCode::usage, "this is nonsense");
    return CallAudio{.record = std::string(options)};
  }
  void ring() {
    ASSERT_TRUE(call(alice, PlaceCallRequest{.peer = "bob", .audio = {}}));
    ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::rings_here && alice.phase() == CallPhase::rings_there; }));
  }
  CallPhase phase_of_bob() { return call(bob, CallStatusRequest{})->phase; }
  void SetUp() override {}

  // The fixture's people, before the programs below are started.
  bool made = [this] {
    CallsTest::SetUp();
    return true;
  }();
  Program& alice = start("alice");
  Program& bob = start("bob");
  Paper paper;
  ChatCalls chat{*bob.client, paper, read};
};

TEST_F(ChatCallsTest, TheCallThatWasShownIsMeantAndNoOther) {
  EXPECT_TRUE(chat.on_command("/answer", "", "alice"));
  ASSERT_EQ(paper.said, std::vector<std::string>{"Nobody calls at the moment"});
  ring();
  chat.on_event(bob.events.back());
  ASSERT_TRUE(call(alice, HangUpRequest{}));
  ASSERT_TRUE(until([&] { return alice.outcome() && bob.outcome(); }));
  // The chat has heard neither of its end nor of the next one yet.
  ring();
  EXPECT_TRUE(chat.on_command("/answer", "", "alice"));
  EXPECT_TRUE(chat.on_command("/decline", "", "alice"));
  EXPECT_EQ(paper.said.size(), 3U);
  EXPECT_EQ(paper.said.back(), "the call does not ring any more");
  EXPECT_EQ(phase_of_bob(), CallPhase::rings_here);
  chat.on_event(bob.events.back());
  EXPECT_TRUE(chat.on_command("/answer", "", "alice"));
  EXPECT_EQ(paper.said.size(), 3U);
  EXPECT_TRUE(until([&] { return alice.phase() == CallPhase::active && bob.phase() == CallPhase::active; }));
}

TEST_F(ChatCallsTest, ACallThatGoesOnIsNamedBeforeWhatIsWrongWithAnother) {
  ring();
  chat.on_event(bob.events.back());
  EXPECT_TRUE(chat.on_command("/call", "nonsense", "alice"));
  EXPECT_EQ(paper.said.back(), "Somebody calls: /answer or /decline first");
  ASSERT_TRUE(call(bob, AnswerCallRequest{}));
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::active; }));
  chat.on_event(bob.events.back());
  EXPECT_TRUE(chat.on_command("/call", "nonsense", "alice"));
  EXPECT_EQ(paper.said.back(), "There is a call already: /hangup first");
}

TEST_F(ChatCallsTest, WhoHasHungUpMayCallAtOnce) {
  std::promise<void> disk;
  bob.media.recording_end = [written = disk.get_future().share()]() -> std::optional<Error> {
    written.wait();
    return std::nullopt;
  };
  ring();
  ASSERT_TRUE(call(bob, AnswerCallRequest{}));
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::active && bob.phase() == CallPhase::active; }));
  const auto first = bob.events.back();
  chat.on_event(first);
  EXPECT_TRUE(chat.on_command("/hangup", "", "alice"));
  ASSERT_TRUE(until([&] { return alice.outcome().has_value(); }));
  ASSERT_EQ(bob.phase(), CallPhase::active) << "its recording is still written, and its end not told";
  bob.media.recording_end = {};
  EXPECT_TRUE(chat.on_command("/call", "", "alice"));
  EXPECT_EQ(paper.said, std::vector<std::string>{});
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::rings_here && bob.phase() == CallPhase::rings_there; }));
  chat.on_event(bob.events.back());
  // The end of the first one comes, and the second one is still in view.
  disk.set_value();
  ASSERT_TRUE(until([&] { return bob.outcome().has_value(); }));
  ASSERT_EQ(bob.events.back().id, first.id);
  chat.on_event(bob.events.back());
  EXPECT_TRUE(chat.on_command("/call", "nonsense", "alice"));
  EXPECT_EQ(paper.said, std::vector<std::string>{"There is a call already: /hangup first"});
}

TEST_F(ChatCallsTest, OptionsAreThoseOfTheCall) {
  const auto record = folder.path("call.pqcrec");
  EXPECT_TRUE(chat.on_command("/call", "nonsense", "alice"));
  EXPECT_EQ(paper.said, std::vector<std::string>{"this is nonsense"});
  EXPECT_EQ(phase_of_bob(), CallPhase::none);
  EXPECT_FALSE(chat.on_command("/hangup", record, "alice"));
  EXPECT_TRUE(chat.on_command("/call", record, "alice"));
  ASSERT_TRUE(until([&] { return alice.phase() == CallPhase::rings_here; }));
  ASSERT_TRUE(call(alice, AnswerCallRequest{}));
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::active; }));
  EXPECT_EQ(bob.media.recorded_to, record);
  ASSERT_TRUE(call(alice, HangUpRequest{}));
  ASSERT_TRUE(until([&] { return alice.outcome() && bob.outcome(); }));

  ring();
  chat.on_event(bob.events.back());
  EXPECT_TRUE(chat.on_command("/answer", "nonsense", "alice"));
  EXPECT_EQ(phase_of_bob(), CallPhase::rings_here);
  EXPECT_TRUE(chat.on_command("/answer", record + "-2", "alice"));
  ASSERT_TRUE(until([&] { return bob.phase() == CallPhase::active; }));
  EXPECT_EQ(bob.media.recorded_to, record + "-2");
}

TEST_F(ChatCallsTest, EachChangeOfARecordingIsNews) {
  CallInfo call{.id = "1", .peer = "alice@test", .phase = CallPhase::active};
  for (const auto state : {RecordingState::none, RecordingState::on, RecordingState::on, RecordingState::ended}) {
    call.quality.recorded = state;
    chat.on_event(call);
  }
  call.quality.recording = RecordingState::failed;
  chat.on_event(call);
  EXPECT_EQ(paper.calls.size(), 4U);
}

}  // namespace
}  // namespace pqc::client
