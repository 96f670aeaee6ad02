// What people can do who speak the protocol but run no client of ours: contacts, strangers, devices of the same
// account; alone, and together with a server that helps them (docs/THREAT-MODEL.md). Real engines, stores and sessions.
#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "client/backup/backup_records.h"
#include "client/linking/history_transfer.h"
#include "client/store/restored_rows.h"
#include "hostile_server.h"
#include "protocol/attachment/layout.h"
#include "support/device.h"
#include "support/temporary_folder.h"
#include "user.h"

namespace pqc::client {
namespace {

using test::Behaviour;
using test::HostileServer;

std::array<std::uint8_t, 32> filled(std::uint8_t value) {
  std::array<std::uint8_t, 32> out{};
  out.fill(value);
  return out;
}

FileContent some_file(std::uint64_t size) {
  return {.secret = filled(1), .size = size, .chain = filled(2), .blob = filled(3), .name = "cat.png"};
}

HistoryContent history(std::vector<Bytes> records) {
  HistoryContent out;
  out.records = std::move(records);
  out.last = true;
  return out;
}

class HostilePeople : public testing::Test {
 protected:
  void SetUp() override {
    for (auto* device : {&laptop, &bob, &mallory}) device->register_account();
  }
  static std::string name_of(Device& device) { return device.core().account.name().text(); }
  // They have a session, and each knows the other as a contact.
  static void make_friends(Device& one, Device& other) {
    ASSERT_TRUE(one.send(name_of(other), "hello"));
    other.catch_up();
    ASSERT_TRUE(other.send(name_of(one), "hello yourself"));
    one.catch_up();
  }
  // Mallory has a session with bob, and stays a stranger to him.
  void mallory_writes_to_bob() {
    ASSERT_TRUE(mallory.send("bob", "who are you?"));
    bob.catch_up();
    ASSERT_TRUE(bob.engine().set_shown({bob.engine().not_shown()->front().seq}, {}));
  }
  [[nodiscard]] std::size_t sent(Device& from, Device& to) const {
    const auto items = server.appended();
    return static_cast<std::size_t>(std::ranges::count_if(items, [&](const test::Item& item) {
      return item.from.account() == name_of(from) && item.to.account() == name_of(to);
    }));
  }

