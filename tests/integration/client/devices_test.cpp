// Several devices of one account over a real server and real key agents (docs/spec/devices.md): who can read what.
#include <gtest/gtest.h>

#include "client/linking/history_transfer.h"
#include "client/store/restored_rows.h"
#include "server_process.h"
#include "support/device.h"
#include "support/temporary_folder.h"

namespace pqc::client {
namespace {

class DevicesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    laptop.register_account();
    bob.register_account();
    bob_name = bob.engine().core().account.name().text();
    alice_name = laptop.engine().core().account.name().text();
  }

  test::TemporaryFolder folder;
  ServerProcess server{folder.path("server")};
  Device laptop{folder.path("laptop"), "alice", server.port()};
  Device phone{folder.path("phone"), "alice", server.port()};
  Device bob{folder.path("bob"), "bob", server.port()};
  std::string alice_name;
  std::string bob_name;
};

TEST_F(DevicesTest, BothDevicesHaveTheWholeConversation) {
  phone.join(laptop, {2});
  ASSERT_TRUE(laptop.send("bob", "from the laptop"));
  bob.catch_up();
  ASSERT_TRUE(bob.send("alice", "to both of you"));
  phone.catch_up();
  laptop.catch_up();
  EXPECT_EQ(laptop.texts_with("bob"), (Texts{"> from the laptop", "< to both of you"}));
  EXPECT_EQ(phone.texts_with("bob"), (Texts{"> from the laptop", "< to both of you"}));
  ASSERT_TRUE(phone.send("bob", "from the phone"));
  bob.catch_up();
  laptop.catch_up();
  EXPECT_EQ(bob.texts_with("alice"), (Texts{"< from the laptop", "> to both of you", "< from the phone"}));
  EXPECT_EQ(laptop.texts_with("bob").back(), "> from the phone");
}

// Delivered means: on every device of the peer. Copies on our own devices do not count.
TEST_F(DevicesTest, DeliveredIsWhatEveryDeviceOfThePeerConfirmed) {
  phone.join(laptop, {2});
  const auto message = bob.send("alice", "both?");
  ASSERT_TRUE(message);
  laptop.catch_up();
  // A stranger's message is confirmed once it is answered, by each device itself.
  ASSERT_TRUE(laptop.send("bob", "here"));
  bob.catch_up();
  const auto status = [&] { return bob.engine().core().store.messages.find(message->seq)->value().message.status; };
  EXPECT_EQ(status(), MessageStatus::sent);
  phone.catch_up();
  bob.catch_up();
  EXPECT_EQ(status(), MessageStatus::delivered);
}

TEST_F(DevicesTest, Threat3ContactsAreToldOfANewDeviceAndOfARemovedOne) {
  ASSERT_TRUE(laptop.send("bob", "hello"));
  bob.catch_up();
  ASSERT_TRUE(bob.send("alice", "hello yourself"));
  laptop.catch_up();
  phone.join(laptop, {2});
  laptop.catch_up();
  bob.catch_up();
  EXPECT_TRUE(bob.was_told(NoticeKind::device_added, alice_name));
  ASSERT_TRUE(bob.send("alice", "to both of you"));
  phone.catch_up();
  EXPECT_EQ(phone.texts_with("bob"), Texts{"< to both of you"});
  laptop.done([&](auto finish) { laptop.engine().revoke_device({2}, finish); });
  laptop.catch_up();
  bob.catch_up();
  EXPECT_TRUE(bob.was_told(NoticeKind::device_removed, alice_name));
}

// From the moment the server has the record, also for a contact that was not told yet.
TEST_F(DevicesTest, Threat3ARevokedDeviceGetsNothing) {
  phone.join(laptop, {2});
  ASSERT_TRUE(laptop.send("bob", "hello"));
  bob.catch_up();
  ASSERT_TRUE(bob.send("alice", "before"));
  phone.catch_up();
  laptop.catch_up();
  laptop.done([&](auto finish) { laptop.engine().revoke_device({2}, finish); });
  const auto after = bob.send("alice", "after");
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(after->status, MessageStatus::sent);
  ASSERT_TRUE(laptop.send("bob", "from the laptop"));
  laptop.catch_up();
  EXPECT_EQ(laptop.texts_with("bob"), (Texts{"> hello", "< before", "> from the laptop", "< after"}));
  const auto refused = phone.try_catch_up();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ExitCode::login_refused);
  EXPECT_EQ(phone.texts_with("bob"), (Texts{"> hello", "< before"}));
  EXPECT_FALSE(phone.send("bob", "still me"));
}

// Who takes a device over later finds no history to ask for.
TEST_F(DevicesTest, OnlyADeviceThatWasOfferedTheHistoryGetsIt) {
  ASSERT_TRUE(laptop.send("bob", "before"));
  phone.join(laptop, {2});
  const auto ask_and_answer = [&] {
    phone.catch_up();
    laptop.catch_up();
    phone.catch_up();
  };
  ASSERT_TRUE(HistoryTransfer::expect(phone.engine().core().store, {1}, 0));
  ask_and_answer();
  EXPECT_EQ(phone.texts_with("bob"), Texts{});
  EXPECT_TRUE(phone.engine().history_state(0)->open);
  ASSERT_TRUE(HistoryTransfer::offer(laptop.engine().core().store, {2}));
  ask_and_answer();
  EXPECT_EQ(phone.texts_with("bob"), Texts{"> before"});
  EXPECT_FALSE(phone.engine().history_state(0)->open);
  EXPECT_EQ(phone.engine().history_state(0)->messages, 1U);
  laptop.catch_up();
  EXPECT_FALSE(laptop.engine().history_state(2)->open);
  // It brought no session with it: bob is a contact without one.
  auto& store = phone.engine().core().store;
  EXPECT_FALSE(*RestoredRows(store).has_session(store.contacts.find(bob_name)->value().id));
}

