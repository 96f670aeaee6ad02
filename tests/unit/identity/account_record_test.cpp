#include "identity/account_record.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "identity/labels.h"
#include "support/person.h"

namespace pqc::identity {
namespace {

using test::must;
using test::Person;
using test::start_time;
using test::successor_of;

constexpr std::array both_suites{crypto::SuiteId::standard, crypto::SuiteId::pq};

class RecordTest : public testing::Test {
 protected:
  [[nodiscard]] const Bytes& signed_record() const { return alice.record->encoded(); }
  Result<VerifiedRecord> check(ByteView bytes, UnixMillis now = start_time) const {
    return verify(bytes, alice.account, now);
  }

  Person alice{"alice", 1, both_suites};
};

TEST_F(RecordTest, VerifiesAndReadsWhatWasSigned) {
  const auto record = must(check(signed_record()));
  EXPECT_EQ(record.version(), RecordVersion{1});
  EXPECT_EQ(record.record().identities.size(), 2U);
  EXPECT_EQ(record.hash(), record_hash(must(encode_content(record.record()))));
  EXPECT_EQ(must(find_device(record, {1}, crypto::SuiteId::pq)).address.account, alice.account);
}

TEST_F(RecordTest, HasALife) {
  const auto& record = alice.record->record();
  EXPECT_TRUE(check(signed_record(), record.expires));
  EXPECT_EQ(check(signed_record(), record.expires + std::chrono::milliseconds(1)).error(), Error::expired);
  EXPECT_TRUE(check(signed_record(), record.issued - clock_tolerance));
  EXPECT_EQ(check(signed_record(), record.issued - clock_tolerance - std::chrono::milliseconds(1)).error(),
            Error::not_yet_valid);
  EXPECT_TRUE(verify_pinned(signed_record(), alice.account));
}

TEST_F(RecordTest, IsForOneAccount) {
  const auto bob = must(AccountName::parse("bob@server.test"));
  EXPECT_EQ(verify(signed_record(), bob, start_time).error(), Error::other_account);
}

TEST_F(RecordTest, AnyChangedByteIsRefused) {
  rc::check([this] {
    auto bytes = signed_record();
    const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
    bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ *rc::gen::inRange(1, 256));
    RC_ASSERT(!check(bytes));
  });
}

TEST_F(RecordTest, IsParsedToTheLastByte) {
  auto longer = signed_record();
  longer.push_back(0);
  EXPECT_EQ(check(longer).error(), Error::malformed);
  for (std::size_t size = 0; size < signed_record().size(); size += 97)
    EXPECT_FALSE(check(ByteView(signed_record()).first(size)));
}

TEST_F(RecordTest, RulesHoldBeforeAnythingIsSigned) {
  const auto refused = [this](auto change) {
    auto record = alice.record->record();
    change(record);
    return !encode_content(record);
  };
  EXPECT_FALSE(refused([](auto&) {}));
  EXPECT_TRUE(refused([](auto& r) { r.version = {0}; }));
  EXPECT_TRUE(refused([](auto& r) { r.predecessor[0] = 1; }));
  EXPECT_TRUE(refused([](auto& r) { r.version = {2}; }));
  EXPECT_TRUE(refused([](auto& r) { r.expires = r.issued; }));
  EXPECT_TRUE(refused([](auto& r) { r.expires = r.expires + std::chrono::milliseconds(1); }));
  EXPECT_TRUE(refused([](auto& r) { r.identities.clear(); }));
  EXPECT_TRUE(refused([](auto& r) { std::swap(r.identities[0], r.identities[1]); }));
  EXPECT_TRUE(refused([](auto& r) { r.identities[0].signature_key.pop_back(); }));
  EXPECT_TRUE(refused([](auto& r) { r.devices[0].id = {0}; }));
  EXPECT_TRUE(refused([](auto& r) { r.devices.push_back(r.devices[0]); }));
  EXPECT_TRUE(refused([](auto& r) { r.devices[0].keys.clear(); }));
  EXPECT_TRUE(refused([](auto& r) { r.devices[0].revoked = start_time; }));
  EXPECT_TRUE(refused([](auto& r) { r.devices[0].state = DeviceState::revoked; }));
  EXPECT_TRUE(refused([](auto& r) { r.identities.pop_back(); }));  // the device still has keys of that suite
}

TEST_F(RecordTest, SixteenDevicesAreActiveAndTombstonesAreKept) {
  auto record = alice.record->record();
  while (record.devices.size() < max_active_devices) {
    record.devices.push_back(record.devices.back());
    ++record.devices.back().id.value;
  }
  EXPECT_TRUE(encode_content(record));
  DeviceEntry extra = record.devices.back();
  ++extra.id.value;
  record.devices.push_back(extra);
  EXPECT_EQ(encode_content(record).error(), Error::limit);
  record.devices.back().state = DeviceState::revoked;
  record.devices.back().revoked = start_time;
  record.devices.back().keys.clear();
  EXPECT_TRUE(encode_content(record));
}

TEST_F(RecordTest, TheNextVersionFollows) {
  const auto before = *alice.record;
  alice.publish(successor_of(before));
  const auto change = must(verify_successor(before, *alice.record));
  EXPECT_FALSE(change.same || change.gap);
  EXPECT_TRUE(change.added.empty() && change.revoked.empty());
  EXPECT_TRUE(must(verify_successor(before, before)).same);
}

TEST_F(RecordTest, SigningTwiceIsNoFork) {
  const auto again = must(alice.holder.sign_record(alice.record->record()));
  EXPECT_NE(again, signed_record());
  EXPECT_TRUE(must(verify_successor(*alice.record, must(check(again)))).same);
}

TEST_F(RecordTest, ASuccessorNamesWhatChanged) {
  const auto before = *alice.record;
  auto next = successor_of(before);
  next.devices.push_back(next.devices.front());
  next.devices.back().id = {2};
  alice.publish(next);
  EXPECT_EQ(must(verify_successor(before, *alice.record)).added, std::vector{DeviceId{2}});

  const auto two_devices = *alice.record;
  next = successor_of(two_devices);
  next.devices.back() = {{2}, DeviceState::revoked, start_time, start_time, {}};
  alice.publish(next);
  EXPECT_EQ(must(verify_successor(two_devices, *alice.record)).revoked, std::vector{DeviceId{2}});
  const auto over_the_gap = must(verify_successor(before, *alice.record));
  EXPECT_TRUE(over_the_gap.gap);
  EXPECT_TRUE(over_the_gap.added.empty());
  EXPECT_EQ(find_device(*alice.record, {2}, crypto::SuiteId::pq).error(), Error::revoked_device);
}

TEST_F(RecordTest, ADeviceIsFoundByIdAndSuite) {
  EXPECT_EQ(find_device(*alice.record, {2}, crypto::SuiteId::pq).error(), Error::unknown_device);
  EXPECT_EQ(find_device(*alice.record, {1}, crypto::SuiteId::enhanced).error(), Error::unknown_device);
  EXPECT_EQ(VerifiedDevice::make(*alice.record, {1}, static_cast<crypto::SuiteId>(99)).error(), Error::unsupported);
}

// A suite of the future stands beside ours: carried and hashed, its signature left to those who hold the suite.
TEST_F(RecordTest, ASuiteThatIsNotBuiltInIsCarried) {
  auto record = alice.record->record();
  const auto future = static_cast<crypto::SuiteId>(9);
  record.identities.push_back({future, Bytes(100, 1)});
  record.devices[0].keys.push_back({future, Bytes(100, 2), Bytes(40, 3)});
  const auto content = must(encode_content(record));
  crypto::SeededRng rng(9);
  const auto key = must(crypto::CompositePrivateKey::generate(*crypto::find_suite(crypto::SuiteId::pq), rng));
  record.identities.erase(record.identities.begin());
  record.devices[0].keys.erase(record.devices[0].keys.begin());
  record.identities[0].signature_key = key.public_key();
  const auto signature = must(key.sign(labels::account_record, must(encode_content(record)), rng));
  const auto bytes = must(encode_signed(record, std::vector<Bytes>{signature, Bytes(10)}));
  EXPECT_EQ(must(check(bytes)).record(), record);
  record.identities.erase(record.identities.begin());
  record.devices[0].keys.erase(record.devices[0].keys.begin());
  EXPECT_EQ(check(must(encode_signed(record, std::vector<Bytes>{Bytes(10)}))).error(), Error::unsupported);
}

}  // namespace
}  // namespace pqc::identity