  test::TemporaryFolder folder;
  HostileServer server;
  Device laptop{folder.path("laptop"), "alice", server.port()};
  Device phone{folder.path("phone"), "alice", server.port()};
  Device bob{folder.path("bob"), "bob", server.port()};
  Device mallory{folder.path("mallory"), "mallory", server.port()};
};

// THREATS 2: who is no device of an account puts nothing into its conversations, and gets nothing out of them, in the
// forms that devices of one account use among themselves.
TEST_F(HostilePeople, Threat2AContactIsNoDeviceOfOurs) {
  make_friends(laptop, bob);
  phone.join(laptop, {2});
  ASSERT_TRUE(HistoryTransfer::offer(laptop.core().store, {1}));
  ASSERT_TRUE(HistoryTransfer::expect(phone.core().store, {1}, 100));
  make_friends(laptop, mallory);
  ASSERT_TRUE(mallory.send("alice", "to both"));
  phone.catch_up();
  const auto to_mallory = sent(laptop, mallory) + sent(phone, mallory);
  const Content forged{.id = MessageId{1}, .sent_at = {1}, .body = TextContent{.text = "I owe mallory 1,000"}};
  mallory.send_content("alice@server.test",
                       SentCopyContent{.peer = "bob@server.test", .content = encode_plain_content(forged)});
  MessageRow row;
  row.message.seq = 1;
  row.message.id = MessageId{2};
  row.message.peer = "bob@server.test";
  row.message.text = "I owe mallory 2,000";
  const auto record = encode_record(row);
  mallory.send_content("alice@server.test", history({to_bytes(record.view())}));
  mallory.send_content("alice@server.test", HistoryRequestContent{});
  for (auto* device : {&laptop, &phone}) {
    device->catch_up();
    for (const auto& text : device->texts_with("bob")) EXPECT_FALSE(text.contains("mallory")) << text;
    for (const auto& text : device->texts_with("mallory")) EXPECT_FALSE(text.contains("I owe")) << text;
  }
  EXPECT_TRUE(phone.engine().history_state(0)->open);
  // Receipts for what mallory wrote, and no history.
  for (const auto& item : server.appended())
    EXPECT_TRUE(item.to.account() != "mallory@server.test" || item.body.size() < 30'000U);
  EXPECT_GE(sent(laptop, mallory) + sent(phone, mallory), to_mallory);
  EXPECT_EQ(laptop.engine().history_state(1)->messages, 0U);
}

// THREATS 1: a copy names another account's conversation, and holds no copy itself.
TEST_F(HostilePeople, Threat1ACopyStandsInNoOtherPlace) {
  make_friends(laptop, bob);
  phone.join(laptop, {2});
  ASSERT_TRUE(phone.send("bob", "from the phone"));
  laptop.catch_up();
  const auto before = laptop.texts_with("bob");
  const Content text{.id = MessageId{1}, .sent_at = {1}, .body = TextContent{.text = "nested"}};
  const Content copy{.id = MessageId{2},
                     .sent_at = {1},
                     .body = SentCopyContent{.peer = "bob@server.test", .content = encode_plain_content(text)}};
  const std::vector<SentCopyContent> copies{{.peer = "bob@server.test", .content = encode_plain_content(copy)},
                                            {.peer = "alice@server.test", .content = encode_plain_content(text)},
                                            {.peer = "no name", .content = encode_plain_content(text)},
                                            {.peer = "bob@server.test", .content = to_bytes(as_bytes("no content"))},
                                            {.peer = "bob@server.test", .content = {}}};
  for (const auto& each : copies) phone.send_own({1}, each);
  laptop.catch_up();
  EXPECT_EQ(laptop.texts_with("bob"), before);
  ASSERT_TRUE(phone.send("bob", "all the same"));
  laptop.catch_up();
  EXPECT_EQ(laptop.texts_with("bob").back(), "> all the same");
}

// THREATS 3: the server does not show bob the record that revokes a device. What alice's devices say of their record is
// enough: nothing more is sealed for the revoked one, and bob is told.
TEST_F(HostilePeople, Threat3AWithheldRecordStopsWhatWouldGoToARevokedDevice) {
  make_friends(laptop, bob);
  phone.join(laptop, {2});
  laptop.catch_up();
  bob.catch_up();
  ASSERT_TRUE(bob.send("alice", "to both"));
  const auto old = server.records("alice@server.test").back();
  server.behave({.account = [&](const std::string& asker, pqc_chat::v1::Account& account) {
    if (asker == "bob@server.test") account.set_account_record(old);
  }});
  laptop.done([&](auto finish) { laptop.engine().revoke_device({2}, finish); });
  bob.catch_up();
  const auto before = sent(bob, laptop);
  const auto message = bob.send("alice", "not for the phone");
  ASSERT_TRUE(message) << message.error().message;
  EXPECT_EQ(message->status, MessageStatus::failed);
  EXPECT_EQ(message->failure.code, ExitCode::refused);
  EXPECT_EQ(sent(bob, laptop), before);
  EXPECT_TRUE(bob.was_told(NoticeKind::record_rolled_back, "alice@server.test"));
  server.behave({});
  ASSERT_TRUE(bob.send("alice", "now for the laptop"));
  EXPECT_TRUE(bob.was_told(NoticeKind::device_removed, "alice@server.test"));
  const auto items = server.appended();
  EXPECT_EQ(items.back().to.device(), 1U);
  laptop.catch_up();
  EXPECT_EQ(laptop.texts_with("bob").back(), "< now for the laptop");
}

// The same among the devices of one account: copies do not go on to a revoked device.
TEST_F(HostilePeople, Threat3AWithheldRecordOfTheOwnAccountStopsCopies) {
  Device tablet{folder.path("tablet"), "alice", server.port()};
  make_friends(laptop, bob);
  phone.join(laptop, {2});
  tablet.join(laptop, {3});
  laptop.catch_up();
  phone.catch_up();
  ASSERT_TRUE(phone.send("bob", "copied to both"));
  laptop.catch_up();
  const auto old = server.records("alice@server.test").back();
  server.behave({.account = [&](const std::string& asker, pqc_chat::v1::Account& account) {
    if (asker == "alice@server.test") account.set_account_record(old);
  }});
  laptop.done([&](auto finish) { laptop.engine().revoke_device({3}, finish); });
  laptop.catch_up();
  phone.catch_up();
  const auto message = phone.send("bob", "not for the tablet");
  ASSERT_TRUE(message) << message.error().message;
  EXPECT_EQ(message->status, MessageStatus::failed);
  server.behave({});
  const auto before = server.appended().size();
  ASSERT_TRUE(phone.send("bob", "without the tablet"));
  const auto items = server.appended();
  EXPECT_GT(items.size(), before);
  for (auto i = before; i < items.size(); ++i) EXPECT_NE(items[i].to.device(), 3U);
}

// A device that lies about its account's record holds up what is sent to that account, until it is revoked.
TEST_F(HostilePeople, Threat3WhatARevokedDeviceSaidCountsNoMore) {
  make_friends(laptop, bob);
  phone.join(laptop, {2});
  laptop.catch_up();
  bob.catch_up();
  ASSERT_TRUE(bob.send("alice", "to both"));
  const auto contact = bob.core().store.contacts.find("alice@server.test").value().value();
  ASSERT_TRUE(bob.core().contacts.note_record(contact, {2}, UINT64_MAX));
  ASSERT_TRUE(bob.core().contacts.note_record(contact, {7}, UINT64_MAX));
  const auto held = bob.send("alice", "held up");
  ASSERT_TRUE(held);
  EXPECT_EQ(held->status, MessageStatus::failed);
  laptop.done([&](auto finish) { laptop.engine().revoke_device({2}, finish); });
  const auto after = bob.send("alice", "goes on");
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(after->status, MessageStatus::sent) << after->failure.message;
}

// THREATS 12: a device that was rolled back seals neither messages nor copies with what it used before.
TEST_F(HostilePeople, Threat12ARolledBackDeviceRepeatsNoCopy) {
  make_friends(laptop, bob);
  phone.join(laptop, {2});
  laptop.catch_up();
  ASSERT_TRUE(laptop.send("bob", "sessions with all"));
  laptop.close();
  test::copy_files(folder.path("laptop"), folder.path("copy"));
  laptop.open();
  ASSERT_TRUE(laptop.send("bob", "one"));
  laptop.close();
  std::filesystem::remove_all(folder.path("laptop"));
  test::copy_files(folder.path("copy"), folder.path("laptop"));
  laptop.open();
  ASSERT_TRUE(laptop.send("bob", "one"));
  EXPECT_TRUE(laptop.was_told(NoticeKind::profile_cloned, "") || laptop.was_told(NoticeKind::profile_rolled_back, ""));
  // What was not confirmed before the copy was made goes again as it was, under its id; all else is new.
  std::set<std::string> ids, bodies;
  for (const auto& item : server.appended()) {
    ids.insert(item.id);
    bodies.insert(item.body);
  }
  EXPECT_EQ(bodies.size(), ids.size());
}

// THREATS 12: what a linked device gets, and what a restored profile has, are records that can hold no session.
TEST_F(HostilePeople, Threat12AHistoryBringsNoSession) {
  make_friends(laptop, bob);
  phone.join(laptop, {2});
  ASSERT_TRUE(HistoryTransfer::offer(laptop.core().store, {2}));
  ASSERT_TRUE(HistoryTransfer::expect(phone.core().store, {1}, 10));
  for (int i = 0; i < 2; ++i) {
    phone.catch_up();
    laptop.catch_up();
  }
  phone.catch_up();
  ASSERT_EQ(phone.texts_with("bob"), laptop.texts_with("bob"));
  const auto sessions = [](Device& device) {
    auto contact = device.core().store.contacts.find("bob@server.test").value().value();
    std::set<Bytes> out;
    const auto rows = device.core().store.sessions.of_device(contact.id, 1);
    for (const auto& row : *rows) out.insert(row.transcript);
    return out;
  };
  EXPECT_TRUE(sessions(phone).empty());
  ASSERT_TRUE(phone.send("bob", "in a session of my own"));
  std::set<Bytes> both;
  std::ranges::set_intersection(sessions(phone), sessions(laptop), std::inserter(both, both.end()));
  EXPECT_TRUE(both.empty());
}

// THREATS 14: what is announced small is never taken large.
TEST_F(HostilePeople, Threat14AServerGivesNoMoreOfAFileThanWasAskedFor) {
  make_friends(laptop, bob);
  bob.send_content("alice@server.test", some_file(1'000));
  laptop.catch_up();
  const auto id = to_text(laptop.engine().not_shown()->back().id);
  std::uint64_t announced = 0;
  std::size_t given = 0;
  server.behave({.blob = [&](const pqc_chat::v1::ReadBlob&, pqc_chat::v1::BlobPart& part) {
    part.set_size(announced);
    part.set_data(std::string(given, 'x'));
  }});
  const auto sealed = attachment::Layout::of(1'000).value().sealed_size();
  for (const auto& [size, bytes] : std::vector<std::pair<std::uint64_t, std::size_t>>{
           {sealed, 900'000}, {std::uint64_t{2} << 30, sealed}, {sealed, sealed - 1}, {sealed, sealed}, {0, 0}}) {
    announced = size;
    given = bytes;
    const auto saved = laptop.save(id, folder.path("copy"));
    ASSERT_FALSE(saved);
    EXPECT_EQ(saved.error().code, ExitCode::refused) << saved.error().message;
    EXPECT_FALSE(std::filesystem::exists(folder.path("copy")));
  }
}

// THREATS 14: content that is nested, or far longer than what it stands for, costs a message and no more.
TEST_F(HostilePeople, Threat14NestedAndOversizedContentIsDropped) {
  make_friends(laptop, bob);
  Bytes nested = encode_plain_content({.id = MessageId{1}, .sent_at = {1}, .body = TextContent{.text = "x"}});
  for (int depth = 0; depth < 500 && nested.size() < 60'000; ++depth)
    nested = encode_plain_content(
        {.id = MessageId{1}, .sent_at = {1}, .body = SentCopyContent{.peer = "bob@server.test", .content = nested}});
  bob.send_content("alice@server.test", SentCopyContent{.peer = "bob@server.test", .content = nested});
  bob.send_content("alice@server.test", history(std::vector<Bytes>(30'000, Bytes(1))));
  bob.send_content("alice@server.test", ReadContent{.ids = std::vector<MessageId>(4'000, MessageId{1})});
  bob.send_content("alice@server.test", FileContent(some_file(UINT64_MAX)));
  const auto before = laptop.texts_with("bob");
  laptop.catch_up();
  EXPECT_EQ(laptop.texts_with("bob"), before);
  ASSERT_TRUE(bob.send("alice", "all the same"));
  laptop.catch_up();
  EXPECT_EQ(laptop.texts_with("bob").back(), "< all the same");
}

// THREATS 16: whatever a stranger sends, in whatever form: not a byte goes back, and nothing is fetched that the
// stranger, or a server that helps, could see.
TEST_F(HostilePeople, Threat16NothingThatAStrangerSendsIsAnswered) {
  ASSERT_TRUE(bob.engine().change(ChangeSettings{{.read_receipts = true, .typing = true, .keep_days = 0}}));
  mallory_writes_to_bob();
  const auto bundles = server.bundles_fetched();
  MessageQuery query;
  query.peer = "mallory";
  query.limit = 1;
  const MessageId id = bob.engine().find(query)->front().id;
  const Content copied{.id = MessageId{9}, .sent_at = {1}, .body = TextContent{.text = "copied"}};
  const std::vector<decltype(Content::body)> all{
      TextContent{.text = "are you there?"},
      TextContent{.text = "and now?", .reply_to = Reference{.id = id, .own = true}},
      ReactionContent{.to = {.id = id, .own = true}, .emoji = "!", .revision = 1},
      EditContent{.target = id, .text = "who is there?", .revision = 1},
      UnsendContent{.target = id},
      TimerContent{.seconds = 60, .revision = 1},
      ReadContent{.ids = {id}},
      TypingContent{.active = true},
      some_file(1'000),
      SessionRestartedContent{},
      SentCopyContent{.peer = "alice@server.test", .content = encode_plain_content(copied)},
      DevicesChangedContent{},
      HistoryRequestContent{},
      history({})};
  for (const auto& body : all) mallory.send_content("bob@server.test", body);
  // Not readable either: a message of a session that bob does not have.
  auto unreadable = server.appended().back();
  unreadable.id = std::string(16, 'u');
  unreadable.body[unreadable.body.size() / 2] ^= 1;
  server.inject(unreadable);
  bob.catch_up();
  std::vector<std::int64_t> shown;
  const auto unread = bob.engine().not_shown();
  for (const auto& message : *unread) shown.push_back(message.seq);
  EXPECT_FALSE(shown.empty());
  ASSERT_TRUE(bob.engine().set_shown(shown, {}));
  ASSERT_TRUE(bob.engine().change(SetTyping{.peer = "mallory", .active = true}));
  bob.catch_up();
  EXPECT_EQ(sent(bob, mallory), 0U);
  EXPECT_EQ(server.parts_fetched(), 0U);
  EXPECT_EQ(server.bundles_fetched(), bundles);
}

// THREATS 16: notices about devices, and the greeting after a restore, go to contacts only.
TEST_F(HostilePeople, Threat16StrangersAndBlockedPeopleLearnNothingOfDevicesAndRestores) {
  Device carol{folder.path("carol"), "carol", server.port()};
  carol.register_account();
  make_friends(bob, laptop);
  make_friends(bob, carol);
  mallory_writes_to_bob();
  ASSERT_TRUE(bob.engine().change(SetBlocked{.peer = "carol", .blocked = true}));
  const auto to_carol = sent(bob, carol);
  const auto to_alice = sent(bob, laptop);
  Device second{folder.path("second"), "bob", server.port()};
  second.join(bob, {2});
  bob.catch_up();
  EXPECT_GT(sent(bob, laptop), to_alice);
  EXPECT_EQ(sent(bob, carol), to_carol);
  EXPECT_EQ(sent(bob, mallory), 0U);
  // As after a restore on a fresh machine: contacts are there, sessions are not.
  auto& store = bob.core().store;
  const auto all = store.contacts.all();
  for (const auto& contact : *all) ASSERT_TRUE(store.sessions.remove_all(contact.id));
  ASSERT_TRUE(store.account.set_number(setting::restored, 1));
  const auto greeted = sent(bob, laptop);
  bob.catch_up();
  EXPECT_GT(sent(bob, laptop), greeted);
  EXPECT_EQ(sent(bob, carol), to_carol);
  EXPECT_EQ(sent(bob, mallory), 0U);
}

}  // namespace
}  // namespace pqc::client
