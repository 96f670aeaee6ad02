// What edits, reactions, unsends and timers do to the store, in any order and any number of times; searching; erasing.
#include <algorithm>
#include <map>

#include <gtest/gtest.h>

#include "client/limits.h"
#include "client/messages/effects.h"
#include "client/messages/message_content.h"
#include "client/store/store.h"
#include "support/temporary_folder.h"

namespace pqc::client {
namespace {

constexpr UnixMillis now{1'700'000'000'000};

class ChangesTest : public ::testing::Test {
 protected:
  ChangesTest() { open(); }

  void open() {
    store.reset();
    folder = std::make_unique<test::TemporaryFolder>();
    auto opened = Store::open(std::filesystem::path(folder->path()) / "profile.db", DatabaseKey(), true);
    EXPECT_TRUE(opened) << opened.error().message;
    store = std::move(*opened);
    contact = store->contacts.find_or_add("bob@vm", ContactState::accepted, now)->id;
  }

  // As it comes in, or as it was made here.
  MessageRow row(std::uint8_t id, Direction direction, const decltype(Content::body)& body) const {
    MessageRow out;
    out.contact = contact;
    out.message.direction = direction;
    out.message.stored_at = now;
    out.message.status = direction == Direction::incoming ? MessageStatus::received : MessageStatus::queued;
    EXPECT_TRUE(fill_row({.id = {id}, .sent_at = now, .body = body}, out));
    return out;
  }
  void add(const MessageRow& row) {
    auto seq = store->messages.add(row);
    ASSERT_TRUE(seq);
    if (*seq) {
      ASSERT_TRUE(apply_effects(*store, row));
    }
  }
  void receive(std::uint8_t id, const decltype(Content::body)& body) { add(row(id, Direction::incoming, body)); }
  void write(std::uint8_t id, const decltype(Content::body)& body) { add(row(id, Direction::outgoing, body)); }

  Message message(std::uint8_t id, Direction direction) {
    auto found = store->messages.find(contact, direction, {id});
    EXPECT_TRUE(found && *found);
    return found && *found ? (*found)->message : Message();
  }
  std::size_t hits(std::string words) {
    auto found = store->search.find(
        {.contact = 0, .words = std::move(words), .since = {}, .before = {}, .after = {}, .limit = 1000, .now = now});
    EXPECT_TRUE(found) << found.error().message;
    return found ? found->size() : 0;
  }