// More of them than a window holds. Nothing of them goes to who does not know their number.
TEST_F(DevicesTest, CallsComeWithTheHistory) {
  constexpr std::size_t most = 8'000;
  ASSERT_TRUE(laptop.send("bob", "before"));
  phone.join(laptop, {2});
  auto& ours = laptop.core().store;
  const auto contact = (*ours.contacts.find(bob_name))->id;
  std::vector<std::int64_t> others{contact};
  {
    auto transaction = ours.begin();
    ASSERT_TRUE(transaction);
    for (char letter = 'a'; letter < 'k'; ++letter)
      others.push_back(ours.contacts.find_or_add(std::string(32, letter) + "@test", ContactState::stranger, {1})->id);
    for (std::size_t i = 0; i < most; ++i)
      ASSERT_TRUE(*ours.calls.add({.id = laptop.core().rng.bytes<16>(),
                                   .contact = others[i % others.size()],
                                   .direction = Direction::incoming,
                                   .outcome = CallOutcome::completed,
                                   .started = {static_cast<std::int64_t>(1'700'000'000'000 + i)},
                                   .answered = {static_cast<std::int64_t>(1'700'000'001'000 + i)},
                                   .ended = {static_cast<std::int64_t>(1'700'000'002'000 + i)},
                                   .relayed = i % 2 == 0}));
    ASSERT_TRUE(transaction->commit());
  }
  ASSERT_TRUE(HistoryTransfer::offer(ours, {2}));
  std::vector<HistoryContent> pieces;
  HistoryTransfer to_an_earlier_version(
      laptop.core(),
      [&](identity::DeviceId, const Content& content) {
        pieces.push_back(std::get<HistoryContent>(content.body));
        return Status();
      },
      [](const CallId&) { return false; });
  ASSERT_TRUE(to_an_earlier_version.answer({2}, {}));
  ASSERT_EQ(pieces.size(), 1U);
  EXPECT_TRUE(pieces.front().last);
  EXPECT_EQ(pieces.front().to.call, 0);

  ASSERT_TRUE(HistoryTransfer::expect(phone.core().store, {1}, 0));
  int windows = 0;
  for (; phone.engine().history_state(0)->open && windows < 10; ++windows) {
    phone.catch_up();
    laptop.catch_up();
  }
  EXPECT_GT(windows, 2);
  const auto sent = laptop.core().store.calls.latest(most);
  const auto came = phone.core().store.calls.latest(most);
  ASSERT_TRUE(sent && came);
  ASSERT_EQ(came->size(), most);
  for (std::size_t i = 0; i < most; ++i) {
    const auto& [one, other] = std::tie((*sent)[i], (*came)[i]);
    ASSERT_EQ(one.id, other.id);
    EXPECT_EQ(one.peer, other.peer);
    EXPECT_EQ(one.ended, other.ended);
    EXPECT_EQ(one.relayed, other.relayed);
  }
  EXPECT_EQ(phone.texts_with("bob"), Texts{"> before"});
}

// Which ones go on, only their end tells, and the program that has them.
TEST_F(DevicesTest, CallsThatGoOnStayOutOfTheHistoryUntilTheyEnd) {
  ASSERT_TRUE(laptop.send("bob", "before"));
  auto& ours = laptop.core().store;
  const auto now = SystemClock().now();
  const CallRow unseen_end{.id = {1},
                           .contact = (*ours.contacts.find(bob_name))->id,
                           .direction = Direction::incoming,
                           .outcome = CallOutcome::missed,
                           .started = now - 2 * limits::call_offer_lifetime,
                           .answered = {},
                           .ended = {},
                           .relayed = false};
  auto up = unseen_end, ringing = unseen_end, behind = unseen_end;
  up.id = {2};
  ringing.id = {3};
  ringing.started = now;
  behind.id = {4};
  for (const auto& call : {unseen_end, up, ringing, behind}) ASSERT_TRUE(*ours.calls.add(call));
  ASSERT_TRUE(HistoryTransfer::offer(ours, {2}));
  bool is_up = true;
  std::vector<HistoryContent> pieces;
  HistoryTransfer history(
      laptop.core(),
      [&](identity::DeviceId, const Content& content) {
        pieces.push_back(std::get<HistoryContent>(content.body));
        return Status();
      },
      [&](const CallId& id) { return is_up && id == up.id; });
  const auto calls_sent = [&] {
    const HistoryPosition from = pieces.empty() ? HistoryPosition() : pieces.back().to;
    pieces.clear();
    EXPECT_TRUE(history.answer({2}, {.after = from, .calls = true}));
    return pieces.back().to.call - from.call;
  };
  EXPECT_EQ(calls_sent(), 1);
  EXPECT_TRUE(pieces.back().last) << "nobody waits for their end";
  is_up = false;
  EXPECT_EQ(calls_sent(), 1);
  ringing.ended = now;
  ASSERT_TRUE(ours.calls.set_end(ringing));
  EXPECT_EQ(calls_sent(), 2);
}

TEST_F(DevicesTest, OnlyThePrimaryDeviceChangesTheRecord) {
  phone.join(laptop, {2});
  EXPECT_FALSE(*phone.engine().core().account.primary());
  EXPECT_TRUE(*laptop.engine().core().account.primary());
  EXPECT_FALSE(phone.engine().core().account.revoke_device({1}));
  EXPECT_FALSE(laptop.engine().core().account.revoke_device({1}));
  EXPECT_FALSE(laptop.engine().core().account.revoke_device({7}));
  EXPECT_EQ(laptop.engine().core().account.record().version().value, 2U);
}

}  // namespace
}  // namespace pqc::client
