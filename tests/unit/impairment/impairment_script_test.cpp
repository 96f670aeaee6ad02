#include "support/impairment_script.h"

#include <gtest/gtest.h>

namespace pqc::test {
namespace {

using namespace std::chrono_literals;
using Kind = RelayCommand::Kind;

TEST(ImpairmentScript, EveryNameHasItsUnit) {
  const auto got = parse_relay_command(
      "both loss=10 reorder=5 duplicate=1 burst-enter=2 burst-leave=30 burst-loss=80 delay=50 jitter=30 reorder-by=40 "
      "queue=300 rate=40.5 keep-order=1");
  ASSERT_TRUE(got) << got.error();
  EXPECT_TRUE(got->there && got->back && got->kind == Kind::set && !got->at);
  const auto& all = got->impairment;
  EXPECT_DOUBLE_EQ(all.loss, 0.1);
  EXPECT_DOUBLE_EQ(all.reorder, 0.05);
  EXPECT_DOUBLE_EQ(all.duplicate, 0.01);
  EXPECT_DOUBLE_EQ(all.burst_enter, 0.02);
  EXPECT_DOUBLE_EQ(all.burst_leave, 0.3);
  EXPECT_DOUBLE_EQ(all.burst_loss, 0.8);
  EXPECT_EQ(all.delay, 50ms);
  EXPECT_EQ(all.jitter, 30ms);
  EXPECT_EQ(all.reorder_by, 40ms);
  EXPECT_EQ(all.queue, 300ms);
  EXPECT_EQ(all.bits_per_second, 40'500U);
  EXPECT_TRUE(all.keep_order);
}

TEST(ImpairmentScript, DirectionsTimesAndTheRest) {
  const auto there = parse_relay_command("at 2.5 there rate=40").value();
  EXPECT_TRUE(there.there && !there.back);
  EXPECT_EQ(there.at, 2500ms);
  const auto back = parse_relay_command("back").value();
  EXPECT_TRUE(!back.there && back.back);
  EXPECT_EQ(back.impairment.bits_per_second, 0U);
  EXPECT_EQ(parse_relay_command("counts").value().kind, Kind::counts);
  EXPECT_EQ(parse_relay_command("at 60 end").value().kind, Kind::end);
}

TEST(ImpairmentScript, WhatIsNotUnderstoodIsNamed) {
  EXPECT_EQ(parse_relay_command("both loss=200").error(), "loss=200");
  EXPECT_EQ(parse_relay_command("both loss").error(), "loss");
  EXPECT_EQ(parse_relay_command("both los=1").error(), "los=1");
  EXPECT_EQ(parse_relay_command("both delay=-1").error(), "delay=-1");
  EXPECT_EQ(parse_relay_command("both delay=1x").error(), "delay=1x");
  EXPECT_EQ(parse_relay_command("sideways").error(), "sideways");
  EXPECT_EQ(parse_relay_command("at noon end").error(), "noon");
  EXPECT_EQ(parse_relay_command("end now").error(), "now");
  EXPECT_EQ(parse_relay_command("").error(), "");
}

}  // namespace
}  // namespace pqc::test
