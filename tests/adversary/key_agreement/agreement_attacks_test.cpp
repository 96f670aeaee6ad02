// THREATS rows 5 (low-order points), 6 (identity misbinding), 7 (re-encapsulation) and 9 (downgrade), played against
// the key agreement by whoever carries bundles and initial parts.
#include <gtest/gtest.h>

#include "crypto/aead.h"
#include "protocol/pqxdh/limits.h"
#include "protocol/pqxdh/pqxdh.h"
#include "support/open_identity.h"
#include "support/person.h"

namespace pqc::pqxdh {
namespace {

using test::bundle_of;
using test::must;
using test::Person;
using test::start_time;

constexpr auto suite = crypto::SuiteId::pq;
constexpr std::uint32_t batch_size = 3;

// Points of small order on Curve25519 (RFC 7748 §6.1): 0, 1, p - 1, p, and one of order 8.
const std::vector<std::string_view> low_order_points{
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
};

class AgreementAttack : public testing::Test {
 protected:
  Initiated start(const PrekeyBatch& to, std::optional<std::uint32_t> index = 0) {
    return must(alice.holder.initiate(bundle_of(to, bob.device(suite), index), {1}));
  }
  static keys::Result<Unconfirmed> answer(Person& who, const InitialPart& part, const Person& from) {
    return who.holder.respond(part, from.device(suite).identity());
  }
  [[nodiscard]] InitialPart part_of(const Initiated& started) const {
    return must(InitialPart::decode(started.initial_part));
  }

  Person alice{"alice", 1, suite};
  Person bob{"bob", 2, suite};
  Person mallory{"mallory", 3, suite};
  PrekeyBatch batch = must(bob.holder.generate_batch(suite, batch_size, start_time));
};

// A device that really signs what it publishes, with keys of its choice in it.
class HostilePublisher {
 public:
  [[nodiscard]] VerifiedBundle publish(ByteView signed_prekey, const OneTimePair& pair) {
    PrekeyManifest manifest{keys_.account, {1}, suite, {1}, start_time, start_time + batch_lifetime, {}, {}, 1, {}};
    manifest.signed_prekey = to_bytes(signed_prekey);
    const PrekeyTree tree(suite, std::span(&pair, 1));
    manifest.root = tree.root();
    const auto batch =
        must(sign_batch(manifest, std::span(&pair, 1), tree, pair.kem_key, keys_.device_key(suite), keys_.rng));
    return bundle_of(batch, must(identity::VerifiedDevice::make(record_, {1}, suite)), 0);
  }

