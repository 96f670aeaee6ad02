// THREATS row 3: a server that injects devices into an account record, forks it or rolls it back; and row 9, a record
// without its post-quantum suite.
#include <gtest/gtest.h>

#include "identity/account_record.h"
#include "identity/labels.h"
#include "support/open_identity.h"
#include "support/person.h"

namespace pqc::identity {
namespace {

using test::must;
using test::OpenIdentity;
using test::Person;
using test::start_time;
using test::successor_of;

constexpr std::array both_suites{crypto::SuiteId::standard, crypto::SuiteId::pq};

class Threat3 : public testing::Test {
 protected:
  // What a client that pinned `pinned` says to `next`.
  [[nodiscard]] Error alarm(const AccountRecord& next) {
    const auto result = verify_successor(pinned, alice.sign(next));
    EXPECT_FALSE(result);
    return result ? Error::backend : result.error();
  }

  OpenIdentity alice{"alice", 11, both_suites};
  AccountRecord first = [this] {
    auto record = alice.first();
    record.devices.push_back(record.devices[0]);
    record.devices.back().id = {2};
    record.devices.push_back({{3}, DeviceState::revoked, start_time, start_time, {}});
    return record;
  }();
  VerifiedRecord pinned = alice.sign(first);
};

TEST_F(Threat3, AnInjectedDeviceHasNoSignature) {
  Person mallory("mallory", 3, both_suites);
  auto forged = first;
  forged.devices.push_back(mallory.record->record().devices[0]);
  forged.devices.back().id = {4};
  // With the old signatures, with mallory's own, and with mallory's identity in place of alice's.
  const auto content = must(encode_content(first));
  const auto tail = ByteView(pinned.encoded()).subspan(3 + content.size());
  auto bytes = must(encode_signed(forged, std::vector<Bytes>(2, Bytes{})));
  bytes.resize(bytes.size() - 4);
  append(bytes, tail);
  EXPECT_EQ(verify(bytes, first.account, start_time).error(), Error::bad_signature);

  auto other = mallory.record->record();
  other.account = first.account;
  EXPECT_EQ(mallory.holder.sign_record(other).error(), keys::Error::mismatch);
}

TEST_F(Threat3, AnotherIdentityIsAnAlarm) {
  crypto::SeededRng rng(12);
  keys::SoftwareKeyHolder impostor(rng);
  const auto record = test::first_record(must(impostor.create(first.account, {1}, both_suites)));
  const auto next = must(verify(must(impostor.sign_record(record)), first.account, start_time));
  EXPECT_EQ(verify_successor(pinned, next).error(), Error::identity_changed);
  EXPECT_TRUE(is_alarm(Error::identity_changed));
}

TEST_F(Threat3, AForkIsAnAlarm) {
  auto fork = first;
  fork.devices.push_back(first.devices[0]);
  fork.devices.back().id = {4};
  EXPECT_EQ(alarm(fork), Error::forked);  // the same version, other bytes

  auto next = successor_of(alice.sign(fork));
  EXPECT_EQ(alarm(next), Error::forked);  // the next version, of another predecessor
  EXPECT_TRUE(is_alarm(Error::forked));
}

TEST_F(Threat3, ARollBackIsAnAlarm) {
  const auto second = alice.sign(successor_of(pinned));
  EXPECT_EQ(verify_successor(second, pinned).error(), Error::rolled_back);
  auto older = successor_of(pinned);
  older.issued = older.issued - std::chrono::minutes(1);
  older.expires = older.expires - std::chrono::minutes(1);
  EXPECT_EQ(alarm(older), Error::rolled_back);
  EXPECT_TRUE(is_alarm(Error::rolled_back));
}

TEST_F(Threat3, DevicesStayWhatTheyAre) {
  auto vanished = successor_of(pinned);
  vanished.devices.erase(vanished.devices.begin() + 1);
  EXPECT_EQ(alarm(vanished), Error::device_altered);

  auto unburied = successor_of(pinned);
  unburied.devices[2] = unburied.devices[0];
  unburied.devices[2].id = {3};
  EXPECT_EQ(alarm(unburied), Error::device_altered);

  auto other_keys = successor_of(pinned);
  other_keys.devices[1].keys[0].dh_key[0] ^= 1;
  EXPECT_EQ(alarm(other_keys), Error::device_altered);

  auto lowered = successor_of(pinned);
  lowered.devices[1].keys.pop_back();  // only the classical suite is left
  EXPECT_EQ(alarm(lowered), Error::device_altered);

  auto over_a_gap = successor_of(pinned);
  over_a_gap.version = {5};
  over_a_gap.devices.pop_back();
  EXPECT_EQ(alarm(over_a_gap), Error::device_altered);
  EXPECT_TRUE(is_alarm(Error::device_altered));
}

TEST_F(Threat3, Threat9ARecordKeepsItsPostQuantumSuite) {
  auto stripped = successor_of(pinned);
  stripped.identities.pop_back();
  for (auto& device : stripped.devices)
    if (!device.keys.empty()) device.keys.pop_back();
  EXPECT_EQ(alarm(stripped), Error::identity_changed);

  // Who broke the classical half alone cannot sign for both.
  const auto content = must(encode_content(successor_of(pinned)));
  const auto& before = pinned.encoded();
  auto bytes = must(encode_signed(successor_of(pinned), std::vector<Bytes>(2, Bytes{})));
  bytes.resize(bytes.size() - 4);
  append(bytes, ByteView(before).subspan(3 + content.size()));
  EXPECT_EQ(verify(bytes, first.account, start_time).error(), Error::bad_signature);
}

// No ciphertext for a device that is not active in the pinned record: there is no VerifiedDevice to address.
TEST_F(Threat3, NoCiphertextForUnknownOrRevokedDevices) {
  EXPECT_EQ(VerifiedDevice::make(pinned, {3}, crypto::SuiteId::pq).error(), Error::revoked_device);
  EXPECT_EQ(VerifiedDevice::make(pinned, {4}, crypto::SuiteId::pq).error(), Error::unknown_device);
  EXPECT_TRUE(VerifiedDevice::make(pinned, {2}, crypto::SuiteId::pq));
}

}  // namespace
}  // namespace pqc::identity
