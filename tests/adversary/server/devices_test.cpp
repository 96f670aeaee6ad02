// Several devices of one account at a real server process (docs/spec/devices.md §3): each logs in with its own keys and
// has its own mailbox; a revoked one has nothing from the moment the server has the record.
#include <gtest/gtest.h>

#include "process.h"
#include "server_process.h"
#include "stranger.h"
#include "support/person.h"

namespace pqc::test {
namespace {

constexpr auto suite = crypto::SuiteId::pq;
constexpr identity::DeviceId first{1};
constexpr identity::DeviceId second{2};

class Devices : public testing::Test {
 protected:
  void SetUp() override {
    auto started = bench::ServerProcess::start(PQC_SERVER_PROGRAM, folder.path() / "data", std::nullopt);
    ASSERT_TRUE(started) << started.error();
    server.emplace(std::move(*started));
    address.host = "127.0.0.1";
    address.port = server->port();
    register_alice();
    add_second_device();
  }
  void TearDown() override { EXPECT_TRUE(server->stop()); }

  void register_alice() {
    const auto server_name = alice_on_first.connect().server_name();
    account = must(identity::AccountName::make("alice", server_name));
    const auto keys = must(primary.create(*account, first, std::span(&suite, 1)));
    take(first_record(keys, SystemClock().now()));
    const identity::RegistrationStatement statement{alice_on_first.statement("alice", first, suite), record->hash()};
    const auto signature = must(primary.sign(statement));
    v1::ClientFrame frame;
    auto& request = *frame.mutable_register_();
    request.set_account_record(record->encoded().data(), record->encoded().size());
    request.set_device(first.value);
    request.set_suite(crypto::number(suite));
    request.set_signature(signature.data(), signature.size());
    ASSERT_TRUE(alice_on_first.ask(frame).has_logged_in());
  }
  void add_second_device() {
    const auto keys = must(further.create_device(*account, second, std::span(&suite, 1)));
    auto next = successor_of(*record);
    next.devices.push_back({second, identity::DeviceState::active, next.issued, {}, keys.device_keys});
    take(next);
    ASSERT_EQ(publish(alice_on_first).record_published().version(), 2U);
  }
  void revoke_second_device() {
    auto next = successor_of(*record);
    next.devices.back() = {
        second, identity::DeviceState::revoked, next.devices.back().created, SystemClock().now(), {}};
    take(next);
    ASSERT_EQ(publish(alice_on_first).record_published().version(), 3U);
  }
  void take(const identity::AccountRecord& next) {
    record.emplace(must(identity::verify(must(primary.sign_record(next)), *account, SystemClock().now())));
  }
  v1::ServerFrame publish(Stranger& connection) {
    v1::ClientFrame frame;
    const auto& bytes = record->encoded();
    frame.mutable_publish_account_record()->set_account_record(bytes.data(), bytes.size());
    return connection.ask(frame);
  }
  v1::ServerFrame log_in(Stranger& connection, identity::DeviceId device, keys::SoftwareKeyHolder& holder) {
    connection.connect();
    const auto signature = must(holder.sign(connection.statement("alice", device, suite)));
    v1::ClientFrame frame;
    auto& request = *frame.mutable_login();
    request.set_account(account->text());
    request.set_device(device.value);
    request.set_suite(crypto::number(suite));
    request.set_signature(signature.data(), signature.size());
    return connection.ask(frame);
  }
  v1::AcceptedItem append(Stranger& from, identity::DeviceId to, const std::string& body) {
    v1::ClientFrame frame;
    auto& item = *frame.mutable_append()->add_items();
    item.set_id(std::string(15, 'i') + static_cast<char>('a' + ++appended));
    item.mutable_to()->set_account(account->text());
    item.mutable_to()->set_device(to.value);
    item.set_body(body);
    return from.ask(frame).accepted().items(0);
  }
  static v1::DeliverItem read_one(Stranger& connection) {
    v1::ClientFrame frame;
    frame.mutable_subscribe();
    auto answer = connection.ask(frame);
    if (answer.has_subscribed()) answer = connection.next();
    return answer.deliver().items(0);
  }

