// Members of a group are devices of the signed device lists: whoever is not, is refused.
#include "protocol/mls_devices/device_policy.h"

#include <map>

#include <gtest/gtest.h>

#include "protocol/mls/group.h"
#include "protocol/mls_devices/labels.h"
#include "support/open_identity.h"

namespace pqc::mls_devices {
namespace {

constexpr mls::Lifetime forever{0, mls::max_lifetime};
constexpr std::array both{crypto::SuiteId::standard, crypto::SuiteId::pq};

class Lists final : public DeviceLists {
 public:
  std::shared_ptr<const identity::VerifiedRecord> find(const identity::AccountName& account) const override {
    const auto found = records_.find(account);
    return found == records_.end() ? nullptr : found->second;
  }
  void pin(identity::VerifiedRecord record) {
    const auto account = record.account();
    records_[account] = std::make_shared<const identity::VerifiedRecord>(std::move(record));
  }

 private:
  std::map<identity::AccountName, std::shared_ptr<const identity::VerifiedRecord>> records_;
};

class NoPsks final : public mls::PskStore {
 public:
  std::optional<SecretBytes> external(ByteView) const override { return std::nullopt; }
  std::optional<SecretBytes> resumption(ByteView, mls::Epoch) const override { return std::nullopt; }
};

class Devices : public testing::Test {
 protected:
  Devices() {
    lists_.pin(alice_.sign(alice_.first()));
    lists_.pin(bob_.sign(bob_.first()));
  }

  mls::SignatureKey fresh_key() { return mls::SignatureKey::generate(suite_.signature, rng_).value(); }

  // A credential for `key` that names a device, signed by the device of `signer`.
  mls::Credential credential(const test::OpenIdentity& signer, identity::DeviceAddress device, ByteView key,
                             std::uint64_t version = 1, crypto::SuiteId suite = crypto::SuiteId::pq) {
    identity::DeviceIdentity named{std::move(device), {version}, suite, {}, {}};
    return make_credential(named, key,
                           [&](std::string_view label, ByteView content) -> identity::Result<Bytes> {
                             return signer.device_key(suite).sign(label, content, rng_).transform_error([](auto) {
                               return identity::Error::backend;
                             });
                           })
        .value();
  }
  mls::Identity identity(const test::OpenIdentity& who) {
    auto key = std::make_shared<const mls::SignatureKey>(fresh_key());
    auto named = credential(who, {who.account, {1}}, key->public_key());
    return {std::move(named), std::move(key), {}};
  }

  // A successor of Alice's record in which her first device is revoked and a second one stands.
  identity::VerifiedRecord with_first_revoked() {
    auto next = test::successor_of(*lists_.find(alice_.account));
    auto second = next.devices.front();
    second.id = {2};
    auto& first = next.devices.front();
    first.state = identity::DeviceState::revoked;
    first.revoked = first.created;
    first.keys.clear();
    next.devices.push_back(std::move(second));
    return alice_.sign(next);
  }

