#include <fstream>

#include <gtest/gtest.h>

#include "client/store/store.h"
#include "support/temporary_folder.h"

namespace pqc::client {
namespace {

constexpr UnixMillis now{1'700'000'000'000};

class TablesTest : public ::testing::Test {
 protected:
  TablesTest() {
    auto opened = Store::open(std::filesystem::path(folder.path()) / "profile.db", DatabaseKey(), true);
    EXPECT_TRUE(opened);
    store = std::move(*opened);
    contact = store->contacts.find_or_add("bob@vm", ContactState::accepted, now)->id;
  }

  std::int64_t add_message(std::uint8_t id, Direction direction = Direction::outgoing) {
    MessageRow row;
    row.contact = contact;
    row.message.id = {id};
    row.message.direction = direction;
    row.message.text = "text " + std::to_string(id);
    row.message.sent_at = row.message.stored_at = now;
    row.message.status = direction == Direction::outgoing ? MessageStatus::queued : MessageStatus::received;
    auto seq = store->messages.add(row);
    EXPECT_TRUE(seq);
    return seq->value_or(0);
  }

  SessionRow session(std::uint8_t byte, std::int64_t age_ms = 0) {
    return {.id = 0,
            .contact = contact,
            .device = 1,
            .transcript = Bytes(64, byte),
            .initial_hash = Bytes(64, byte),
            .suite = 3,
            .sends = false,
            .initial = {byte},
            .state = SecretBytes(Bytes{byte, byte}),
            .created_at = {now.value - age_ms}};
  }

