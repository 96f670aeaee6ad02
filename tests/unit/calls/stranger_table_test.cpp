// What a service that anybody may call forgets of its callers (docs/spec/calls.md §10).
#include <gtest/gtest.h>

#include "client/store/store.h"
#include "support/temporary_folder.h"

namespace pqc::client {
namespace {

class StrangerTableTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Store::open(std::filesystem::path(folder.path()) / "profile.db", DatabaseKey(), true);
    ASSERT_TRUE(opened);
    store = std::move(*opened);
  }
  std::int64_t stranger(const std::string& name, std::int64_t came) {
    return store->contacts.find_or_add(name + "@test", ContactState::stranger, {came})->id;
  }
  // Everything that a caller leaves behind.
  void leave_traces(std::int64_t contact, std::int64_t at) {
    const auto number = static_cast<std::uint8_t>(contact);
    const auto name = std::to_string(contact);
    ASSERT_TRUE(store->sessions.add({.id = 0,
                                     .contact = contact,
                                     .device = 1,
                                     .transcript = {number},
                                     .initial_hash = {},
                                     .suite = 3,
                                     .sends = true,
                                     .initial = {},
                                     .state = SecretBytes(ByteView()),
                                     .created_at = {at}},
                                    5));
    ASSERT_TRUE(store->calls.add({.id = {number},
                                  .contact = contact,
                                  .direction = Direction::incoming,
                                  .outcome = CallOutcome::completed,
                                  .started = {at},
                                  .answered = {},
                                  .ended = {},
                                  .relayed = false}));
    OutboxRow waiting;
    waiting.id = {number};
    waiting.contact = contact;
    waiting.device = 1;
    waiting.body = {1};
    ASSERT_TRUE(store->outbox.add(waiting, {at}));
    ASSERT_TRUE(store->outbox.set_seen(contact, Bytes{number}, {at}));
    ASSERT_TRUE(store->outbox.owe_receipt(contact, 1, {number}));
    for (const auto& setting :
         {"restart:" + name + ":1", "repeat:" + name + ":2", "record_spoken_of:" + name, "record_speaker:" + name})
      ASSERT_TRUE(store->account.set_number(setting, 1));
  }
  // Rows of every table that may name somebody.
  std::int64_t rows() {
    std::int64_t sum = 0;
    for (const auto* const table :
         {"contacts", "sessions", "calls", "outbox", "seen", "owed_receipts", "settings", "notices", "removed"})
      sum += *store->database
                  ->one(std::string("SELECT count(*) FROM ") + table, [](const Row& row) { return row.integer(0); })
                  .value();
    return sum;
  }

  test::TemporaryFolder folder;
  std::unique_ptr<Store> store;
};

TEST_F(StrangerTableTest, WhoIsForgottenLeavesNothing) {
  const auto before = rows();
  const auto one = stranger("one", 10);
  leave_traces(one, 10);
  EXPECT_EQ(store->strangers.count(), 1U);
  ASSERT_TRUE(store->strangers.forget(one));
  ASSERT_TRUE(store->messages.add_notice(NoticeKind::session_restarted, "one@test", "news", {10}));
  ASSERT_TRUE(store->strangers.forget_news({10}, 100));
  EXPECT_EQ(rows(), before);
}

TEST_F(StrangerTableTest, OthersKeepWhatIsTheirs) {
  // Number 1 is the start of 11, and a device of 12 may have the number of a contact.
  std::vector<std::int64_t> people;
  for (int i = 0; i < 12; ++i) people.push_back(stranger("p" + std::to_string(i), i));
  leave_traces(people.back(), 20);
  const auto left = rows();
  ASSERT_TRUE(store->strangers.forget(people.front()));
  EXPECT_EQ(rows(), left - 1);
}

TEST_F(StrangerTableTest, TheLongestUnheardGoFirst) {
  const auto own = stranger("own", 1);
  const auto one = stranger("one", 10);
  const auto two = stranger("two", 20);
  const auto three = stranger("three", 30);
  const auto friendly = store->contacts.find_or_add("friend@test", ContactState::accepted, {1})->id;
  leave_traces(one, 40);  // heard of last
  const auto forgotten = [&](std::size_t keep, std::int64_t before) {
    return *store->strangers.to_forget(keep, {before}, "own@test");
  };
  EXPECT_TRUE(forgotten(3, 0).empty());
  EXPECT_EQ(forgotten(2, 0), (std::vector{two}));
  EXPECT_EQ(forgotten(0, 0), (std::vector{one, three, two}));
  EXPECT_EQ(forgotten(3, 25), (std::vector{two}));
  // Whose keys are in doubt can call again only once they are forgotten.
  ASSERT_TRUE(store->contacts.set_changed_record(three, Bytes{1}));
  EXPECT_EQ(forgotten(3, 0), (std::vector{three}));
  ASSERT_TRUE(store->contacts.set_barred(three, true));
  EXPECT_TRUE(forgotten(3, 0).empty()) << "who is blocked stays so";
  EXPECT_TRUE(store->contacts.find(own)->has_value() && store->contacts.find(friendly)->has_value());
}

TEST_F(StrangerTableTest, IdsOfWhatCameAreBounded) {
  const auto one = stranger("one", 10);
  for (std::uint8_t i = 0; i < 10; ++i) ASSERT_TRUE(store->outbox.set_seen(one, Bytes{i}, {i}));
  ASSERT_TRUE(store->strangers.forget_news({0}, 4));
  EXPECT_EQ(store->outbox.seen(one, Bytes{5}), false);
  EXPECT_EQ(store->outbox.seen(one, Bytes{6}), true);
  ASSERT_TRUE(store->strangers.forget_news({8}, 4));
  EXPECT_EQ(store->outbox.seen(one, Bytes{7}), false);
  EXPECT_EQ(store->outbox.seen(one, Bytes{8}), true);
}

}  // namespace
}  // namespace pqc::client
