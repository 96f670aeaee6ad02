// What a server can do to two people, and what it cannot (docs/THREAT-MODEL.md). Real clients, their stores and
// sessions; the server is the adversary. Seeds are in the tests' names: a failure comes again.
#include "hostile_server.h"

#include <algorithm>
#include <format>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "identity/record_codec.h"
#include "user.h"

namespace pqc::test {
namespace {

namespace v1 = pqc_chat::v1;
using Texts = std::vector<std::string>;

// The record with one more device, another's, and the signatures that it had before.
std::string with_ghost(const std::string& signed_record, const std::string& others) {
  const auto parsed = identity::parse_signed(as_bytes(signed_record)).value();
  auto record = parsed.record;
  ++record.version.value;
  record.predecessor = identity::record_hash(parsed.content);
  auto ghost = identity::parse_signed(as_bytes(others)).value().record.devices.front();
  ghost.id = {2};
  record.devices.push_back(ghost);
  std::vector<Bytes> signatures;
  for (const auto& signature : parsed.signatures) signatures.push_back(to_bytes(signature));
  const auto forged = identity::encode_signed(record, signatures).value();
  return std::string(as_text(forged));
}

class HostileServerTest : public testing::Test {
 protected:
  // Both know each other and have a session.
  void make_friends() {
    ASSERT_TRUE(sent(alice.send(bob, "hello")));
    ASSERT_EQ(bob.receive(), Texts{"hello"});
    ASSERT_TRUE(sent(bob.send(alice, "hello yourself")));
    ASSERT_EQ(alice.receive(), Texts{"hello yourself"});
  }
  // Whether the conversation works, both ways.
  void expect_they_can_talk(const std::string& word) {
    ASSERT_TRUE(sent(alice.send(bob, "to bob " + word)));
    EXPECT_EQ(bob.receive(), Texts{"to bob " + word});
    ASSERT_TRUE(sent(bob.send(alice, "to alice " + word)));
    EXPECT_EQ(alice.receive(), Texts{"to alice " + word});
  }
  [[nodiscard]] std::size_t sent_by(const User& user) const {
    const auto items = server.appended();
    return static_cast<std::size_t>(
        std::ranges::count_if(items, [&](const Item& item) { return item.from.account() == user.account(); }));
  }

  // Alice opens her profile again later, and the server's clock agrees.
  void let_pass(std::chrono::milliseconds time, Behaviour behaviour) {
    alice.close();
    later.set(SystemClock().now() + time);
    alice.clock = &later;
    behaviour.ahead = time;
    server.behave(std::move(behaviour));
    alice.open();
  }

  ManualClock later;
  HostileServer server;
  User alice{server, "alice"};
  User bob{server, "bob"};
};

TEST_F(HostileServerTest, AnHonestOneCarriesMessagesAndReceipts) {
  make_friends();
  const auto message = alice.client().send(bob.account(), "are you there?");
  ASSERT_TRUE(message);
  ASSERT_TRUE(alice.client().await(message->seq, client::Until::sent, patience));
  EXPECT_EQ(bob.receive(), Texts{"are you there?"});
  const auto delivered = alice.client().await(message->seq, client::Until::delivered, patience);
  ASSERT_TRUE(delivered) << delivered.error().message;
  EXPECT_EQ(delivered->status, client::MessageStatus::delivered);
}

// THREATS 13: whatever the network and the server do to the order and number of messages, each is shown once at most,
// as it was written, to the one it was written to.
class Mangling : public HostileServerTest, public testing::WithParamInterface<unsigned> {
 protected:
  std::vector<Item> mangle(const Item& item) {
    past_.push_back(item);
    switch (random_() % 8) {
      case 0:  // dropped
        return {};
      case 1:  // twice
        return {item, item};
      case 2:  // late: behind the next one that is not held back
        held_.push_back(item);
        return {};
      case 3:  // something old again
        return {item, past_[random_() % past_.size()]};
      case 4:  // a bit turned on the way, then the message itself
        return {damaged(item), item};
      case 5:  // back to its sender, as if the peer had written it
        return {reflected(item), item};
      default: {
        std::vector<Item> all{item};
        std::ranges::shuffle(held_, random_);
        all.insert(all.end(), held_.begin(), held_.end());
        held_.clear();
        return all;
      }
    }
  }
  Item damaged(Item item) {
    item.id[0] = static_cast<char>(item.id[0] ^ 1);
    item.body[random_() % item.body.size()] ^= static_cast<char>(1 << random_() % 8);
    return item;
  }
  static Item reflected(Item item) {
    std::swap(item.from, item.to);
    item.id[1] = static_cast<char>(item.id[1] ^ 1);
    return item;
  }

