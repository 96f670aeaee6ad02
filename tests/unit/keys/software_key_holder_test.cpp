#include "keys/software_key_holder.h"

#include <gtest/gtest.h>

#include "keys/limits.h"
#include "protocol/pqxdh/limits.h"
#include "support/person.h"

namespace pqc::keys {
namespace {

using test::bundle_of;
using test::must;
using test::Person;
using test::start_time;

constexpr auto suite = crypto::SuiteId::pq;
constexpr std::uint32_t batch_size = 4;

class Holder : public testing::Test {
 protected:
  pqxdh::Initiated start(std::optional<std::uint32_t> index) {
    return must(alice.holder.initiate(bundle_of(batch, bob.device(suite), index), {1}));
  }
  Result<pqxdh::Unconfirmed> answer(KeyHolder& holder, const pqxdh::Initiated& started) {
    return holder.respond(must(pqxdh::InitialPart::decode(started.initial_part)), alice.device(suite).identity());
  }
  // Another holder with what the first one would store.
  static void restore(SoftwareKeyHolder& into, const std::vector<StateItem>& items) { must(into.import_state(items)); }

  Person alice{"alice", 1, suite};
  Person bob{"bob", 2, suite};
  pqxdh::PrekeyBatch batch = must(bob.holder.generate_batch(suite, batch_size, start_time));
  crypto::SeededRng other_rng{77};
};

TEST_F(Holder, AnswersTheSameUntilItForgets) {
  const auto started = start(1);
  const auto first = must(answer(bob.holder, started));
  const auto again = must(answer(bob.holder, started));
  EXPECT_TRUE(first.secret.equals(again.secret));
  EXPECT_EQ(first.id, again.id);
  must(bob.holder.forget(first.prekeys, first.id));
  EXPECT_EQ(answer(bob.holder, started).error(), Error::unknown_prekey);
  must(bob.holder.forget(first.prekeys, first.id));
  EXPECT_EQ(bob.holder.batches().at(0).unused, batch_size - 1);
}

// docs/spec/devices.md §1: the identity stays on the primary device.
TEST_F(Holder, AFurtherDeviceHasNoIdentity) {
  SoftwareKeyHolder further(other_rng);
  const std::array suites{suite};
  const auto made = must(further.create_device(alice.account, {2}, suites));
  EXPECT_TRUE(made.identities.empty());
  ASSERT_EQ(made.device_keys.size(), 1U);
  auto next = test::successor_of(*alice.record);
  next.devices.push_back({made.device, identity::DeviceState::active, test::start_time, {}, made.device_keys});
  EXPECT_EQ(further.sign_record(next).error(), Error::no_identity);
  alice.publish(next);

  // It agrees on sessions as any device does, also after it was stored and restored.
  SoftwareKeyHolder again(other_rng);
  restore(again, further.export_state());
  EXPECT_EQ(again.public_identity()->device_keys, made.device_keys);
  EXPECT_EQ(again.sign_record(next).error(), Error::no_identity);
  const auto started = must(again.initiate(bundle_of(batch, bob.device(suite), 0), {2}));
  const auto sender = must(identity::VerifiedDevice::make(*alice.record, {2}, suite));
  EXPECT_TRUE(bob.holder.respond(must(pqxdh::InitialPart::decode(started.initial_part)), sender.identity()));
}

TEST_F(Holder, RefusesAReplayOverReusablePrekeys) {
  const auto started = start(std::nullopt);
  const auto session = must(answer(bob.holder, started));
  EXPECT_TRUE(answer(bob.holder, started));
  must(bob.holder.forget(session.prekeys, session.id));
  EXPECT_EQ(answer(bob.holder, started).error(), Error::replayed);
  EXPECT_TRUE(answer(bob.holder, start(std::nullopt)));
}

TEST_F(Holder, GoesOnFromItsState) {
  const auto used = start(0);
  const auto replayed = start(std::nullopt);
  const auto open = start(2);
  const auto used_session = must(answer(bob.holder, used));
  const auto replayed_session = must(answer(bob.holder, replayed));
  must(bob.holder.forget(used_session.prekeys, used_session.id));
  must(bob.holder.forget(replayed_session.prekeys, replayed_session.id));

  SoftwareKeyHolder restored(other_rng);
  restore(restored, bob.holder.export_state());
  EXPECT_EQ(must(restored.public_identity()).identities, must(bob.holder.public_identity()).identities);
  EXPECT_EQ(answer(restored, used).error(), Error::unknown_prekey);
  EXPECT_EQ(answer(restored, replayed).error(), Error::replayed);
  EXPECT_TRUE(must(answer(restored, open)).secret.equals(open.secret));
  EXPECT_TRUE(restored.sign_record(bob.record->record()));
  EXPECT_TRUE(restored.changes().changed.size() == 1);
  const auto next = must(restored.generate_batch(suite, 1, start_time));
  EXPECT_GT(next.batch, batch.batch);
}

TEST_F(Holder, TellsWhatToStore) {
  EXPECT_EQ(bob.holder.changes().changed.size(), 2U);  // core and one batch
  bob.holder.saved(bob.holder.changes().generation);
  EXPECT_TRUE(bob.holder.changes().empty());

  const auto session = must(answer(bob.holder, start(0)));
  EXPECT_TRUE(bob.holder.changes().empty());
  must(bob.holder.forget(session.prekeys, session.id));
  auto changes = bob.holder.changes();
  ASSERT_EQ(changes.changed.size(), 1U);
  EXPECT_EQ(changes.changed[0].name, "batch-1");
  EXPECT_EQ(bob.holder.changes().changed.size(), 1U);  // not stored: it comes again
  bob.holder.saved(changes.generation);

  must(bob.holder.destroy_expired(batch.expires + pqxdh::batch_grace));
  EXPECT_TRUE(bob.holder.changes().empty());
  must(bob.holder.destroy_expired(batch.expires + pqxdh::batch_grace + std::chrono::milliseconds(1)));
  changes = bob.holder.changes();
  EXPECT_EQ(changes.removed, std::vector<std::string>{"batch-1"});
  bob.holder.saved(changes.generation);
  EXPECT_TRUE(bob.holder.changes().empty());
  EXPECT_TRUE(bob.holder.batches().empty());
}

TEST_F(Holder, OldBatchesServeTheirGrace) {
  const auto started = start(0);
  must(bob.holder.generate_batch(suite, batch_size, start_time + std::chrono::days(7)));
  must(bob.holder.destroy_expired(batch.expires + std::chrono::days(1)));
  EXPECT_TRUE(answer(bob.holder, started));
}

TEST_F(Holder, SignsNoForkOfItsRecord) {
  auto fork = bob.record->record();
  fork.expires = fork.expires - std::chrono::days(1);
  EXPECT_EQ(bob.holder.sign_record(fork).error(), Error::mismatch);
  auto next = test::successor_of(*bob.record);
  next.predecessor[0] ^= 1;
  EXPECT_EQ(bob.holder.sign_record(next).error(), Error::mismatch);
  next = test::successor_of(*bob.record);
  next.devices[0].keys[0].dh_key[0] ^= 1;
  EXPECT_EQ(bob.holder.sign_record(next).error(), Error::mismatch);
  EXPECT_EQ(bob.holder.sign_record(alice.record->record()).error(), Error::mismatch);
  bob.publish(test::successor_of(*bob.record));
  EXPECT_EQ(bob.holder.sign_record(test::first_record(must(bob.holder.public_identity()))).error(), Error::mismatch);
}

TEST_F(Holder, HasLimits) {
  EXPECT_EQ(bob.holder.generate_batch(suite, 0, start_time).error(), Error::limit);
  EXPECT_EQ(bob.holder.generate_batch(suite, pqxdh::max_batch_size + 1, start_time).error(), Error::limit);
}

TEST_F(Holder, TheOldestBatchMakesRoom) {
  const auto started = start(0);
  while (bob.holder.batches().size() < max_batches_a_suite) must(bob.holder.generate_batch(suite, 1, start_time));
  EXPECT_TRUE(answer(bob.holder, started));
  bob.holder.saved(bob.holder.changes().generation);
  must(bob.holder.generate_batch(suite, 1, start_time));
  EXPECT_EQ(bob.holder.batches().size(), max_batches_a_suite);
  EXPECT_EQ(bob.holder.changes().removed, std::vector<std::string>{"batch-1"});
  EXPECT_EQ(answer(bob.holder, started).error(), Error::unknown_prekey);
}

TEST_F(Holder, RefusesWhatItCannotDo) {
  SoftwareKeyHolder empty(other_rng);
  EXPECT_EQ(empty.public_identity().error(), Error::no_identity);
  EXPECT_EQ(empty.generate_batch(suite, 1, start_time).error(), Error::no_identity);
  EXPECT_EQ(empty.create(bob.account, {0}, std::array{suite}).error(), Error::invalid);
  EXPECT_EQ(empty.create(bob.account, {1}, std::array{suite, suite}).error(), Error::invalid);
  EXPECT_EQ(empty.create(bob.account, {1}, {}).error(), Error::invalid);
  EXPECT_EQ(bob.holder.create(bob.account, {1}, std::array{suite}).error(), Error::has_identity);
  EXPECT_EQ(bob.holder.generate_batch(crypto::SuiteId::standard, 1, start_time).error(), Error::unsupported);
  EXPECT_EQ(bob.holder.import_state(bob.holder.export_state()).error(), Error::has_identity);
}

TEST_F(Holder, DamagedStateIsRefusedWhole) {
  const auto good = bob.holder.export_state();
  for (std::size_t item = 0; item < good.size(); ++item) {
    const auto size = good[item].value.size();
    for (const std::size_t kept : {std::size_t{0}, size / 2, size - 1}) {
      auto items = bob.holder.export_state();
      items[item].value = SecretBytes(good[item].value.view().first(kept));
      SoftwareKeyHolder holder(other_rng);
      EXPECT_EQ(holder.import_state(items).error(), Error::damaged_state);
      EXPECT_EQ(holder.public_identity().error(), Error::no_identity);
    }
  }
}

// One hundred pairs and the keys of every suite stay well inside the locked arena.
TEST_F(Holder, FitsTheLockedArena) {
  crypto::SeededRng rng(5);
  SoftwareKeyHolder holder(rng);
  const auto before = LockedArena::instance().in_use();
  must(holder.create(alice.account, {1}, test::built_in_suites()));
  must(holder.generate_batch(suite, pqxdh::default_batch_size, start_time));
  EXPECT_LT(LockedArena::instance().in_use() - before, 64U << 10);
}

}  // namespace
}  // namespace pqc::keys