  test::TemporaryFolder folder;
  std::unique_ptr<Store> store;
  std::int64_t contact = 0;
};

TEST_F(TablesTest, AMessageWithAKnownIdIsNotAddedTwice) {
  EXPECT_NE(add_message(1), 0);
  EXPECT_EQ(add_message(1), 0);
  // The same id in the other direction is another message.
  EXPECT_NE(add_message(1, Direction::incoming), 0);
}

// The path of a file that is sent is the user's own file; that of one that is saved is ours to remove.
TEST_F(TablesTest, OnlyTheFileOfAnUnfinishedDownloadIsRemovedWithItsMessage) {
  const auto put = [&](std::int64_t seq, const std::string& name, const FileMark& mark) {
    std::ofstream(folder.path(name)) << "content";
    ASSERT_TRUE(store->transfers.put(
        {.message = seq, .path = folder.path(name), .progress = {}, .mark = mark, .whole_chain = {}}));
  };
  const auto sent = add_message(1), saved = add_message(2, Direction::incoming);
  put(sent, "original.part", {.inode = 5, .size = 7, .changed_at = 9});
  put(saved, "file.12345678.part", {});
  EXPECT_FALSE(store->transfers.unfinished_file(sent)->has_value());
  ASSERT_TRUE(store->erasure.remove(sent, now));
  ASSERT_TRUE(store->erasure.remove(saved, now));
  EXPECT_TRUE(std::filesystem::exists(folder.path("original.part")));
  EXPECT_FALSE(std::filesystem::exists(folder.path("file.12345678.part")));
}

TEST_F(TablesTest, OneAppendHoldsAsManyBodiesAsFitAndOneInAnyCase) {
  for (std::uint8_t i = 1; i <= 4; ++i) {
    const OutboxRow row{
        .seq = 0, .id = {i}, .contact = contact, .peer = {}, .device = 1, .body = Bytes(100, i), .message = {}};
    ASSERT_TRUE(store->outbox.add(row, now));
  }
  EXPECT_EQ(store->outbox.next(0, 10, 250)->size(), 2U);
  EXPECT_EQ(store->outbox.next(0, 10, 300)->size(), 3U);
  EXPECT_EQ(store->outbox.next(0, 10, 1)->size(), 1U);
  EXPECT_EQ(store->outbox.next(0, 2, 1000)->size(), 2U);
  EXPECT_EQ(store->outbox.next(3, 10, 1000)->front().seq, 4);
}

TEST_F(TablesTest, RemovingAnOutboxRowTellsWhetherItWasThere) {
  const OutboxRow row{
      .seq = 0, .id = {1}, .contact = contact, .peer = {}, .device = 1, .body = Bytes(1), .message = {}};
  ASSERT_TRUE(store->outbox.add(row, now));
  EXPECT_TRUE(*store->outbox.remove(1));
  EXPECT_FALSE(*store->outbox.remove(1));
}

TEST_F(TablesTest, TheFirstUnsealedMessageOfAContactIsTheOldestOne) {
  EXPECT_FALSE(store->messages.first_to_seal(contact)->has_value());
  const auto first = add_message(1);
  add_message(2);
  EXPECT_EQ(store->messages.first_to_seal(contact)->value(), first);
  ASSERT_TRUE(store->messages.set_sealed(first, 3));
  EXPECT_GT(store->messages.first_to_seal(contact)->value(), first);
}

TEST_F(TablesTest, HistoryIsTheLastOnesOldestFirst) {
  for (std::uint8_t i = 1; i <= 5; ++i) add_message(i);
  const auto rows = store->messages.history(contact, 3);
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 3u);
  EXPECT_EQ((*rows)[0].message.text, "text 3");
  EXPECT_EQ((*rows)[2].message.text, "text 5");
  EXPECT_EQ((*rows)[0].message.peer, "bob@vm");
}

TEST_F(TablesTest, IncomingMessagesAreShownOnce) {
  const auto seq = add_message(1, Direction::incoming);
  add_message(2);
  ASSERT_EQ(store->messages.not_shown(10)->size(), 1u);
  ASSERT_TRUE(store->messages.set_shown(seq, now));
  EXPECT_TRUE(store->messages.not_shown(10)->empty());
}

TEST_F(TablesTest, StatusesOnlyGoForward) {
  const auto seq = add_message(1);
  ASSERT_TRUE(store->messages.set_delivered(seq, now));
  ASSERT_TRUE(store->messages.set_sent(seq, now));
  EXPECT_EQ((*store->messages.find(seq))->message.status, MessageStatus::delivered);
}

TEST_F(TablesTest, WhatWasNotConfirmedIsSealedAgain) {
  const auto waiting = add_message(1);
  const auto sent = add_message(2);
  const auto delivered = add_message(3);
  for (const auto seq : {waiting, sent, delivered}) ASSERT_TRUE(store->messages.set_sealed(seq, 3));
  ASSERT_TRUE(store->messages.set_sent(sent, now));
  ASSERT_TRUE(store->messages.set_delivered(delivered, now));
  EXPECT_EQ(*store->messages.unseal_unconfirmed(contact, 100), 2);
  const auto rows = store->messages.to_seal(10);
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ((*rows)[0].message.seq, waiting);
  EXPECT_EQ((*rows)[1].message.seq, sent);
}

TEST_F(TablesTest, AReceiptCountsOnceAndOnlyFromTheDeviceThatOwesIt) {
  const auto seq = add_message(1);
  const ReceiptTag tag{9};
  ASSERT_TRUE(store->outbox.expect_receipt(tag, seq, contact, 1));
  EXPECT_FALSE(store->outbox.take_expected(tag, contact, 2)->has_value());
  EXPECT_FALSE(store->outbox.take_expected(tag, contact + 1, 1)->has_value());
  EXPECT_EQ(store->outbox.take_expected(tag, contact, 1)->value_or(0), seq);
  EXPECT_FALSE(store->outbox.take_expected(tag, contact, 1)->has_value());
}

TEST_F(TablesTest, AStrangersReceiptsWait) {
  const auto stranger = store->contacts.find_or_add("eve@vm", ContactState::stranger, now);
  ASSERT_TRUE(store->outbox.owe_receipt(stranger->id, 1, ReceiptTag{1}));
  ASSERT_TRUE(store->outbox.owe_receipt(contact, 1, ReceiptTag{2}));
  ASSERT_EQ(store->outbox.owed(10)->size(), 1u);
  EXPECT_EQ(store->outbox.owed(10)->front().contact, contact);
  ASSERT_TRUE(store->contacts.set_state(stranger->id, ContactState::accepted));
  EXPECT_EQ(store->outbox.owed(10)->size(), 2u);
}

TEST_F(TablesTest, OneSessionOfADeviceSends) {
  auto first = session(1);
  auto second = session(2);
  first.id = *store->sessions.add(first, 5);
  second.id = *store->sessions.add(second, 5);
  EXPECT_FALSE(store->sessions.sending(contact, 1)->has_value());
  ASSERT_TRUE(store->sessions.set_sending(first));
  ASSERT_TRUE(store->sessions.set_sending(second));
  EXPECT_EQ((*store->sessions.sending(contact, 1))->id, second.id);
  EXPECT_EQ((*store->sessions.of_device(contact, 1))[0].id, second.id);
  EXPECT_EQ((*store->sessions.begun_by(Bytes(64, 1)))->id, first.id);
}

TEST_F(TablesTest, OldSessionsGoButNeitherTheNewestNorTheOneThatSends) {
  auto sending = session(1, 10'000);
  sending.id = *store->sessions.add(sending, 3);
  ASSERT_TRUE(store->sessions.set_sending(sending));
  for (std::uint8_t i = 2; i <= 6; ++i) ASSERT_TRUE(store->sessions.add(session(i, 10'000 + i), 3));
  const auto rows = store->sessions.of_device(contact, 1);
  ASSERT_EQ(rows->size(), 3u);
  EXPECT_EQ((*rows)[0].id, sending.id);
  EXPECT_TRUE(std::ranges::any_of(*rows, [](const auto& row) { return row.transcript[0] == 6; }));
}

TEST_F(TablesTest, WhatTheOutboxHoldsComesBackExactlyAndInOrder) {
  const auto seq = add_message(1);
  for (std::uint8_t i = 1; i <= 3; ++i)
    ASSERT_TRUE(store->outbox.add({.seq = 0,
                                   .id = {i},
                                   .contact = contact,
                                   .peer = {},
                                   .device = 1,
                                   .body = Bytes(1000, i),
                                   .message = i == 2 ? std::optional(seq) : std::nullopt},
                                  now));
  auto rows = store->outbox.next(0, 2);
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ((*rows)[0].body, Bytes(1000, 1));
  EXPECT_EQ((*rows)[0].peer, "bob@vm");
  EXPECT_TRUE(*store->outbox.holds(seq));
  ASSERT_TRUE(store->outbox.remove((*rows)[1].seq));
  EXPECT_FALSE(*store->outbox.holds(seq));
  rows = store->outbox.next((*rows)[0].seq, 10);
  ASSERT_EQ(rows->size(), 1u);
  EXPECT_EQ((*rows)[0].id, (MessageId{3}));
}

TEST_F(TablesTest, NumbersInTheOutboxAreNeverUsedAgain) {
  const auto add = [this](std::uint8_t id) {
    ASSERT_TRUE(store->outbox.add(
        {.seq = 0, .id = {id}, .contact = contact, .peer = {}, .device = 1, .body = {id}, .message = {}}, now));
  };
  add(1);
  const auto first = store->outbox.next(0, 1)->front().seq;
  ASSERT_TRUE(store->outbox.remove(first));
  add(2);
  EXPECT_EQ(store->outbox.next(first, 1)->size(), 1u);
}

TEST_F(TablesTest, SeenIdsAreForgottenInTime) {
  const Bytes id(16, 7);
  ASSERT_TRUE(store->outbox.set_seen(contact, id, now));
  ASSERT_TRUE(store->outbox.set_seen(contact, id, now));
  EXPECT_TRUE(*store->outbox.seen(contact, id));
  EXPECT_FALSE(*store->outbox.seen(contact + 1, id));
  ASSERT_TRUE(store->outbox.forget_seen_before({now.value + 1}));
  EXPECT_FALSE(*store->outbox.seen(contact, id));
}

TEST_F(TablesTest, SettingsKeepNumbers) {
  EXPECT_FALSE(store->account.number("cursor")->has_value());
  ASSERT_TRUE(store->account.set_number("cursor", 1));
  ASSERT_TRUE(store->account.set_number("cursor", std::numeric_limits<std::int64_t>::max()));
  EXPECT_EQ(**store->account.number("cursor"), std::numeric_limits<std::int64_t>::max());
}

TEST_F(TablesTest, WhatIsToBeForgottenIsHeldUntilItIsRemoved) {
  const pqxdh::PrekeyUse pair{crypto::SuiteId::pq, {7}, 3};
  const pqxdh::PrekeyUse reusable{crypto::SuiteId::pq, {7}, std::nullopt};
  ASSERT_TRUE(store->forgets.add({pair, pqxdh::SessionId{1}}));
  ASSERT_TRUE(store->forgets.add({pair, pqxdh::SessionId{1}}));
  ASSERT_TRUE(store->forgets.add({reusable, pqxdh::SessionId{2}}));
  const auto rows = store->forgets.all();
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ(rows->front().prekeys, pair);
  EXPECT_EQ(rows->back().prekeys, reusable);
  EXPECT_EQ(rows->back().session, pqxdh::SessionId{2});
  EXPECT_TRUE(*store->forgets.holds(pair));
  EXPECT_FALSE(*store->forgets.holds(pqxdh::PrekeyUse{crypto::SuiteId::pq, {7}, 4}));
  // A reusable prekey serves any number of sessions.
  EXPECT_FALSE(*store->forgets.holds(reusable));
  EXPECT_TRUE(*store->forgets.holds(pqxdh::SessionId{2}));
  ASSERT_TRUE(store->forgets.remove(pqxdh::SessionId{1}));
  EXPECT_FALSE(*store->forgets.holds(pair));
  EXPECT_FALSE(*store->forgets.holds(pqxdh::SessionId{1}));
}

TEST_F(TablesTest, AFileOnItsWayHoldsItsMessageBack) {
  const auto seq = add_message(1);
  const auto later = add_message(2);
  ASSERT_TRUE(store->messages.hold(seq));
  EXPECT_EQ(store->messages.to_seal(10)->front().message.seq, later) << "what comes after it does not wait";
  const TransferRow row{.message = seq,
                        .path = "/tmp/\xFF name",
                        .progress = {.next = 3, .chain = {4}},
                        .mark = {.inode = 5, .size = 6, .changed_at = 7},
                        .whole_chain = {}};
  ASSERT_TRUE(store->transfers.put(row));
  ASSERT_EQ(store->transfers.outgoing()->size(), 1U);
  const auto found = **store->transfers.find(seq);
  EXPECT_EQ(found.path, row.path);
  EXPECT_EQ(found.progress, row.progress);
  EXPECT_EQ(found.mark, row.mark);
  EXPECT_FALSE(found.whole_chain);
  EXPECT_TRUE(*store->transfers.set_progress(seq, {.next = 9, .chain = {8}}));
  EXPECT_TRUE(*store->transfers.set_whole_chain(seq, {7}));
  EXPECT_EQ((*store->transfers.find(seq))->progress.next, 9U);
  EXPECT_EQ((*store->transfers.find(seq))->whole_chain, attachment::Chain{7});
  const Bytes content{1, 2, 3};
  ASSERT_TRUE(store->messages.release(seq, content));
  EXPECT_EQ(store->messages.to_seal(10)->front().content, content);
  EXPECT_TRUE(store->transfers.outgoing()->empty());
}

TEST_F(TablesTest, AnErasedMessageTakesItsTransferWithIt) {
  const auto seq = add_message(1);
  ASSERT_TRUE(store->transfers.put({.message = seq, .path = "p", .progress = {}, .mark = {}, .whole_chain = {}}));
  ASSERT_TRUE(store->erasure.remove(seq, now));
  EXPECT_FALSE(store->transfers.find(seq)->has_value());
  EXPECT_FALSE(*store->transfers.set_progress(seq, {}));
}

}  // namespace
}  // namespace pqc::client
