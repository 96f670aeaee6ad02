// The history of calls in the encrypted store.
#include <gtest/gtest.h>

#include "client/calls/waiting_offer.h"
#include "client/limits.h"
#include "client/store/store.h"
#include "support/temporary_folder.h"

namespace pqc::client {
namespace {

class CallTableTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Store::open(std::filesystem::path(folder.path()) / "profile.db", DatabaseKey(), true);
    ASSERT_TRUE(opened);
    store = std::move(*opened);
    bob = store->contacts.find_or_add("bob@test", ContactState::accepted, {1})->id;
  }
  [[nodiscard]] CallRow row(std::uint8_t number, std::int64_t started = 1'000) const {
    return {.id = {number, 1},
            .contact = bob,
            .direction = Direction::incoming,
            .outcome = CallOutcome::missed,
            .started = {started},
            .answered = {},
            .ended = {},
            .relayed = false};
  }

  test::TemporaryFolder folder;
  std::unique_ptr<Store> store;
  std::int64_t bob = 0;
};

TEST_F(CallTableTest, ACallIsNotedOnceAndThenItsEnd) {
  EXPECT_EQ(store->calls.add(row(1)), true);
  EXPECT_EQ(store->calls.add(row(1)), false);
  EXPECT_EQ(store->calls.add(row(2)), true);
  auto over = row(1);
  over.outcome = CallOutcome::completed;
  over.answered = {2'000};
  over.ended = {3'000};
  over.relayed = true;
  ASSERT_TRUE(store->calls.set_end(over));
  const auto calls = store->calls.latest(10);
  ASSERT_TRUE(calls);
  ASSERT_EQ(calls->size(), 2U);
  const auto& first = calls->back();
  EXPECT_EQ(first.id, to_hex(row(1).id));
  EXPECT_EQ(first.peer, "bob@test");
  EXPECT_EQ(first.outcome, CallOutcome::completed);
  EXPECT_EQ(first.ended.value, 3'000);
  EXPECT_TRUE(first.relayed);
  EXPECT_EQ(calls->front().outcome, CallOutcome::missed);
  EXPECT_EQ(store->calls.latest(1)->size(), 1U);
}

TEST_F(CallTableTest, AnOfferWaitsUntilItsCallIsOver) {
  WaitingOffers waiting(*store);
  EXPECT_FALSE(*waiting.find());
  CallOffer offer{.offered_at = {5}, .secret = {7}, .description = {}};
  offer.description.ufrag = "user";
  offer.description.password = std::string(22, 'p');
  const WaitingOffer first{
      .from = {.contact = bob, .device = 2}, .received_at = {9}, .content = {.call = row(1).id, .what = offer}};
  ASSERT_TRUE(waiting.keep(first));
  ASSERT_TRUE(waiting.forget(row(2).id));
  const auto found = waiting.find();
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->from, first.from);
  EXPECT_EQ((*found)->received_at.value, 9);
  EXPECT_EQ((*found)->content, first.content);
  auto second = first;
  second.content.call = row(2).id;
  ASSERT_TRUE(waiting.keep(second));
  ASSERT_TRUE(waiting.forget(row(1).id));
  EXPECT_TRUE(*waiting.find());
  ASSERT_TRUE(waiting.forget(row(2).id));
  EXPECT_FALSE(*waiting.find());
}

// One contact's calls do not push out those of others.
TEST_F(CallTableTest, OfOneContactTheLatestAreKept) {
  const auto carol = store->contacts.find_or_add("carol@test", ContactState::accepted, {1})->id;
  auto first = row(1, 0);
  first.contact = carol;
  ASSERT_TRUE(store->calls.add(first));
  auto transaction = store->begin();
  for (std::size_t i = 0; i < limits::call_history_rows_of_one + 3; ++i) {
    auto next = row(2);
    next.id[2] = static_cast<std::uint8_t>(i);
    next.id[3] = static_cast<std::uint8_t>(i >> 8U);
    next.started = {static_cast<std::int64_t>(i)};
    ASSERT_EQ(store->calls.add(next), true);
  }
  ASSERT_TRUE(transaction->commit());
  const auto calls = store->calls.latest(limits::call_history_rows);
  ASSERT_TRUE(calls);
  ASSERT_EQ(calls->size(), limits::call_history_rows_of_one + 1);
  EXPECT_EQ(calls->back().peer, "carol@test");
  EXPECT_EQ(calls->at(calls->size() - 2).started.value, 3) << "the oldest ones went";
}

// Of one contact, and of many.
TEST_F(CallTableTest, OlderCallsThatComeLaterPushNoneOut) {
  constexpr std::int64_t newest = 1'000'000;
  ASSERT_EQ(store->calls.add(row(1, newest)), true);
  auto transaction = store->begin();
  std::int64_t contact = bob;
  for (std::size_t i = 0; i < limits::call_history_rows + 3; ++i) {
    if (i != 0 && i % limits::call_history_rows_of_one == 0)
      contact = store->contacts.find_or_add("carol" + std::to_string(i) + "@test", ContactState::accepted, {1})->id;
    auto older = row(2, static_cast<std::int64_t>(i));
    older.id[2] = static_cast<std::uint8_t>(i);
    older.id[3] = static_cast<std::uint8_t>(i >> 8U);
    older.contact = contact;
    ASSERT_EQ(store->calls.add(older), true);
  }
  ASSERT_TRUE(transaction->commit());
  const auto calls = store->calls.latest(limits::call_history_rows + 1);
  ASSERT_TRUE(calls);
  ASSERT_EQ(calls->size(), limits::call_history_rows);
  EXPECT_EQ(calls->front().id, to_hex(row(1).id));
  EXPECT_EQ(calls->back().started.value, 4) << "of the contact and of all the oldest ones went";
}

TEST_F(CallTableTest, CallsAreErased) {
  ASSERT_TRUE(store->calls.add(row(1, 10)));
  ASSERT_TRUE(store->calls.add(row(2, 20)));
  ASSERT_TRUE(store->calls.add(row(3, 30)));
  ASSERT_TRUE(store->calls.remove_before({20}));
  EXPECT_EQ(store->calls.latest(10)->size(), 2U);
  ASSERT_TRUE(store->calls.remove(row(2).id));
  EXPECT_EQ(store->calls.latest(10)->size(), 1U);
  ASSERT_TRUE(store->calls.remove_with(bob));
  EXPECT_TRUE(store->calls.latest(10)->empty());
}

}  // namespace
}  // namespace pqc::client