  std::mt19937 random_{GetParam()};
  std::vector<Item> past_;
  std::vector<Item> held_;
};

void expect_some_of_each_once(const Texts& shown, const Texts& written) {
  const std::set<std::string> different(shown.begin(), shown.end());
  EXPECT_EQ(different.size(), shown.size()) << "something was shown twice";
  for (const auto& text : shown) EXPECT_TRUE(std::ranges::contains(written, text)) << text;
}

TEST_P(Mangling, Threat13EachMessageIsShownOnceAtMostAndAsItWasWritten) {
  make_friends();
  server.behave({.relay = [this](const Item& item) { return mangle(item); }});
  Texts from_alice, from_bob, to_alice, to_bob;
  for (int i = 0; i < 25; ++i) {
    from_alice.push_back(std::format("alice {}", i));
    from_bob.push_back(std::format("bob {}", i));
    ASSERT_TRUE(sent(alice.send(bob, from_alice.back())));
    ASSERT_TRUE(sent(bob.send(alice, from_bob.back())));
    if (i % 5 != 0) continue;
    std::ranges::copy(bob.receive(), std::back_inserter(to_bob));
    std::ranges::copy(alice.receive(), std::back_inserter(to_alice));
  }
  server.behave({});
  std::ranges::copy(bob.receive(), std::back_inserter(to_bob));
  std::ranges::copy(alice.receive(), std::back_inserter(to_alice));
  expect_some_of_each_once(to_bob, from_alice);
  expect_some_of_each_once(to_alice, from_bob);
  EXPECT_FALSE(to_bob.empty());
  EXPECT_FALSE(to_alice.empty());
  expect_they_can_talk("afterwards");
}

INSTANTIATE_TEST_SUITE_P(Seeds, Mangling, testing::Range(1U, 5U));

TEST_F(HostileServerTest, Threat13ADroppedMessageIsNeverReportedAsDelivered) {
  make_friends();
  server.behave({.relay = [](const Item&) { return std::vector<Item>{}; }});
  ASSERT_TRUE(sent(alice.send(bob, "into the void")));
  server.behave({});
  EXPECT_TRUE(bob.receive().empty());
  // A receipt that somebody made up: 16 bytes of the right form.
  Item forged = server.appended().back();
  std::swap(forged.from, forged.to);
  forged.id = std::string(16, 'r');
  forged.body = std::string("\x01\x03", 2) + std::string(16, 'x');
  server.inject(forged);
  EXPECT_TRUE(alice.receive().empty());
  const auto history = alice.client().history(bob.account(), 1);
  ASSERT_TRUE(history && history->size() == 1);
  EXPECT_EQ(history->front().status, client::MessageStatus::sent);
}

// THREATS 1: every kind of blob that a server has, and damaged ones, as the body of a message.
TEST_F(HostileServerTest, Threat1NoOtherBlobIsTakenForAMessage) {
  make_friends();
  const auto published = server.prekeys(alice.account(), 3);
  const auto envelope = server.appended().front().body;
  std::vector<std::string> blobs{
      "",
      "x",
      server.records(alice.account()).front(),
      server.records(bob.account()).front(),
      published.batch(),
      published.last_resort(),
      published.one_time_pairs(0),
      std::string(128 << 10, '\0'),
      envelope + "x",
      envelope.substr(0, envelope.size() / 2),
      envelope.substr(2),
  };
  for (const char kind : {'\0', '\1', '\2', '\3', '\4', '\x7f'}) {
    auto relabelled = envelope;
    relabelled[1] = kind;
    blobs.push_back(relabelled);
    blobs.push_back(std::string(1, '\1') + kind + published.batch());
  }
  Item item = server.appended().front();
  for (std::size_t i = 0; i < blobs.size(); ++i) {
    item.id = std::format("{:016}", i);
    item.body = blobs[i];
    server.inject(item);
  }
  // Other things where a message's id or sender should be.
  item.body = envelope;
  item.id = "short";
  server.inject(item);
  item.id = std::string(16, 'n');
  item.from.set_account("nobody@nowhere.test");
  server.inject(item);
  item.from.set_account("not an account");
  server.inject(item);
  EXPECT_TRUE(bob.receive().empty());
  expect_they_can_talk("all the same");
}

TEST_F(HostileServerTest, Threat1NoOtherBlobIsTakenForARecordOrABundle) {
  const auto published = server.prekeys(bob.account(), 3);
  const auto record = server.records(bob.account()).front();
  const std::vector<std::string> blobs{"",          "x", published.batch(), published.last_resort(), record.substr(1),
                                       record + "x"};
  int senders = 0;
  // Somebody who does not know bob yet asks for all of it.
  const auto a_stranger_writes = [&](Behaviour behaviour) {
    User stranger{server, std::format("stranger{}", ++senders)};
    server.behave(std::move(behaviour));
    EXPECT_TRUE(refused(stranger.send(bob, "hello")));
    EXPECT_EQ(sent_by(stranger), 0U);
    server.behave({});
  };
  for (const auto& blob : blobs) {
    a_stranger_writes({.account = [&](const std::string&, v1::Account& account) { account.set_account_record(blob); }});
    if (blob != published.batch()) {
      a_stranger_writes({.bundle = [&](const std::string&, v1::Bundle& bundle) { bundle.set_batch(blob); }});
    }
    // The last-resort key is what a server may hand out in place of a pair; Threat10 looks at that.
    if (blob != published.last_resort()) {
      a_stranger_writes({.bundle = [&](const std::string&, v1::Bundle& bundle) { bundle.set_prekey(blob); }});
    }
  }
}

TEST_F(HostileServerTest, Threat6AnotherPersonsRecordAndBundleAreRefused) {
  const User mallory{server, "mallory"};
  const auto record = server.records(mallory.account()).front();
  const auto published = server.prekeys(mallory.account(), 3);
  server.behave({.account = [&](const std::string&, v1::Account& account) { account.set_account_record(record); },
                 .bundle =
                     [&](const std::string&, v1::Bundle& bundle) {
                       bundle.set_batch(published.batch());
                       bundle.set_prekey(published.one_time_pairs(0));
                     }});
  const auto to_bob = alice.send(bob, "for bob only");
  EXPECT_TRUE(refused(to_bob));
  EXPECT_EQ(sent_by(alice), 0U);
  // Bob's own record, and only the bundle is mallory's.
  server.behave({.bundle = [&](const std::string&, v1::Bundle& bundle) {
    bundle.set_batch(published.batch());
    bundle.set_prekey(published.one_time_pairs(0));
  }});
  const auto again = alice.send(bob, "for bob only");
  EXPECT_TRUE(refused(again));
  EXPECT_EQ(sent_by(alice), 0U);
}

TEST_F(HostileServerTest, Threat7APairOfAnotherBatchIsRefused) {
  const User mallory{server, "mallory"};
  const auto published = server.prekeys(mallory.account(), 3);
  server.behave(
      {.bundle = [&](const std::string&, v1::Bundle& bundle) { bundle.set_prekey(published.one_time_pairs(0)); }});
  const auto message = alice.send(bob, "for bob only");
  EXPECT_TRUE(refused(message));
  EXPECT_EQ(sent_by(alice), 0U);
}

// THREATS 3: the same account under other keys is an alarm, and gets no ciphertext.
TEST_F(HostileServerTest, Threat3AnotherIdentityForAKnownContactGetsNoCiphertext) {
  make_friends();
  HostileServer elsewhere;
  const User impostor{elsewhere, "bob"};
  const auto record = elsewhere.records(impostor.account()).front();
  const auto published = elsewhere.prekeys(impostor.account(), 3);
  const auto before = sent_by(alice);
  server.behave({.account =
                     [&](const std::string&, v1::Account& account) {
                       account.set_version(account.version() + 1);
                       account.set_account_record(record);
                     },
                 .bundle =
                     [&](const std::string&, v1::Bundle& bundle) {
                       bundle.set_batch(published.batch());
                       bundle.set_prekey(published.one_time_pairs(0));
                     }});
  // Whatever makes alice ask again, nothing is sealed to the impostor: bob reads all that leaves her.
  alice.close();
  alice.open();
  ASSERT_TRUE(sent(alice.send(bob, "still you?")));
  server.behave({});
  EXPECT_EQ(bob.receive(), Texts{"still you?"});
  EXPECT_GT(sent_by(alice), before);
}

TEST_F(HostileServerTest, Threat3ALaterLookShowsAnotherIdentityAndNothingIsSent) {
  make_friends();
  HostileServer elsewhere;
  const User impostor{elsewhere, "bob"};
  const auto record = elsewhere.records(impostor.account()).front();
  const auto before = sent_by(alice);
  let_pass(std::chrono::hours(25),
           {.account = [&](const std::string&, v1::Account& account) { account.set_account_record(record); }});
  const auto message = alice.send(bob, "still you?");
  ASSERT_TRUE(refused(message));
  EXPECT_EQ(message ? message->failure.code : message.error().code, ExitCode::identity_changed);
  EXPECT_EQ(sent_by(alice), before);
  alice.receive();
  EXPECT_TRUE(alice.was_told(client::NoticeKind::identity_changed));
}

// What the server says about bob is nonsense: the pinned record is used, and the server is not asked without end.
TEST_F(HostileServerTest, Threat3ARecordThatDoesNotVerifyLeavesThePinnedOneInUse) {
  make_friends();
  const User mallory{server, "mallory"};
  const auto record = server.records(mallory.account()).front();
  const auto asked = server.accounts_fetched();
  let_pass(std::chrono::hours(25),
           {.account = [&](const std::string&, v1::Account& account) { account.set_account_record(record); }});
  ASSERT_TRUE(sent(alice.send(bob, "one")));
  ASSERT_TRUE(sent(alice.send(bob, "two")));
  EXPECT_EQ(server.accounts_fetched(), asked + 1);
  server.behave({});
  EXPECT_EQ(bob.receive(), (Texts{"one", "two"}));
}

// THREATS 3: a device that the server adds to a record, under the signatures of the one before.
TEST_F(HostileServerTest, Threat3ADeviceThatNobodySignedGetsNoCiphertext) {
  make_friends();
  const User mallory{server, "mallory"};
  const auto ghost = with_ghost(server.records(bob.account()).front(), server.records(mallory.account()).front());
  let_pass(std::chrono::hours(25), {.account = [&](const std::string&, v1::Account& account) {
             account.set_version(2);
             account.set_account_record(ghost);
           }});
  ASSERT_TRUE(sent(alice.send(bob, "for bob alone")));
  for (const auto& item : server.appended()) EXPECT_EQ(item.to.device(), 1U);
  server.behave({});
  EXPECT_EQ(bob.receive(), Texts{"for bob alone"});
  server.behave({.ahead = std::chrono::hours(25)});
  alice.receive();
  EXPECT_TRUE(alice.was_told(client::NoticeKind::record_rolled_back));
  EXPECT_FALSE(alice.was_told(client::NoticeKind::device_added));
}

// The same with the user's own account: a device of mallory's would get copies of all that is sent.
TEST_F(HostileServerTest, Threat3ADeviceAddedToOnesOwnAccountGetsNoCopies) {
  make_friends();
  const User mallory{server, "mallory"};
  const auto ghost = with_ghost(server.records(alice.account()).front(), server.records(mallory.account()).front());
  alice.close();
  server.behave({.account =
                     [&](const std::string& asker, v1::Account& account) {
                       if (asker != alice.account()) return;
                       account.set_version(2);
                       account.set_account_record(ghost);
                     },
                 .logged_in = [](v1::LoggedIn& answer) { answer.set_record_version(2); }});
  alice.open();
  alice.receive();
  EXPECT_TRUE(alice.was_told(client::NoticeKind::record_rolled_back));
  ASSERT_TRUE(sent(alice.send(bob, "no copy of this")));
  for (const auto& item : server.appended()) EXPECT_EQ(item.to.device(), 1U);
  EXPECT_EQ(alice.client().devices().value().size(), 1U);
}

// After its end a record says nothing any more: devices may have been removed since.
TEST_F(HostileServerTest, Threat3AnExpiredRecordGetsNoCiphertext) {
  make_friends();
  const auto before = sent_by(alice);
  let_pass(std::chrono::days(31), {});
  EXPECT_TRUE(refused(alice.send(bob, "anybody there?")));
  EXPECT_EQ(sent_by(alice), before);
}

class RegistrationTest : public HostileServerTest {
 protected:
  [[nodiscard]] std::filesystem::path profile() const { return folder_.path() / "profile"; }
  // What the server answers, and says itself to have done.
  client::Result<client::AccountInfo> attempt(std::optional<v1::ErrorCode> answer) {
    server.behave({.registration = [answer](bool) { return answer; }});
    client::RegisterOptions options;
    options.open.profile.folder = profile();
    options.name = "erin";
    options.host = host;
    options.port = port;
    options.suites = {"pq"};
    options.invite = "once";
    return client::Client::register_account(std::move(options));
  }
  void expect_online() {
    client::OpenOptions options;
    options.profile.folder = profile();
    const auto opened = client::Client::open(options);
    ASSERT_TRUE(opened) << opened.error().message;
    const auto online = (*opened)->connect(patience);
    ASSERT_TRUE(online) << online.error().message;
    (*opened)->close();
  }

