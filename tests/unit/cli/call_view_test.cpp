#include "cli/call_view.h"

#include <gtest/gtest.h>

#include "cli/terminal.h"

namespace pqc::cli {
namespace {

using client::CallInfo;
using client::CallOutcome;
using client::CallPhase;

CallInfo over(CallOutcome outcome, client::Direction direction = client::Direction::outgoing) {
  CallInfo call;
  call.id = "1";
  call.peer = "bob@test";
  call.direction = direction;
  call.phase = CallPhase::over;
  call.outcome = outcome;
  return call;
}

// Scripts depend on these numbers (docs/exit-codes.md).
TEST(CallView, EveryEndHasItsExitCode) {
  const auto code = [](CallOutcome outcome) { return number(error_of(over(outcome)).code); };
  EXPECT_EQ(code(CallOutcome::completed), 0);
  EXPECT_EQ(code(CallOutcome::busy), 60);
  EXPECT_EQ(code(CallOutcome::declined), 61);
  EXPECT_EQ(code(CallOutcome::unreachable), 62);
  EXPECT_EQ(code(CallOutcome::unanswered), 63);
  EXPECT_EQ(code(CallOutcome::answered_elsewhere), 64);
  EXPECT_EQ(code(CallOutcome::failed), 65);
  EXPECT_EQ(code(CallOutcome::cancelled), 66);
  EXPECT_EQ(code(CallOutcome::missed), 66);
  EXPECT_EQ(number(ExitCode::no_call), 67);
  EXPECT_EQ(number(ExitCode::in_call), 68);
}

TEST(CallView, TheErrorSaysWhatHappened) {
  EXPECT_EQ(error_of(over(CallOutcome::declined)).message, "bob@test declined the call");
  EXPECT_EQ(error_of(over(CallOutcome::declined, client::Direction::incoming)).message,
            "the call of bob@test was declined on this account");
  auto broken = over(CallOutcome::failed);
  broken.why = "nothing was heard for a while";
  EXPECT_EQ(error_of(broken).message, "no sound came through with bob@test: nothing was heard for a while");
  broken.since = {1};
  EXPECT_EQ(error_of(broken).message, "the call with bob@test broke off: nothing was heard for a while");
}

TEST(CallView, EachErrorOfItsOwnSaysWho) {
  EXPECT_EQ(error_of(over(CallOutcome::unreachable)).message, "none of the devices of bob@test could be reached");
  EXPECT_EQ(error_of(over(CallOutcome::unanswered)).message, "it rang at bob@test, and nobody answered");
  EXPECT_EQ(error_of(over(CallOutcome::answered_elsewhere, client::Direction::incoming)).message,
            "the call of bob@test was answered on another device");
}

TEST(CallView, SaysWhoRecords) {
  CallInfo call;
  call.peer = "bob@test";
  call.phase = CallPhase::active;
  call.since = {1'000};
  EXPECT_EQ(call_line(call, {1'000}).find("record"), std::string::npos);
  call.quality.recorded = client::RecordingState::on;
  EXPECT_TRUE(call_line(call, {1'000}).starts_with("bob@test  0:00  THEY RECORD THIS CALL"));
  EXPECT_TRUE(chat_call_line(call, {1'000}).starts_with("bob@test  0:00  THEY RECORD THIS CALL"));
  call.quality.recording = client::RecordingState::on;
  call.quality.words = "acorn zebra";
  EXPECT_TRUE(chat_call_line(call, {1'000})
                  .starts_with("bob@test  0:00  words: acorn zebra  THEY RECORD THIS CALL  you record this call"));
  call.quality.recorded = client::RecordingState::none;
  call.quality.recording = client::RecordingState::failed;
  call.quality.recording_failure = client::Error{ExitCode::disk_full, "the disk is full"};
  EXPECT_NE(call_line(call, {1'000}).find("NOT RECORDED: the disk is full"), std::string::npos);
}

TEST(CallView, ARecordingThatFailedIsTheErrorOfACallThatDidNot) {
  auto call = over(CallOutcome::completed);
  call.quality.recording = client::RecordingState::on;
  EXPECT_EQ(error_of(call).code, ExitCode::ok);
  EXPECT_NE(call_line(call, {1'000}).find("you recorded it"), std::string::npos);
  call.quality.recording_failure = client::Error{ExitCode::disk_full, "the disk is full"};
  EXPECT_EQ(error_of(call).code, ExitCode::disk_full);
  EXPECT_NE(chat_call_line(call, {1'000}).find("NOT RECORDED to its end: the disk is full"), std::string::npos);
  call.outcome = CallOutcome::failed;
  EXPECT_EQ(number(error_of(call).code), 65);
}

TEST(CallView, TheLiveLineBeginsWithWhatMattersMost) {
  CallInfo call;
  call.peer = "bob@test";
  call.phase = CallPhase::active;
  call.since = {1'000};
  call.quality = {.relayed = true,
                  .words = "acorn zebra",
                  .round_trip = std::chrono::microseconds(20'400),
                  .jitter = std::chrono::microseconds(3'000),
                  .loss = 0.012};
  EXPECT_EQ(call_line(call, {66'000}),
            "bob@test  1:05  words: acorn zebra  relayed  round trip 20 ms  jitter 3 ms  loss 1.2 %");
  call.muted = true;
  EXPECT_EQ(call_line(call, {3'601'000}),
            "bob@test  1:00:00  words: acorn zebra  muted  relayed  round trip 20 ms  jitter 3 ms  loss 1.2 %");
  call.muted = false;
  call.quality.source_stalled = call.quality.sink_stalled = true;
  EXPECT_EQ(
      call_line(call, {66'000}),
      "bob@test  1:05  words: acorn zebra  no sound from the microphone  the loudspeaker takes no sound  relayed  "
      "round trip 20 ms  jitter 3 ms  loss 1.2 %");
  call.phase = CallPhase::rings_here;
  EXPECT_EQ(call_line(call, {}), "bob@test calls") << "who answers with this very program needs no advice";
  EXPECT_EQ(ringing_line(call), "bob@test calls: pqc-chat answer, or pqc-chat decline");
  EXPECT_EQ(chat_call_line(call, {}), "bob@test calls: /answer, or /decline");
}

TEST(CallView, TheHistorySaysOfACallThatGoesOnNotHowItEnded) {
  client::CallRecord call;
  call.peer = "bob@test";
  call.outcome = CallOutcome::missed;
  EXPECT_TRUE(call_record_line(call).ends_with("from bob@test  missed"));
  EXPECT_NE(call_record_object(call).text().find(R"("outcome":"missed")"), std::string::npos);
  call.goes_on = true;
  EXPECT_TRUE(call_record_line(call).ends_with("from bob@test  goes on"));
  EXPECT_NE(call_record_object(call).text().find(R"("goes_on":true)"), std::string::npos);
  EXPECT_NE(call_record_object(call).text().find(R"("outcome":)"), std::string::npos)
      << "no member of version 1 ever goes";
}

TEST(CallView, ACallIsFollowedWhereItGivesWayToAnother) {
  FollowedCall followed("1");
  auto other = over(CallOutcome::missed);
  other.id = "2";
  EXPECT_FALSE(followed.ends(other)) << "somebody else called meanwhile";
  other.phase = CallPhase::connecting;
  EXPECT_FALSE(followed.ends(other));
  EXPECT_FALSE(followed.ends(over(CallOutcome::completed))) << "the one before";
  auto next = other;
  next.id = "3";
  next.phase = CallPhase::rings_here;
  EXPECT_FALSE(followed.ends(next)) << "somebody calls while the end of this one is written";
  other.phase = CallPhase::over;
  EXPECT_TRUE(followed.ends(other));
}

TEST(Terminal, ALineIsCutToItsColumns) {
  EXPECT_EQ(fit("hello", 5), "hello");
  EXPECT_EQ(fit("hello", 4), "hell");
  EXPECT_EQ(fit("gr\u00fc\u00df", 3), "gr\u00fc");
  EXPECT_EQ(fit("\u4f60\u597d", 3), "\u4f60") << "two columns each";
  EXPECT_EQ(fit("", 3), "");
}

}  // namespace
}  // namespace pqc::cli
