#include "client/account.h"

#include <gtest/gtest.h>

#include "client/limits.h"
#include "crypto/random.h"
#include "identity/limits.h"
#include "proto/relay.pb.h"
#include "protocol/pqxdh/limits.h"
#include "support/temporary_folder.h"

namespace pqc::client {
namespace {

namespace v1 = pqc_chat::v1;

class AccountTest : public ::testing::Test {
 protected:
  AccountTest() {
    auto opened = Store::open(std::filesystem::path(folder.path()) / "profile.db", DatabaseKey(), true);
    EXPECT_TRUE(opened);
    store = std::move(*opened);
  }
  void create(Account& account) {
    ASSERT_TRUE(account.create({.name = "alice",
                                .server = "test",
                                .host = "localhost",
                                .port = 1,
                                .fingerprint = {},
                                .suites = {crypto::SuiteId::pq, crypto::SuiteId::standard}}));
  }
  static v1::LoggedIn counts(std::uint32_t left, std::int64_t expires, bool last_resort_used = false) {
    v1::LoggedIn answer;
    for (const auto suite : {crypto::SuiteId::pq, crypto::SuiteId::standard}) {
      auto& count = *answer.add_prekeys();
      count.set_suite(crypto::number(suite));
      count.set_one_time_left(left);
      count.set_expires_at(expires);
      count.set_last_resort_used(last_resort_used);
    }
    return answer;
  }

  test::TemporaryFolder folder;
  std::unique_ptr<Store> store;
  ManualClock clock;
  crypto::SeededRng rng{1};
};

TEST_F(AccountTest, ComesBackFromTheStore) {
  Account made(*store, clock, rng);
  create(made);
  Account loaded(*store, clock, rng);
  ASSERT_TRUE(loaded.load());
  EXPECT_EQ(loaded.name().text(), "alice@test");
  EXPECT_EQ(loaded.record().hash(), made.record().hash());
  EXPECT_FALSE(loaded.row().registered);
  EXPECT_TRUE(loaded.keys().public_identity());
}

TEST_F(AccountTest, TheRecordIsRenewedAtHalfOfItsLife) {
  Account account(*store, clock, rng);
  create(account);
  clock.advance(identity::record_lifetime / 2 - std::chrono::hours(1));
  EXPECT_FALSE(account.renew_record()->has_value());
  clock.advance(std::chrono::hours(2));
  const auto renewed = account.renew_record();
  ASSERT_TRUE(renewed && *renewed);
  EXPECT_EQ(account.record().version().value, 2u);
  EXPECT_TRUE(identity::verify(**renewed, account.name(), clock.now()));
  EXPECT_FALSE(account.renew_record()->has_value());
  Account loaded(*store, clock, rng);
  ASSERT_TRUE(loaded.load());
  EXPECT_EQ(loaded.record().version().value, 2u);
}

TEST_F(AccountTest, PrekeysAreMadeWhereTheyAreMissingLowOldOrUsedUp) {
  Account account(*store, clock, rng);
  create(account);
  const auto later = (clock.now() + pqxdh::batch_lifetime).value;
  EXPECT_EQ(account.refill_prekeys(v1::LoggedIn())->size(), 2u);
  EXPECT_EQ(account.refill_prekeys(counts(limits::refill_below, later))->size(), 0u);
  EXPECT_EQ(account.refill_prekeys(counts(limits::refill_below - 1, later))->size(), 2u);
  EXPECT_EQ(account.refill_prekeys(counts(limits::one_time_pairs, (clock.now() + std::chrono::days(1)).value))->size(),
            2u);
  const auto frames = account.refill_prekeys(counts(limits::one_time_pairs, later, true));
  ASSERT_EQ(frames->size(), 2u);
  EXPECT_EQ(frames->front().publish_prekeys().one_time_pairs_size(), static_cast<int>(limits::one_time_pairs));
  EXPECT_FALSE(frames->front().publish_prekeys().last_resort().empty());
}

TEST_F(AccountTest, WhatTheKeyHolderDidIsUndoneWithTheTransaction) {
  Account account(*store, clock, rng);
  create(account);
  {
    auto transaction = store->begin();
    ASSERT_TRUE(transaction);
    ASSERT_TRUE(account.keys().generate_batch(crypto::SuiteId::pq, 4, clock.now()));
    EXPECT_EQ(account.keys().batches().size(), 1u);
    account.roll_back(*transaction);
  }
  EXPECT_EQ(account.keys().batches().size(), 0u);
  EXPECT_TRUE(account.keys().public_identity());
}

TEST_F(AccountTest, ADiscardedAccountLeavesNothing) {
  Account account(*store, clock, rng);
  create(account);
  ASSERT_TRUE(account.discard());
  EXPECT_FALSE(account.exists());
  EXPECT_TRUE(store->account.key_items()->empty());
  create(account);
  EXPECT_TRUE(account.exists());
}

TEST_F(AccountTest, AGenerationIsUsedOnce) {
  Account account(*store, clock, rng);
  create(account);
  v1::Hello hello;
  hello.set_server_name("test");
  hello.set_challenge(std::string(32, 'c'));
  const auto first = account.sign_in(hello, {}, "");
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ((*first)->register_().generation(), 1u);
  Account again(*store, clock, rng);
  ASSERT_TRUE(again.load());
  const auto second = again.sign_in(hello, {}, "");
  EXPECT_EQ((*second)->register_().generation(), 2u);
  v1::LoggedIn answer;
  answer.set_last_generation(1);
  EXPECT_FALSE(again.outdated(answer));
  answer.set_last_generation(2);
  EXPECT_TRUE(again.outdated(answer));
  hello.set_server_name("other");
  EXPECT_EQ(again.sign_in(hello, {}, "").error().code, ExitCode::wrong_server);
}

}  // namespace
}  // namespace pqc::client
