#include "client/people/account.h"

#include <gtest/gtest.h>

#include "client/limits.h"
#include "identity/limits.h"
#include "proto/relay.pb.h"
#include "protocol/pqxdh/limits.h"
#include "support/local_keys.h"
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
  test::LocalKeys keys;
};

TEST_F(AccountTest, ComesBackFromTheStore) {
  Account made(*store, keys, clock);
  create(made);
  Account loaded(*store, keys, clock);
  ASSERT_TRUE(loaded.load());
  EXPECT_EQ(loaded.name().text(), "alice@test");
  EXPECT_EQ(loaded.record().hash(), made.record().hash());
  EXPECT_FALSE(loaded.row().registered);
  EXPECT_TRUE(loaded.keys().public_identity());
}

TEST_F(AccountTest, TheRecordIsRenewedAtHalfOfItsLife) {
  Account account(*store, keys, clock);
  create(account);
  clock.advance(identity::record_lifetime / 2 - std::chrono::hours(1));
  EXPECT_FALSE(account.renew_record()->has_value());
  clock.advance(std::chrono::hours(2));
  const auto renewed = account.renew_record();
  ASSERT_TRUE(renewed && *renewed);
  EXPECT_EQ(account.record().version().value, 2u);
  EXPECT_TRUE(identity::verify(**renewed, account.name(), clock.now()));
  EXPECT_FALSE(account.renew_record()->has_value());
  Account loaded(*store, keys, clock);
  ASSERT_TRUE(loaded.load());
  EXPECT_EQ(loaded.record().version().value, 2u);
}

TEST_F(AccountTest, AServiceNamesNoStrangersInTheSecurityLog) {
  using keys::audit::Kind;
  Account account(*store, keys, clock);
  create(account);
  ASSERT_TRUE(store->contacts.find_or_add("friend@test", ContactState::accepted, clock.now()));
  ASSERT_TRUE(store->contacts.find_or_add("caller@test", ContactState::stranger, clock.now()));
  const auto report_all = [&](const std::string& peer) {
    account.report({.kind = Kind::identity_changed, .peer = peer});
    account.report_device(Kind::device_added, peer, {2});
    account.report_refused(peer, "replayed");
    account.report_later({.kind = Kind::session_started, .peer = peer});
    auto transaction = store->begin();
    ASSERT_TRUE(transaction && account.commit(*transaction));
  };
  report_all("caller@test");
  EXPECT_EQ(keys.events.size(), 4U) << "of a user's profile everything is kept";
  account.serve_strangers();
  EXPECT_TRUE(keys.names_nobody);
  report_all("caller@test");
  report_all("forgotten@test");
  for (std::size_t i = 0; i < 2 * limits::refusals_an_hour; ++i) account.report_refused("caller@test", "replayed");
  EXPECT_EQ(keys.events.size(), 4U);
  // The profile's own device, its contacts, and what names nobody.
  report_all("alice@test");
  report_all("friend@test");
  report_all("");
  EXPECT_EQ(keys.events.size(), 16U) << "strangers have used up nothing";
}