  std::unique_ptr<test::TemporaryFolder> folder;
  std::unique_ptr<Store> store;
  std::int64_t contact = 0;
};

TEST_F(ChangesTest, EveryOrderOfArrivalGivesTheSame) {
  std::vector<MessageRow> rows{
      row(1, Direction::incoming, TextContent{.text = "first"}),
      row(2, Direction::incoming, EditContent{.target = {1}, .text = "second", .revision = 1}),
      row(3, Direction::incoming, EditContent{.target = {1}, .text = "third", .revision = 2}),
      row(4, Direction::incoming, EditContent{.target = {1}, .text = "by id", .revision = 2}),
      row(5, Direction::incoming, ReactionContent{.to = {.id = {1}, .own = true}, .emoji = "x", .revision = 1}),
      row(6, Direction::outgoing, ReactionContent{.to = {.id = {1}, .own = false}, .emoji = "y", .revision = 1}),
  };
  std::vector<std::size_t> order{0, 1, 2, 3, 4, 5};
  for (int round = 0; round < 12; ++round) {
    open();
    for (const auto i : order) {
      add(rows[i]);
      add(rows[i]);  // a second copy changes nothing
    }
    const auto m = message(1, Direction::incoming);
    EXPECT_EQ(m.text, "by id");
    EXPECT_TRUE(m.edited);
    EXPECT_EQ(m.their_reaction, "x");
    EXPECT_EQ(m.our_reaction, "y");
    EXPECT_EQ(hits("by id"), 1U);
    EXPECT_EQ(hits("first"), 0U);
    for (int step = 0; step < 61; ++step) std::ranges::next_permutation(order);
  }
}

TEST_F(ChangesTest, AnUnsendLeavesNothingWhateverCameFirst) {
  std::vector<MessageRow> rows{
      row(1, Direction::incoming, TextContent{.text = "secret words"}),
      row(2, Direction::incoming, EditContent{.target = {1}, .text = "other secret", .revision = 1}),
      row(3, Direction::incoming, UnsendContent{.target = {1}}),
      row(4, Direction::outgoing, ReactionContent{.to = {.id = {1}, .own = false}, .emoji = "y", .revision = 1}),
  };
  std::vector<std::size_t> order{0, 1, 2, 3};
  do {
    open();
    for (const auto i : order) add(rows[i]);
    const auto m = message(1, Direction::incoming);
    EXPECT_TRUE(m.unsent);
    EXPECT_EQ(m.text + m.their_reaction + m.our_reaction, "");
    EXPECT_EQ(message(2, Direction::incoming).text, "");
    EXPECT_EQ(hits("secret"), 0U);
  } while (std::ranges::next_permutation(order).found);
}

// Whoever edits without end costs a row each time, up to a limit, and no work that grows with them (THREATS 11).
TEST_F(ChangesTest, Threat11EndlessChangesAreBoundedAndKeepNoText) {
  receive(1, TextContent{.text = "first"});
  for (std::size_t i = 1; i <= limits::changes_of_message; ++i) {
    auto edit = row(0, Direction::incoming,
                    EditContent{.target = {1}, .text = "edit", .revision = static_cast<std::uint32_t>(i)});
    edit.message.id = {static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8), 1};
    ASSERT_TRUE(*may_add_change(*store, edit));
    add(edit);
  }
  const auto count = [&](const char* sql) {
    return store->database->one(sql, [](const Row& r) { return r.integer(0); })->value_or(-1);
  };
  EXPECT_EQ(count("SELECT count(*) FROM messages WHERE kind = 4 AND text <> ''"), 1);
  auto more = row(200, Direction::incoming, EditContent{.target = {1}, .text = "more", .revision = 5000});
  EXPECT_FALSE(*may_add_change(*store, more));
  // Of another kind, of another message, and an answer, go on.
  EXPECT_TRUE(*may_add_change(*store, row(201, Direction::incoming, UnsendContent{.target = {1}})));
  EXPECT_TRUE(
      *may_add_change(*store, row(202, Direction::incoming, EditContent{.target = {2}, .text = "t", .revision = 1})));
  EXPECT_TRUE(*may_add_change(*store, row(203, Direction::incoming, TextContent{.text = "plain"})));
  // The one that counts is found in the index, not by looking at all.
  std::string plan;
  ASSERT_TRUE(
      store->database->each("EXPLAIN QUERY PLAN SELECT * FROM messages WHERE contact = 1 AND target = x'01' AND "
                            "target_direction = 0 AND kind "
                            "= 4 AND direction = 0 ORDER BY revision DESC, id DESC LIMIT 1",
                            [&](const Row& r) { plan += r.text(3); }));
  EXPECT_TRUE(plan.contains("changes_of_message")) << plan;
  EXPECT_FALSE(plan.contains("TEMP B-TREE")) << plan;
}

TEST_F(ChangesTest, AnUnsentChangeOfOursKeepsItsTextUntilItIsThere) {
  write(1, TextContent{.text = "first"});
  write(2, EditContent{.target = {1}, .text = "second", .revision = 1});
  write(3, EditContent{.target = {1}, .text = "third", .revision = 2});
  EXPECT_EQ(message(2, Direction::outgoing).text, "second");
  ASSERT_TRUE(store->messages.set_delivered(message(2, Direction::outgoing).seq, now));
  write(4, EditContent{.target = {1}, .text = "fourth", .revision = 3});
  EXPECT_EQ(message(2, Direction::outgoing).text, "");
  EXPECT_EQ(message(1, Direction::outgoing).text, "fourth");
}

TEST_F(ChangesTest, NobodyChangesWhatAnotherWrote) {
  write(1, TextContent{.text = "ours"});
  // The id of our message in an edit and an unsend of theirs.
  receive(2, EditContent{.target = {1}, .text = "forged", .revision = 9});
  receive(3, UnsendContent{.target = {1}});
  EXPECT_EQ(message(1, Direction::outgoing).text, "ours");
  EXPECT_FALSE(message(1, Direction::outgoing).unsent);
  // And of another conversation.
  contact = store->contacts.find_or_add("carol@vm", ContactState::accepted, now)->id;
  receive(4, TextContent{.text = "carol's"});
  contact = store->contacts.find("bob@vm")->value().id;
  receive(5, UnsendContent{.target = {4}});
  contact = store->contacts.find("carol@vm")->value().id;
  EXPECT_EQ(message(4, Direction::incoming).text, "carol's");
}

TEST_F(ChangesTest, ATakenBackReactionIsGoneAndTheHighestRevisionCounts) {
  receive(1, TextContent{.text = "t"});
  receive(2, ReactionContent{.to = {.id = {1}, .own = true}, .emoji = "", .revision = 2});
  receive(3, ReactionContent{.to = {.id = {1}, .own = true}, .emoji = "late", .revision = 1});
  EXPECT_EQ(message(1, Direction::incoming).their_reaction, "");
  EXPECT_EQ(*next_revision(*store, contact, {.id = {1}, .direction = Direction::incoming}, MessageKind::reaction), 1U);
}

TEST_F(ChangesTest, AnUnsentMessageThatTheServerDoesNotHaveIsNotSent) {
  write(1, TextContent{.text = "waits"});
  const auto seq = message(1, Direction::outgoing).seq;
  ASSERT_TRUE(store->outbox.add(
      {.seq = 0, .id = {9}, .contact = contact, .peer = {}, .device = 1, .body = Bytes(1), .message = seq}, now));
  write(2, UnsendContent{.target = {1}});
  EXPECT_EQ(*store->outbox.size(), 0);
  const auto waiting = store->messages.to_seal(10);
  ASSERT_EQ(waiting->size(), 1U);
  EXPECT_EQ(waiting->front().message.kind, MessageKind::unsend);
  EXPECT_EQ(*store->messages.unseal_unconfirmed(contact, 100), 0);
}

TEST_F(ChangesTest, TheLastChangeOfTheTimerCountsAtBothEnds) {
  receive(1, TimerContent{.seconds = 60, .revision = 2});
  write(2, TimerContent{.seconds = 30, .revision = 1});
  EXPECT_EQ(store->contacts.find(contact)->value().timer, 60U);
  write(3, TimerContent{.seconds = 10, .revision = 2});
  EXPECT_EQ(store->contacts.find(contact)->value().timer, 10U);  // same revision, higher id
}

TEST_F(ChangesTest, TheTimeOfAMessageRunsFromReadingAndFromSending) {
  auto timed = row(1, Direction::incoming, TextContent{.text = "vanishing"});
  timed.message.seconds = 60;
  add(timed);
  auto ours = row(2, Direction::outgoing, TextContent{.text = "vanishing too"});
  ours.message.seconds = 60;
  add(ours);
  const auto much_later = now + std::chrono::days(1);
  EXPECT_FALSE(*store->erasure.remove_expired(much_later));
  EXPECT_EQ(hits("vanishing"), 2U);  // nobody has read the one, the server does not have the other
  ASSERT_TRUE(store->messages.set_shown(message(1, Direction::incoming).seq, now));
  ASSERT_TRUE(store->messages.set_sent(message(2, Direction::outgoing).seq, now));
  ASSERT_TRUE(store->messages.set_delivered(message(2, Direction::outgoing).seq, much_later));
  EXPECT_FALSE(*store->erasure.remove_expired(now + std::chrono::seconds(59)));
  EXPECT_EQ(hits("vanishing"), 2U);
  EXPECT_FALSE(*store->erasure.remove_expired(now + std::chrono::seconds(60)));
  EXPECT_EQ(hits("vanishing"), 0U);
  EXPECT_TRUE(*store->erasure.was_removed(contact, {1}));
  EXPECT_FALSE(*store->erasure.was_removed(contact, {2}));
}

TEST_F(ChangesTest, WordsAreFoundInAnyOrderCaseAndAccent) {
  receive(1, TextContent{.text = "Der Zug nach Köln fährt um 12:30 – pünktlich, sagt man."});
  receive(2, TextContent{.text = "\u4f60\u597d, world"});
  for (const auto* words : {"zug", "KOLN", "Köln zug", "12 30", "12:30", "fahr*", "pünktlich, sagt", "„Köln“", "–zug–"})
    EXPECT_EQ(hits(words), 1U) << words;
  for (const auto* words : {"zu", "zug berlin", "fahr"}) EXPECT_EQ(hits(words), 0U) << words;
  EXPECT_EQ(hits("\u4f60\u597d"), 1U);
  // What FTS5 would take for an operator is a word.
  for (const auto* words : {"a OR b", "NEAR(zug)", "text:zug", "\"zug", "zug AND", "-zug", "(", "^zug"})
    EXPECT_TRUE(match_expression(words).empty() || hits(words) <= 1U) << words;
  EXPECT_EQ(match_expression("!? …").size(), 0U);
  // A damaged character takes no quote along.
  EXPECT_EQ(match_expression("\xDE\"a"), "\"\xDE\" \"a\"");
}

TEST_F(ChangesTest, EverySymbolPartsWordsAsTheIndexHasIt) {
  // A phrase would be an error: the index has no positions. So each of these has to part words, or to be in none.
  for (char32_t c = 0x80; c < 0x30000; c = c < 0x3100 || (c >= 0xFE00 && c < 0xFFFF) || c >= 0x1EF00 ? c + 1 : c + 37) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::string text = "ab";
    if (c < 0x800) {
      text += static_cast<char>(0xC0 | c >> 6);
    } else if (c < 0x10000) {
      text += static_cast<char>(0xE0 | c >> 12);
      text += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    } else {
      text += static_cast<char>(0xF0 | c >> 18);
      text += static_cast<char>(0x80 | (c >> 12 & 0x3F));
      text += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    }
    text += static_cast<char>(0x80 | (c & 0x3F));
    text += "cd";
    auto found = store->search.find(
        {.contact = 0, .words = text, .since = {}, .before = {}, .after = {}, .limit = 1, .now = now});
    ASSERT_TRUE(found || found.error().code == ExitCode::usage) << std::hex << static_cast<std::uint32_t>(c);
  }
}

