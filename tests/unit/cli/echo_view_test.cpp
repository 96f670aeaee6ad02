// What a test call to an echo service shows and ends with.
#include "cli/echo_view.h"

#include <gtest/gtest.h>

#include "cli/call_view.h"

namespace pqc::cli {
namespace {

client::CallInfo call_of(float said, float heard) {
  client::CallInfo call;
  call.id = "00";
  call.peer = "echo@test";
  call.phase = client::CallPhase::over;
  call.since = {1};
  call.ended = {2};
  call.outcome = client::CallOutcome::completed;
  call.quality.loudest_in = said;
  call.quality.loudest_out = heard;
  call.quality.packets_received = 98;
  call.quality.packets_lost = 2;
  call.quality.round_trip = std::chrono::microseconds(12'345);
  return call;
}

TEST(EchoView, TheServiceIsKnownByItsName) {
  EXPECT_TRUE(is_echo("echo") && is_echo("echo@test"));
  EXPECT_FALSE(is_echo("echoes") || is_echo("bob@echo") || is_echo(""));
}

TEST(EchoView, TheMeterGoesFromSixtyDecibelsDownToTheLoudest) {
  client::CallQuality quality;
  EXPECT_EQ(level_meter(quality), "in -------- out --------");
  quality.level_in = 1;
  quality.level_out = 0.0316F;  // -30 dB
  EXPECT_EQ(level_meter(quality), "in ######## out ####----");
  quality.level_in = 2;
  quality.level_out = -1;
  EXPECT_EQ(level_meter(quality), "in ######## out --------");
}

TEST(EchoView, WhatWasHeardIsSummedUp) {
  const auto heard = call_of(0.1F, 0.1F);
  EXPECT_EQ(echo_error(heard).code, ExitCode::ok);
  EXPECT_EQ(echo_line(heard),
            "you were heard, and your words came back; round trip 12.3 ms; lost: 2 of 100 packets on the way here (2.0 "
            "%), 0.0 % of the last on the way there");
  EXPECT_NE(echo_object(heard).text().find(R"("result":"heard")"), std::string::npos);
  EXPECT_NE(echo_object(heard).text().find(R"("loss_per_mille":20)"), std::string::npos);
}

TEST(EchoView, WhatWasNotHeardIsAnErrorThatSaysWhere) {
  EXPECT_EQ(echo_error(call_of(0.1F, 0)).code, ExitCode::call_broken);
  EXPECT_NE(echo_error(call_of(0.1F, 0)).message.find("nothing came back"), std::string::npos);
  EXPECT_NE(echo_error(call_of(0, 0)).message.find("microphone"), std::string::npos);
  EXPECT_NE(echo_object(call_of(0.1F, 0)).text().find(R"("result":"nothing_back")"), std::string::npos);
  EXPECT_EQ(no_echo_service("echo@test").code, ExitCode::call_unreachable);
}

// Where a line is cut, the words go first.
TEST(EchoView, TheLineOfATestBeginsWithItsFigures) {
  auto call = call_of(0.1F, 0);
  call.phase = client::CallPhase::active;
  call.quality.words = "acorn zebra";
  EXPECT_EQ(call_line(call, {1}),
            "echo@test  0:00  in -------- out --------  round trip 12 ms  jitter 0 ms  loss 0.0 %  words: acorn zebra  "
            "direct");
}

}  // namespace
}  // namespace pqc::cli