  std::string host = "127.0.0.1";
  std::uint16_t port = server.port();

 private:
  Folder folder_;
};

class InterruptedRegistrationTest : public RegistrationTest, public testing::WithParamInterface<v1::ErrorCode> {};

// The server has the account, but its answer was lost. The invite is used up, the name is taken: both by us.
TEST_P(InterruptedRegistrationTest, IsGoneOnWith) {
  EXPECT_FALSE(attempt(v1::ERROR_UNAVAILABLE));
  // That it takes nothing just now says nothing of what it took before.
  for (const auto busy : {v1::ERROR_RATE_LIMITED, v1::ERROR_QUOTA, v1::ERROR_UNAVAILABLE}) EXPECT_FALSE(attempt(busy));
  const auto last = attempt(GetParam());
  ASSERT_TRUE(last) << last.error().message;
  // It is known for good: from now on it logs in.
  expect_online();
}

INSTANTIATE_TEST_SUITE_P(, InterruptedRegistrationTest,
                         testing::Values(v1::ERROR_INVITE_INVALID, v1::ERROR_NAME_TAKEN));

TEST_F(RegistrationTest, IsGoneOnWithUnderAnotherAddressOfTheServer) {
  EXPECT_FALSE(attempt(v1::ERROR_UNAVAILABLE));
  host = "localhost";
  const auto second = attempt(v1::ERROR_NAME_TAKEN);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->host, host);
  expect_online();
}

TEST_F(RegistrationTest, BeginsAnewAtAnotherServer) {
  EXPECT_FALSE(attempt(v1::ERROR_UNAVAILABLE));
  const HostileServer other;
  port = other.port();
  const auto second = attempt({});
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(other.records(second->name).size(), 1U);
}

TEST_F(RegistrationTest, LeavesNothingWhereTheServerStoredNothing) {
  for (const auto refusal :
       {v1::ERROR_RATE_LIMITED, v1::ERROR_QUOTA, v1::ERROR_TOO_LARGE, v1::ERROR_MALFORMED, v1::ERROR_REFUSED}) {
    EXPECT_FALSE(attempt(refusal));
    EXPECT_FALSE(std::filesystem::exists(profile())) << v1::ErrorCode_Name(refusal);
  }
  EXPECT_FALSE(attempt(v1::ERROR_UNAVAILABLE));
  EXPECT_TRUE(std::filesystem::exists(profile()));
}

// More than one frame takes, and not all of it at once.
TEST_F(HostileServerTest, ManyLongMessagesGoOutInTheOrderInWhichTheyWereWritten) {
  Texts written;
  std::int64_t last = 0;
  for (int i = 0; i < 30; ++i) {
    written.push_back(std::format("{:05}", i) + std::string(60'000, 'x'));
    const auto message = alice.client().send(bob.account(), written.back());
    ASSERT_TRUE(message) << message.error().message;
    last = message->seq;
  }
  ASSERT_TRUE(sent(alice.client().await(last, client::Until::sent, patience)));
  EXPECT_EQ(bob.receive(), written);
}

// THREATS 9: a server that hides bob's post-quantum prekeys gets no message under a weaker suite.
TEST_F(HostileServerTest, Threat9NothingFallsBackToAWeakerSuite) {
  const std::vector<std::string> both{"standard", "pq"};
  User carol{server, "carol", both};
  User dave{server, "dave", both};
  const auto weak = server.prekeys(dave.account(), 1);
  server.behave({.bundle = [&](const std::string&, v1::Bundle& bundle) {
    bundle.set_suite(1);
    bundle.set_batch(weak.batch());
    bundle.set_prekey(weak.one_time_pairs(0));
  }});
  const auto message = carol.send(dave, "quantum-safe or not at all");
  EXPECT_TRUE(refused(message));
  EXPECT_EQ(sent_by(carol), 0U);
}

TEST_F(HostileServerTest, Threat9AWeakPeerIsRefusedByPolicy) {
  const User weak{server, "weak", {"standard"}};
  const auto message = alice.send(weak, "hello");
  ASSERT_TRUE(refused(message));
  EXPECT_EQ(message ? message->failure.code : message.error().code, ExitCode::level_refused);
  EXPECT_EQ(sent_by(alice), 0U);
}

// THREATS 10: one pair handed out twice gives no two sessions from one key.
TEST_F(HostileServerTest, Threat10OnePairServedTwiceOpensOneSessionOnly) {
  User carol{server, "carol"};
  const auto pair = server.prekeys(bob.account(), 3).one_time_pairs(0);
  server.behave({.bundle = [&](const std::string&, v1::Bundle& bundle) { bundle.set_prekey(pair); }});
  ASSERT_TRUE(sent(alice.send(bob, "from alice")));
  EXPECT_EQ(bob.receive(), Texts{"from alice"});
  ASSERT_TRUE(sent(carol.send(bob, "from carol")));
  EXPECT_TRUE(bob.receive().empty());
  server.behave({});
  expect_they_can_talk("all the same");
}

TEST_F(HostileServerTest, Threat10TheLastResortKeyIsShownToTheUser) {
  const auto last_resort = server.prekeys(bob.account(), 3).last_resort();
  server.behave({.bundle = [&](const std::string&, v1::Bundle& bundle) {
    bundle.set_prekey(last_resort);
    bundle.set_last_resort(false);  // it does not even admit it
  }});
  ASSERT_TRUE(sent(alice.send(bob, "hello")));
  EXPECT_EQ(bob.receive(), Texts{"hello"});
  alice.receive();
  EXPECT_TRUE(alice.was_told(client::NoticeKind::last_resort_used));
}

// THREATS 12: a profile that was copied and put back is noticed, and seals nothing twice with the same key.
TEST_F(HostileServerTest, Threat12ARestoredProfileIsNoticed) {
  make_friends();
  const Folder backup;
  alice.close();
  copy_files(alice.profile(), backup.path() / "copy");
  alice.open();
  ASSERT_TRUE(sent(alice.send(bob, "one")));
  alice.close();
  std::filesystem::remove_all(alice.profile());
  copy_files(backup.path() / "copy", alice.profile());
  alice.open();
  alice.receive();
  EXPECT_TRUE(alice.was_told(client::NoticeKind::profile_cloned));
  ASSERT_TRUE(sent(alice.send(bob, "one")));
  const auto items = server.appended();
  std::set<std::string> bodies;
  for (const auto& item : items) bodies.insert(item.body);
  EXPECT_EQ(bodies.size(), items.size());
}

// THREATS 16: nobody learns from a receipt whether bob is there before bob lets them.
TEST_F(HostileServerTest, Threat16AStrangerGetsNoReceipt) {
  ASSERT_TRUE(sent(alice.send(bob, "are you there?")));
  EXPECT_EQ(bob.receive(), Texts{"are you there?"});
  EXPECT_EQ(sent_by(bob), 0U);
}

// THREATS 24: another server under the same address.
TEST_F(HostileServerTest, Threat24AServerWithAnotherKeyLearnsNothing) {
  client::RegisterOptions options;
  const Folder folder;
  options.open.profile.folder = folder.path() / "profile";
  options.name = "erin";
  options.host = "127.0.0.1";
  options.port = server.port();
  options.fingerprint = server.fingerprint();
  options.fingerprint->bytes[0] ^= 1;
  options.suites = {"pq"};
  const auto registered = client::Client::register_account(std::move(options));
  ASSERT_FALSE(registered);
  EXPECT_EQ(registered.error().code, ExitCode::wrong_server);
  EXPECT_TRUE(server.records(std::string("erin@") + HostileServer::name).empty());
}

}  // namespace
}  // namespace pqc::test