TEST_F(AccountTest, PrekeysAreMadeWhereTheyAreMissingLowOldOrUsedUp) {
  Account account(*store, keys, clock);
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

// A renewal that was signed, and then not stored.
TEST_F(AccountTest, ARenewalThatWasInterruptedSignsTheSameRecordAgain) {
  Account account(*store, keys, clock);
  create(account);
  clock.advance(identity::record_lifetime * 2 / 3);
  auto begun = account.record().record();
  begun.version.value = 2;
  begun.predecessor = account.record().hash();
  begun.issued = clock.now();
  begun.expires = clock.now() + identity::record_lifetime;
  ASSERT_TRUE(store->account.set_number(setting::renewal, clock.now().value));
  const auto lost = keys.holder().sign_record(begun);
  ASSERT_TRUE(lost);
  clock.advance(std::chrono::hours(1));
  Account loaded(*store, keys, clock);
  ASSERT_TRUE(loaded.load());
  const auto renewed = loaded.renew_record();
  ASSERT_TRUE(renewed && *renewed) << (renewed ? "" : renewed.error().message);
  EXPECT_EQ(loaded.record().record(), begun);
  // The next one is a new one.
  clock.advance(identity::record_lifetime * 2 / 3);
  ASSERT_TRUE(loaded.renew_record()->has_value());
  EXPECT_EQ(loaded.record().version().value, 3u);
  EXPECT_EQ(loaded.record().record().issued, clock.now());
}

TEST_F(AccountTest, PrekeysRotateWeekly) {
  Account account(*store, keys, clock);
  create(account);
  ASSERT_EQ(account.refill_prekeys(v1::LoggedIn())->size(), 2u);
  const auto expires = (clock.now() + pqxdh::batch_lifetime).value;
  clock.advance(std::chrono::days(7) - std::chrono::minutes(1));
  EXPECT_EQ(account.refill_prekeys(counts(limits::one_time_pairs, expires))->size(), 0u);
  clock.advance(std::chrono::minutes(2));
  EXPECT_EQ(account.refill_prekeys(counts(limits::one_time_pairs, expires))->size(), 2u);
  // The old private parts answer until the grace is over, and are erased then.
  EXPECT_EQ(keys.holder().batches().size(), 4u);
  clock.advance(pqxdh::batch_lifetime - std::chrono::days(7) + pqxdh::batch_grace - std::chrono::minutes(10));
  ASSERT_TRUE(account.refill_prekeys(v1::LoggedIn()));
  EXPECT_EQ(keys.holder().batches().size(), 6u);
  clock.advance(std::chrono::minutes(20));
  ASSERT_TRUE(account.refill_prekeys(counts(limits::one_time_pairs, (clock.now() + pqxdh::batch_lifetime).value)));
  EXPECT_EQ(keys.holder().batches().size(), 4u);
}

TEST_F(AccountTest, WhatASessionUsedIsForgottenOnceItIsStored) {
  Account account(*store, keys, clock);
  create(account);
  ASSERT_TRUE(keys.holder().generate_batch(crypto::SuiteId::pq, 4, clock.now()));
  const pqxdh::PrekeyUse use{crypto::SuiteId::pq, keys.holder().batches().front().batch, 2};
  const auto unused = [&] { return keys.holder().batches().front().unused; };
  const pqxdh::SessionId session{1};
  {
    auto transaction = store->begin();
    ASSERT_TRUE(account.forget_later(use, session));
    account.report_later({.kind = keys::audit::Kind::session_started, .peer = "bob"});
    account.roll_back(*transaction);
  }
  EXPECT_EQ(unused(), 4u);
  EXPECT_FALSE(*store->forgets.holds(use));
  {
    auto transaction = store->begin();
    ASSERT_TRUE(account.forget_later(use, session));
    account.report_later({.kind = keys::audit::Kind::session_started, .peer = "carol"});
    EXPECT_TRUE(*store->forgets.holds(use));
    EXPECT_EQ(unused(), 4u);
    ASSERT_TRUE(account.commit(*transaction));
  }
  EXPECT_EQ(unused(), 3u);
  EXPECT_TRUE(store->forgets.all()->empty());
  ASSERT_EQ(keys.events.size(), 1u);
  EXPECT_EQ(keys.events.front().peer, "carol");
}

// A crash after the session was stored and before its one-time pair was erased.
TEST_F(AccountTest, WhatCouldNotBeForgottenIsForgottenAtTheNextStart) {
  {
    Account account(*store, keys, clock);
    create(account);
  }
  ASSERT_TRUE(keys.holder().generate_batch(crypto::SuiteId::pq, 4, clock.now()));
  const pqxdh::PrekeyUse use{crypto::SuiteId::pq, keys.holder().batches().front().batch, 2};
  ASSERT_TRUE(store->forgets.add({use, pqxdh::SessionId{1}}));
  Account loaded(*store, keys, clock);
  ASSERT_TRUE(loaded.load());
  EXPECT_EQ(keys.holder().batches().front().unused, 3u);
  EXPECT_TRUE(store->forgets.all()->empty());
}

TEST_F(AccountTest, KeysThatAnInterruptedAttemptLeftAreReplaced) {
  Account account(*store, keys, clock);
  create(account);
  const auto first = keys.holder().public_identity()->identities;
  ASSERT_TRUE(store->account.remove());
  Account again(*store, keys, clock);
  ASSERT_TRUE(again.load());
  EXPECT_FALSE(again.exists());
  create(again);
  EXPECT_NE(keys.holder().public_identity()->identities, first);
}

TEST_F(AccountTest, StrangersDoNotFillTheSecurityLog) {
  Account account(*store, keys, clock);
  for (std::size_t i = 0; i < 2 * limits::refusals_an_hour; ++i) account.report_refused("mallory", "replayed");
  EXPECT_EQ(keys.events.size(), limits::refusals_an_hour);
  clock.advance(std::chrono::hours(1) + std::chrono::seconds(1));
  account.report_refused("mallory", "replayed");
  EXPECT_EQ(keys.events.size(), limits::refusals_an_hour + 1);
}

TEST_F(AccountTest, ADiscardedAccountLeavesNothing) {
  Account account(*store, keys, clock);
  create(account);
  ASSERT_TRUE(account.discard());
  EXPECT_FALSE(account.exists());
  EXPECT_FALSE(keys.holder().public_identity());
  create(account);
  EXPECT_TRUE(account.exists());
}

TEST_F(AccountTest, AGenerationIsUsedOnce) {
  Account account(*store, keys, clock);
  create(account);
  v1::Hello hello;
  hello.set_server_name("test");
  hello.set_challenge(std::string(32, 'c'));
  const auto first = account.sign_in(hello, {}, "");
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ((*first)->register_().generation(), 1u);
  EXPECT_EQ(keys.witnessed, 1u);
  Account again(*store, keys, clock);
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