  bench::TemporaryFolder folder = bench::TemporaryFolder::make().value();
  std::optional<bench::ServerProcess> server;
  net::LinkOptions address;
  Stranger alice_on_first{address};
  crypto::SeededRng rng{11};
  crypto::SeededRng other_rng{12};
  keys::SoftwareKeyHolder primary{rng};
  keys::SoftwareKeyHolder further{other_rng};
  std::optional<identity::AccountName> account;
  std::optional<identity::VerifiedRecord> record;
  int appended = 0;
};

TEST_F(Devices, EachLogsInWithItsOwnKeysAndHasItsOwnMailbox) {
  Stranger alice_on_second(address);
  ASSERT_TRUE(log_in(alice_on_second, second, further).has_logged_in());
  EXPECT_NE(append(alice_on_second, first, "for the first").message_id(), 0U);
  EXPECT_NE(append(alice_on_first, second, "for the second").message_id(), 0U);
  EXPECT_EQ(read_one(alice_on_first).body(), "for the first");
  EXPECT_EQ(read_one(alice_on_second).body(), "for the second");
}

TEST_F(Devices, OneDevicesKeysAreNoLoginOfAnother) {
  Stranger stranger(address);
  stranger.connect();
  auto statement = stranger.statement("alice", second, suite);
  const auto signature = must(further.sign(statement));
  v1::ClientFrame frame;
  auto& request = *frame.mutable_login();
  request.set_account(account->text());
  request.set_device(first.value);
  request.set_suite(crypto::number(suite));
  request.set_signature(signature.data(), signature.size());
  EXPECT_EQ(stranger.ask(frame).error().code(), v1::ERROR_REFUSED);
}

TEST_F(Devices, Threat3ARevokedOneIsThrownOutAndHasNoMailbox) {
  Stranger alice_on_second(address);
  ASSERT_TRUE(log_in(alice_on_second, second, further).has_logged_in());
  ASSERT_NE(append(alice_on_first, second, "never read").message_id(), 0U);
  revoke_second_device();
  EXPECT_TRUE(alice_on_second.is_thrown_out());
  EXPECT_EQ(append(alice_on_first, second, "too late").error(), v1::ERROR_UNKNOWN_DEVICE);
  Stranger again(address);
  EXPECT_EQ(log_in(again, second, further).error().code(), v1::ERROR_REFUSED);
}

TEST_F(Devices, WhatARevokedOneSentBeforeArrivesUnderItsName) {
  Stranger alice_on_second(address);
  ASSERT_TRUE(log_in(alice_on_second, second, further).has_logged_in());
  ASSERT_NE(append(alice_on_second, first, "sent before").message_id(), 0U);
  revoke_second_device();
  const auto delivered = read_one(alice_on_first);
  EXPECT_EQ(delivered.body(), "sent before");
  EXPECT_EQ(delivered.from().account(), account->text());
  EXPECT_EQ(delivered.from().device(), second.value);
}

// A device without the identity cannot make records; the server takes those that the identity signed.
TEST_F(Devices, Threat3AFurtherDeviceCannotChangeTheRecord) {
  EXPECT_EQ(further.sign_record(successor_of(*record)).error(), keys::Error::no_identity);
  Stranger alice_on_second(address);
  ASSERT_TRUE(log_in(alice_on_second, second, further).has_logged_in());
  auto altered = record->encoded();
  altered.back() ^= 1;
  v1::ClientFrame frame;
  frame.mutable_publish_account_record()->set_account_record(altered.data(), altered.size());
  EXPECT_EQ(alice_on_second.ask(frame).error().code(), v1::ERROR_REFUSED);
}

// A tombstone stays: the device does not come back, and its number is not used again.
TEST_F(Devices, Threat3ATombstoneStays) {
  const auto before = *record;
  revoke_second_device();
  auto next = successor_of(*record);
  next.devices.back() = before.record().devices.back();
  take(next);
  EXPECT_EQ(publish(alice_on_first).error().code(), v1::ERROR_CONFLICT);
}

}  // namespace
}  // namespace pqc::test