TEST_F(ChangesTest, ADeletedConversationIsGoneFromEveryTableAndTheFile) {
  for (int i = 0; i < 200; ++i) {
    auto one =
        row(1, Direction::incoming, TextContent{.text = "plenty of text to be erased, number " + std::to_string(i)});
    one.message.id = {static_cast<std::uint8_t>(i), 1};
    add(one);
  }
  ASSERT_TRUE(store->erasure.remove_conversation(contact, now));
  EXPECT_TRUE(store->messages.history(contact, 10)->empty());
  EXPECT_EQ(hits("plenty"), 0U);
  EXPECT_TRUE(*store->erasure.was_removed(contact, {7, 1}));
  const auto left = store->database->one("SELECT count(*) FROM message_words_data WHERE block LIKE '%plenty%'",
                                         [](const Row& r) { return r.integer(0); });
  EXPECT_EQ(left->value_or(-1), 0);
  EXPECT_GT(*store->database->pragma("freelist_count"), 0);
  while (*store->erasure.vacuum_step()) {
  }
  EXPECT_EQ(*store->database->pragma("freelist_count"), 0);
  EXPECT_TRUE(store->database->check_integrity());
}

TEST_F(ChangesTest, OneDeletedMessageLeavesNoWordInTheIndex) {
  receive(1, TextContent{.text = "unforgettable"});
  receive(2, TextContent{.text = "kept"});
  ASSERT_TRUE(store->erasure.remove(message(1, Direction::incoming).seq, now));
  const auto left = store->database->one("SELECT count(*) FROM message_words_data WHERE instr(block, 'unforgettable')",
                                         [](const Row& r) { return r.integer(0); });
  EXPECT_EQ(left->value_or(-1), 0);
  EXPECT_EQ(hits("kept"), 1U);
}