 private:
  test::OpenIdentity keys_{"mallory", 6, std::span(&suite, 1)};
  identity::VerifiedRecord record_ = keys_.sign(keys_.first());
};

TEST_F(AgreementAttack, Threat5InitiatorRefusesLowOrderPrekeys) {
  const auto honest = must(decode_bundle(batch.signed_manifest, batch.one_time[0]));
  const auto& good_dh = honest.manifest.signed_prekey;
  const auto& good_pair = *honest.one_time;
  HostilePublisher publisher;
  ASSERT_TRUE(alice.holder.initiate(publisher.publish(good_dh, good_pair), {1}));
  for (const auto text : low_order_points) {
    const auto point = *from_hex(text);
    EXPECT_EQ(alice.holder.initiate(publisher.publish(point, good_pair), {1}).error(), keys::Error::refused);
    const OneTimePair bad_pair{0, point, good_pair.kem_key};
    EXPECT_EQ(alice.holder.initiate(publisher.publish(good_dh, bad_pair), {1}).error(), keys::Error::refused);
  }
}

TEST_F(AgreementAttack, Threat5ResponderRefusesLowOrderKeys) {
  const auto started = start(batch);
  for (const auto text : low_order_points) {
    auto part = part_of(started);
    part.ephemeral_key = *from_hex(text);
    EXPECT_EQ(answer(bob, part, alice).error(), keys::Error::refused);
    auto initiator = alice.device(suite).identity();
    initiator.dh_key = *from_hex(text);
    EXPECT_EQ(bob.holder.respond(part_of(started), initiator).error(), keys::Error::refused);
  }
}

TEST_F(AgreementAttack, Threat6SwappedIdentitiesAreRefused) {
  const auto started = start(batch);
  auto part = part_of(started);
  part.sender.account = mallory.account;
  EXPECT_EQ(answer(bob, part, mallory).error(), keys::Error::refused);
  EXPECT_EQ(answer(bob, part_of(started), mallory).error(), keys::Error::mismatch);
  part = part_of(started);
  part.recipient.account = mallory.account;
  EXPECT_EQ(answer(bob, part, alice).error(), keys::Error::mismatch);
  EXPECT_EQ(answer(mallory, part, alice).error(), keys::Error::unknown_prekey);
}

// Mallory registers alice's device keys as her own: whoever the transcript names is who signed it.
TEST_F(AgreementAttack, Threat6CopiedDeviceKeysDoNotMoveASession) {
  const auto started = start(batch);
  auto copied = alice.device(suite).identity();
  copied.address.account = mallory.account;
  auto part = part_of(started);
  part.sender.account = mallory.account;
  EXPECT_EQ(bob.holder.respond(part, copied).error(), keys::Error::refused);
}

TEST_F(AgreementAttack, Threat6EveryValueOfTheInitialPartIsBound) {
  const auto started = start(batch);
  const auto refused = [&](auto change) {
    auto part = part_of(started);
    change(part);
    return !answer(bob, part, alice);
  };
  EXPECT_FALSE(refused([](auto&) {}));
  EXPECT_TRUE(refused([](auto& p) { p.sender.device = {2}; }));
  EXPECT_TRUE(refused([](auto& p) { p.recipient.device = {2}; }));
  EXPECT_TRUE(refused([](auto& p) { ++p.sender_record.value; }));
  EXPECT_TRUE(refused([](auto& p) { ++p.recipient_record.value; }));
  EXPECT_TRUE(refused([](auto& p) { p.prekeys.one_time = 1; }));
  EXPECT_TRUE(refused([](auto& p) { p.prekeys.one_time.reset(); }));
  EXPECT_TRUE(refused([](auto& p) { p.prekeys.batch = {2}; }));
  EXPECT_TRUE(refused([](auto& p) { p.ephemeral_key[0] ^= 1; }));
  EXPECT_TRUE(refused([](auto& p) { p.kem_ciphertext[0] ^= 1; }));
  EXPECT_TRUE(refused([](auto& p) { p.sealed_signature[0] ^= 1; }));
}

// An initiator with bob's public data and a session, but not alice's device key, cannot sign for her.
TEST_F(AgreementAttack, Threat6TheSignatureIsTheInitiators) {
  const auto started = start(batch);
  auto session = must(answer(bob, part_of(started), alice));
  session.signature[0] ^= 1;
  EXPECT_EQ(confirm(std::move(session), alice.device(suite)).error(), Error::bad_signature);
  EXPECT_EQ(confirm(must(answer(bob, part_of(started), alice)), mallory.device(suite)).error(), Error::mismatch);
}

// The server swaps the ML-KEM key of a pair for one that it made itself.
TEST_F(AgreementAttack, Threat7SwappedKemPrekeyIsRefused) {
  const auto theirs = must(mallory.holder.generate_batch(suite, batch_size, start_time));
  auto bundle = must(decode_bundle(batch.signed_manifest, batch.one_time[0]));
  bundle.one_time->kem_key = must(decode_bundle(theirs.signed_manifest, theirs.one_time[0])).one_time->kem_key;
  EXPECT_EQ(verify_bundle(std::move(bundle), bob.device(suite), start_time).error(), Error::bad_signature);
  auto last = must(decode_bundle(batch.signed_manifest, theirs.last_resort));
  EXPECT_EQ(verify_bundle(std::move(last), bob.device(suite), start_time).error(), Error::bad_signature);
}

// Who knows a KEM secret encapsulates it again, to another prekey of bob: the ciphertexts of two sessions change
// places.
TEST_F(AgreementAttack, Threat7ReencapsulatedSecretGivesNoSession) {
  auto first = part_of(start(batch, 0));
  auto second = part_of(start(batch, 1));
  std::swap(first.kem_ciphertext, second.kem_ciphertext);
  EXPECT_EQ(answer(bob, first, alice).error(), keys::Error::refused);
  EXPECT_EQ(answer(bob, second, alice).error(), keys::Error::refused);
}

// One pair's halves with another's: the tree binds both and their place.
TEST_F(AgreementAttack, Threat7PairsAreNotMixed) {
  const auto mixed = [&](auto change) {
    auto bundle = must(decode_bundle(batch.signed_manifest, batch.one_time[0]));
    const auto other = must(decode_bundle(batch.signed_manifest, batch.one_time[1]));
    change(bundle, other);
    return verify_bundle(std::move(bundle), bob.device(suite), start_time).has_value();
  };
  EXPECT_TRUE(mixed([](auto&, const auto&) {}));
  EXPECT_FALSE(mixed([](auto& b, const auto& o) { b.one_time->dh_key = o.one_time->dh_key; }));
  EXPECT_FALSE(mixed([](auto& b, const auto& o) { b.one_time->kem_key = o.one_time->kem_key; }));
  EXPECT_FALSE(mixed([](auto& b, const auto& o) { b.one_time->index = o.one_time->index; }));
  EXPECT_FALSE(mixed([](auto& b, const auto& o) { b.path = o.path; }));
  EXPECT_FALSE(mixed([](auto& b, const auto&) { b.path.pop_back(); }));
  EXPECT_FALSE(mixed([](auto& b, const auto&) { b.path.push_back(b.path[0]); }));
}

TEST_F(AgreementAttack, Threat9StrippedPostQuantumFieldsAreRefused) {
  const auto started = start(batch);
  auto part = part_of(started);
  part.kem_ciphertext.clear();
  EXPECT_EQ(InitialPart::decode(part.encode()).error(), Error::malformed);
  EXPECT_EQ(answer(bob, part, alice).error(), keys::Error::refused);
  part = part_of(started);
  part.sealed_signature.resize(64 + crypto::aead_tag_size);  // room for the classical half only
  EXPECT_EQ(InitialPart::decode(part.encode()).error(), Error::malformed);
  EXPECT_EQ(answer(bob, part, alice).error(), keys::Error::refused);

  auto bundle = must(decode_bundle(batch.signed_manifest, batch.one_time[0]));
  bundle.one_time->kem_key.clear();
  EXPECT_EQ(verify_bundle(bundle, bob.device(suite), start_time).error(), Error::bad_signature);
  bundle = must(decode_bundle(batch.signed_manifest, batch.last_resort));
  bundle.last_resort.clear();
  EXPECT_EQ(verify_bundle(bundle, bob.device(suite), start_time).error(), Error::bad_signature);
  bundle = must(decode_bundle(batch.signed_manifest, batch.one_time[0]));
  bundle.signature.resize(64);
  EXPECT_EQ(verify_bundle(bundle, bob.device(suite), start_time).error(), Error::bad_signature);
}

TEST_F(AgreementAttack, Threat9ASuiteIsNotLowered) {
  auto part = part_of(start(batch));
  part.suite = crypto::SuiteId::standard;
  EXPECT_FALSE(InitialPart::decode(part.encode()));
  EXPECT_EQ(answer(bob, part, alice).error(), keys::Error::unsupported);

  // Both hold suite 1 too: its keys are others, so the part of one suite is nothing in the other.
  constexpr std::array both{crypto::SuiteId::standard, suite};
  Person carol("carol", 4, both);
  Person dave("dave", 5, both);
  const auto low = must(dave.holder.generate_batch(crypto::SuiteId::standard, 1, start_time));
  const auto high = must(dave.holder.generate_batch(suite, 1, start_time));
  auto bundle = must(decode_bundle(low.signed_manifest, low.one_time[0]));
  EXPECT_EQ(verify_bundle(bundle, dave.device(suite), start_time).error(), Error::mismatch);
  bundle.manifest.suite = suite;
  EXPECT_FALSE(verify_bundle(bundle, dave.device(suite), start_time));
  const auto started = must(carol.holder.initiate(bundle_of(high, dave.device(suite), 0), {1}));
  auto lowered = must(InitialPart::decode(started.initial_part));
  lowered.suite = lowered.prekeys.suite = crypto::SuiteId::standard;
  EXPECT_FALSE(dave.holder.respond(lowered, carol.device(crypto::SuiteId::standard).identity()));
}

TEST_F(AgreementAttack, ExpiredAndEarlyBatchesAreRefused) {
  const auto check = [&](UnixMillis now) {
    return verify_bundle(must(decode_bundle(batch.signed_manifest, batch.one_time[0])), bob.device(suite), now);
  };
  EXPECT_TRUE(check(batch.expires));
  EXPECT_EQ(check(batch.expires + std::chrono::milliseconds(1)).error(), Error::expired);
  EXPECT_EQ(check(start_time - clock_tolerance - std::chrono::milliseconds(1)).error(), Error::not_yet_valid);
}

TEST_F(AgreementAttack, ASessionWithOneselfIsRefused) {
  EXPECT_EQ(bob.holder.initiate(bundle_of(batch, bob.device(suite), 0), {1}).error(), keys::Error::mismatch);
}

}  // namespace
}  // namespace pqc::pqxdh
