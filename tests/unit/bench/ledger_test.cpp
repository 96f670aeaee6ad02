#include "ledger.h"

#include <gtest/gtest.h>

namespace pqc::bench {
namespace {

constexpr std::uint64_t run = 77;

Stamp stamp(std::uint32_t sender, std::uint64_t number) {
  return {.run = run, .sender = sender, .number = number, .sent_at = 1};
}

TEST(Stamp, ComesBackFromABody) {
  Bytes body(64, 0xaa);
  const Stamp written{.run = 0x0102030405060708, .sender = 9, .number = 1ULL << 40, .sent_at = UINT64_MAX};
  write_stamp(written, body);
  EXPECT_EQ(read_stamp(body), written);
  EXPECT_EQ(read_stamp(ByteView(body).first(stamp_size - 1)), std::nullopt);
}

TEST(Ledger, IsContentWhenAllAcceptedArriveOnceAndInOrder) {
  Ledger ledger(run, 2);
  for (int i = 0; i < 3; ++i) {
    const auto number = ledger.send(1);
    EXPECT_FALSE(ledger.settled());
    ledger.accepted(1, number);
    ledger.arrived(stamp(1, number), 1);
  }
  EXPECT_TRUE(ledger.settled());
  EXPECT_TRUE(ledger.verdict().ok());
  EXPECT_EQ(ledger.verdict().arrived, 3U);
}

TEST(Ledger, TakesAnArrivalThatOvertakesItsAnswer) {
  Ledger ledger(run, 1);
  const auto number = ledger.send(0);
  ledger.arrived(stamp(0, number), 0);
  ledger.accepted(0, number);
  EXPECT_TRUE(ledger.settled());
  EXPECT_TRUE(ledger.verdict().ok());
}

TEST(Ledger, FindsALostMessage) {
  Ledger ledger(run, 1);
  ledger.accepted(0, ledger.send(0));
  EXPECT_FALSE(ledger.settled());
  EXPECT_EQ(ledger.verdict().lost, 1U);
  EXPECT_FALSE(ledger.verdict().ok());
}

TEST(Ledger, DoesNotMissWhatWasRefusedOrNeverAnswered) {
  Ledger ledger(run, 1);
  ledger.refused(0, ledger.send(0));
  EXPECT_TRUE(ledger.settled());
  ledger.send(0);
  EXPECT_FALSE(ledger.settled());
  EXPECT_EQ(ledger.verdict().refused, 1U);
  EXPECT_EQ(ledger.verdict().unanswered, 1U);
  EXPECT_TRUE(ledger.verdict().ok());
}

TEST(Ledger, FindsADuplicate) {
  Ledger ledger(run, 1);
  ledger.accepted(0, ledger.send(0));
  ledger.arrived(stamp(0, 0), 0);
  ledger.arrived(stamp(0, 0), 0);
  EXPECT_EQ(ledger.verdict().duplicated, 1U);
  EXPECT_EQ(ledger.verdict().arrived, 1U);
  EXPECT_FALSE(ledger.verdict().ok());
}

TEST(Ledger, FindsAMessageThatWasOvertaken) {
  Ledger ledger(run, 1);
  for (int i = 0; i < 3; ++i) ledger.accepted(0, ledger.send(0));
  for (const std::uint64_t number : {1U, 0U, 2U}) ledger.arrived(stamp(0, number), 0);
  EXPECT_EQ(ledger.verdict().out_of_order, 1U);
  EXPECT_EQ(ledger.verdict().lost, 0U);
  EXPECT_FALSE(ledger.verdict().ok());
}

TEST(Ledger, FindsWhatNobodySentToThisReceiver) {
  Ledger ledger(run, 2);
  ledger.accepted(0, ledger.send(0));
  Stamp earlier_run = stamp(0, 0);
  earlier_run.run = run - 1;
  ledger.arrived(std::nullopt, 0);
  ledger.arrived(earlier_run, 0);
  ledger.arrived(stamp(0, 0), 1);
  ledger.arrived(stamp(0, 5), 0);
  ledger.arrived(stamp(9, 0), 9);
  EXPECT_EQ(ledger.verdict().foreign, 5U);
  EXPECT_EQ(ledger.verdict().arrived, 0U);
}

TEST(Ledger, CountsASecondAnswerOnce) {
  Ledger ledger(run, 1);
  const auto number = ledger.send(0);
  ledger.accepted(0, number);
  ledger.accepted(0, number);
  ledger.refused(0, number);
  EXPECT_EQ(ledger.verdict().accepted, 1U);
  EXPECT_EQ(ledger.verdict().refused, 0U);
}

}  // namespace
}  // namespace pqc::bench