  const mls::Suite& suite_ = *mls::find_suite(mls::suites::x_wing_aes256_ml_dsa_87);
  crypto::SeededRng rng_{5};
  test::OpenIdentity alice_{"alice", 1, both}, bob_{"bob", 2, both};
  Lists lists_;
  NoPsks psks_;
  DevicePolicy policy_{lists_};
  mls::Environment environment_{policy_, psks_, rng_, 1000};
};

TEST_F(Devices, ADeviceOfTheListIsAMember) {
  auto group = mls::Group::create(suite_, {1}, identity(alice_), forever, {}, environment_);
  ASSERT_TRUE(group) << mls::to_string(group.error());
  const auto bundle = mls::make_key_package(suite_, identity(bob_), forever, {}, rng_).value();
  mls::CommitOptions options;
  options.proposals = {{mls::Add{bundle.package}}};
  auto committed = group->commit(options, environment_);
  ASSERT_TRUE(committed) << mls::to_string(committed.error());
  auto joined = mls::Group::join(*committed->welcome, bundle, {}, environment_);
  ASSERT_TRUE(joined) << mls::to_string(joined.error());
  // A device takes a new key, under a newer record.
  mls::CommitOptions rotate;
  rotate.identity = identity(bob_);
  auto rotated = joined->commit(rotate, environment_);
  ASSERT_TRUE(rotated);
  EXPECT_TRUE(committed->next.process(rotated->message, environment_));
  // The same device a second time, and a stranger in its place, are refused.
  options.proposals = {{mls::Add{mls::make_key_package(suite_, identity(bob_), forever, {}, rng_)->package}}};
  EXPECT_EQ(committed->next.commit(options, environment_).error(), mls::Error::invalid_list);
  rotate.identity = identity(alice_);
  const auto turned = rotated->next.commit(rotate, environment_);
  EXPECT_FALSE(turned && committed->next.process(turned->message, environment_));
}

TEST_F(Devices, ADeviceThatIsNotInTheListIsRefused) {
  const auto key = fresh_key();
  EXPECT_TRUE(policy_.accepts(credential(alice_, {alice_.account, {1}}, key.public_key()), key.public_key()));
  EXPECT_FALSE(policy_.accepts(credential(alice_, {alice_.account, {2}}, key.public_key()), key.public_key()));
  const test::OpenIdentity mallory("mallory", 3, both);
  EXPECT_FALSE(policy_.accepts(credential(mallory, {mallory.account, {1}}, key.public_key()), key.public_key()));
}

TEST_F(Devices, ADeviceOfAnotherAccountIsRefused) {
  const auto key = fresh_key();
  // Bob's device signs what names Alice's, and Alice's credential stands before a key that it did not sign.
  EXPECT_FALSE(policy_.accepts(credential(bob_, {alice_.account, {1}}, key.public_key()), key.public_key()));
  const auto hers = credential(alice_, {alice_.account, {1}}, key.public_key());
  EXPECT_FALSE(policy_.accepts(hers, fresh_key().public_key()));
  // A list that holds the wrong record is not believed.
  class Confused final : public DeviceLists {
   public:
    explicit Confused(std::shared_ptr<const identity::VerifiedRecord> one) : one_(std::move(one)) {}
    std::shared_ptr<const identity::VerifiedRecord> find(const identity::AccountName&) const override { return one_; }

   private:
    std::shared_ptr<const identity::VerifiedRecord> one_;
  };
  const Confused confused(lists_.find(bob_.account));
  EXPECT_FALSE(
      DevicePolicy(confused).accepts(credential(bob_, {alice_.account, {1}}, key.public_key()), key.public_key()));
}

TEST_F(Devices, ARevokedDeviceIsRefusedThoughItWasAcceptedBefore) {
  const auto key = fresh_key();
  const auto first = credential(alice_, {alice_.account, {1}}, key.public_key());
  ASSERT_TRUE(policy_.accepts(first, key.public_key()));
  ASSERT_TRUE(policy_.accepts(first, key.public_key()));
  const auto second = credential(alice_, {alice_.account, {2}}, key.public_key(), 2);
  EXPECT_FALSE(policy_.accepts(second, key.public_key())) << "by a record that is not here yet";
  lists_.pin(with_first_revoked());
  EXPECT_FALSE(policy_.accepts(first, key.public_key()));
  EXPECT_TRUE(policy_.accepts(second, key.public_key()));
}

TEST_F(Devices, NoSuiteBelowTheLevelAskedForCounts) {
  const auto key = fresh_key();
  const auto classical = credential(alice_, {alice_.account, {1}}, key.public_key(), 1, crypto::SuiteId::standard);
  EXPECT_FALSE(policy_.accepts(classical, key.public_key()));
  EXPECT_TRUE(DevicePolicy(lists_, crypto::Level::standard).accepts(classical, key.public_key()));
}

TEST_F(Devices, OnlyTheSameDeviceSucceeds) {
  const auto key = fresh_key();
  const auto old_one = credential(alice_, {alice_.account, {1}}, key.public_key(), 2);
  EXPECT_TRUE(policy_.accepts_successor(old_one, credential(alice_, {alice_.account, {1}}, key.public_key(), 3)));
  EXPECT_FALSE(policy_.accepts_successor(old_one, credential(alice_, {alice_.account, {1}}, key.public_key(), 1)));
  EXPECT_FALSE(policy_.accepts_successor(old_one, credential(alice_, {alice_.account, {2}}, key.public_key(), 2)));
  EXPECT_FALSE(policy_.accepts_successor(old_one, credential(bob_, {bob_.account, {1}}, key.public_key(), 2)));
  EXPECT_EQ(policy_.client_of(old_one, {}),
            policy_.client_of(credential(alice_, {alice_.account, {1}}, fresh_key().public_key()), {}));
}

TEST_F(Devices, DamagedCredentialsAreRefused) {
  const auto key = fresh_key();
  const auto good = credential(alice_, {alice_.account, {1}}, key.public_key());
  for (std::size_t i = 0; i < good.identity.size(); i += 1 + good.identity.size() / 97) {
    auto damaged = good;
    damaged.identity[i] ^= 1;
    EXPECT_FALSE(policy_.accepts(damaged, key.public_key())) << i;
    damaged.identity.resize(i);
    EXPECT_FALSE(policy_.accepts(damaged, key.public_key())) << i;
    EXPECT_FALSE(parse_credential(damaged));
  }
  auto longer = good;
  longer.identity.push_back(0);
  EXPECT_FALSE(policy_.accepts(longer, key.public_key()));
  EXPECT_FALSE(policy_.accepts({mls::credential_type::x509, {}, {{good.identity}}}, key.public_key()));
}

}  // namespace
}  // namespace pqc::mls_devices