TEST_F(ChangesTest, OldMessagesAreErasedInSteps) {
  for (int i = 0; i < 600; ++i) {
    auto one = row(1, Direction::incoming, TextContent{.text = "old"});
    one.message.id = {static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8), 1};
    one.message.stored_at = now - std::chrono::days(10) + std::chrono::milliseconds(i);
    add(one);
  }
  receive(1, TextContent{.text = "new"});
  int steps = 1;
  while (*store->erasure.remove_stored_before(now - std::chrono::days(5), now)) ++steps;
  EXPECT_EQ(steps, 3);
  EXPECT_EQ(hits("old"), 0U);
  EXPECT_EQ(hits("new"), 1U);
}

TEST_F(ChangesTest, FindingGoesByTimeAndFromBothEnds) {
  for (std::uint8_t i = 1; i <= 9; ++i) {
    auto one = row(i, Direction::incoming, TextContent{.text = "n" + std::to_string(i)});
    one.message.sent_at = now + std::chrono::seconds(i);
    add(one);
  }
  const auto texts = [&](std::optional<UnixMillis> since, std::optional<UnixMillis> before,
                         std::optional<std::int64_t> after, std::size_t limit) {
    std::string out;
    auto found = store->search.find({.contact = contact,
                                     .words = {},
                                     .since = since,
                                     .before = before,
                                     .after = after,
                                     .limit = limit,
                                     .now = now});
    for (const auto& r : *found) out += r.message.text;
    return out;
  };
  EXPECT_EQ(texts({}, {}, {}, 3), "n7n8n9");
  EXPECT_EQ(texts({}, {}, 0, 3), "n1n2n3");
  EXPECT_EQ(texts(now + std::chrono::seconds(3), now + std::chrono::seconds(6), {}, 10), "n3n4n5");
}

}  // namespace
}  // namespace pqc::client
