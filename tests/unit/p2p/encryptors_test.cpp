// The kinds of encryption between two sides in memory: what they agree on, and what they refuse.
#include <deque>

#include <gtest/gtest.h>

#include "keys/limits.h"
#include "p2p/local_identity.h"
#include "p2p/registry.h"
#include "support/person.h"
#include "support/temporary_folder.h"

namespace pqc::p2p {
namespace {

using test::must;

struct Side {
  Side(std::string the_name, std::uint64_t seed, std::span<const crypto::SuiteId> suites)
      : name(the_name), rng(seed), holder(rng) {
    const auto account = must(p2p_account(name));
    const auto made = must(holder.create(account, p2p_device, suites));
    record.emplace(
        must(identity::verify(must(holder.sign_record(test::first_record(made))), account, test::start_time)));
  }

  Party party(crypto::Level level) {
    return {.name = name, .record = *record, .keys = holder, .minimum_level = level, .clock = clock, .rng = rng};
  }

  std::string name;
  crypto::SeededRng rng;
  keys::SoftwareKeyHolder holder;
  ManualClock clock{test::start_time};
  std::optional<identity::VerifiedRecord> record;
};

using Mangle = std::function<void(Bytes& frame)>;
const Mangle untouched = [](Bytes&) {};

struct Pair {
  Pair(const EncryptionKind& kind, Side& alice, Side& bob, crypto::Level level = crypto::Level::quantum_resistant)
      : initiator(kind.prepare(alice.party(level)).value()()), responder(kind.prepare(bob.party(level)).value()()) {
    ours = {.role = Role::initiator,
            .encryption = kind.code,
            .minimum_level = level,
            .nonce = {1},
            .name = alice.name,
            .record = {},
            .key = {}};
    theirs = {.role = Role::responder,
              .encryption = kind.code,
              .minimum_level = level,
              .nonce = {2},
              .name = bob.name,
              .record = {},
              .key = {}};
    initiator->describe(ours);
    responder->describe(theirs);
  }

  // Runs both to their end; `mangle` sees every handshake frame. False as soon as one side refuses.
  bool agree(const Mangle& mangle = untouched) { return begin() && finish(mangle); }
  bool begin() {
    const auto a = encode(ours);
    auto b = encode(theirs);
    auto first = initiator->begin({ours, theirs, a, b});
    if (!take(first, to_responder, a_done)) return false;
    const auto shown = changed_theirs.value_or(theirs);
    auto second = responder->begin({shown, ours, encode(shown), a});
    return take(second, to_initiator, b_done);
  }
  bool finish(const Mangle& mangle = untouched) {
    while (!to_initiator.empty() || !to_responder.empty()) {
      if (!to_responder.empty() && !deliver(*responder, to_responder, to_initiator, b_done, mangle)) return false;
      if (!to_initiator.empty() && !deliver(*initiator, to_initiator, to_responder, a_done, mangle)) return false;
    }
    return a_done && b_done;
  }

  static bool take(client::Result<Encryptor::Step>& step, std::deque<Bytes>& out, bool& done) {
    if (!step) return false;
    for (auto& frame : step->frames) out.push_back(std::move(frame));
    done = done || step->done;
    return true;
  }
  static bool deliver(Encryptor& to, std::deque<Bytes>& in, std::deque<Bytes>& out, bool& done, const Mangle& mangle) {
    auto frame = std::move(in.front());
    in.pop_front();
    mangle(frame);
    auto step = to.handshake(frame);
    return take(step, out, done);
  }

  std::unique_ptr<Encryptor> initiator, responder;
  Hello ours, theirs;
  std::optional<Hello> changed_theirs;  // what the responder believes to have sent
  std::deque<Bytes> to_initiator, to_responder;
  bool a_done = false, b_done = false;
};

constexpr std::array pq{crypto::SuiteId{3}};
constexpr std::array all_three{crypto::SuiteId{1}, crypto::SuiteId{2}, crypto::SuiteId{3}};
constexpr std::array enhanced{crypto::SuiteId{2}};

class P2pEncryption : public testing::TestWithParam<const EncryptionKind*> {
 protected:
  Side alice{"alice", 1, pq};
  Side bob{"bob", 2, pq};
};

TEST_P(P2pEncryption, CarriesBothWaysAndInOrder) {
  Pair pair(*GetParam(), alice, bob);
  ASSERT_TRUE(pair.agree());
  EXPECT_EQ(pair.initiator->peer().name, "bob");
  EXPECT_EQ(pair.responder->peer().name, "alice");
  for (int turn = 0; turn < 3; ++turn) {
    for (const std::string_view text : {"one", "two"}) {
      const auto there = pair.initiator->seal(as_bytes(text)).value();
      EXPECT_EQ(as_text(pair.responder->open(there).value()), text);
      const auto back = pair.responder->seal(as_bytes(text)).value();
      EXPECT_EQ(as_text(pair.initiator->open(back).value()), text);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, P2pEncryption, testing::ValuesIn(encryptions().begin(), encryptions().end()),
                         [](const auto& kind) { return std::string(kind.param->name); });

class P2pSealed : public P2pEncryption {};

TEST_P(P2pSealed, Threat13ReplayReflectionAndDamageAreRefused) {
  Pair pair(*GetParam(), alice, bob);
  ASSERT_TRUE(pair.agree());
  const auto sealed = pair.initiator->seal(as_bytes("once")).value();
  EXPECT_FALSE(pair.initiator->open(sealed));
  auto damaged = sealed;
  damaged.back() ^= 1;
  EXPECT_FALSE(pair.responder->open(damaged));
  ASSERT_TRUE(pair.responder->open(sealed));
  EXPECT_FALSE(pair.responder->open(sealed));
}

TEST_P(P2pSealed, Threat13WhatWasLeftOutOrMovedIsNoticed) {
  Pair moved(*GetParam(), alice, bob);
  ASSERT_TRUE(moved.agree());
  const auto first = moved.initiator->seal(as_bytes("first")).value();
  const auto second = moved.initiator->seal(as_bytes("second")).value();
  EXPECT_FALSE(moved.responder->open(second));

  // The last of a turn, too, once the next turn begins.
  Pair left_out(*GetParam(), alice, bob);
  ASSERT_TRUE(left_out.agree());
  static_cast<void>(left_out.initiator->seal(as_bytes("lost")).value());
  const auto answer = left_out.responder->seal(as_bytes("answer")).value();
  ASSERT_TRUE(left_out.initiator->open(answer));
  EXPECT_FALSE(left_out.responder->open(left_out.initiator->seal(as_bytes("next")).value()));
}

TEST_P(P2pSealed, ADamagedHandshakeIsRefused) {
  for (int at = 0; at < 3; ++at) {
    Pair pair(*GetParam(), alice, bob);
    int number = 0;
    EXPECT_FALSE(pair.agree([&](Bytes& frame) {
      if (number++ == at) frame[frame.size() / 2] ^= 1;
    })) << at;
  }
}

// Somebody in the middle who changes a hello: the other side's view of it differs from what was sent.
TEST_P(P2pSealed, Threat9AChangedHelloIsRefused) {
  Pair pair(*GetParam(), alice, bob);
  pair.changed_theirs = pair.theirs;
  pair.changed_theirs->minimum_level = crypto::Level::standard;
  EXPECT_FALSE(pair.agree());
}

INSTANTIATE_TEST_SUITE_P(Kinds, P2pSealed, testing::Values(&ratchet_encryption(), &rsa_encryption()),
                         [](const auto& kind) { return std::string(kind.param->name); });

TEST(P2pRatchet, BothSeeTheSameSafetyNumberAndTheBestLevel) {
  Side alice("alice", 1, all_three), bob("bob", 2, all_three);
  Pair pair(ratchet_encryption(), alice, bob, crypto::Level::standard);
  ASSERT_TRUE(pair.agree());
  EXPECT_EQ(pair.initiator->peer().comparable, pair.responder->peer().comparable);
  EXPECT_EQ(pair.initiator->peer().comparable.size(), 60U);
  EXPECT_EQ(pair.initiator->peer().suite, "pq");
  EXPECT_EQ(pair.responder->peer().level, "QUANTUM_RESISTANT");
}

TEST(P2pRatchet, Threat9ALevelBelowTheMinimumIsRefused) {
  Side alice("alice", 1, all_three), bob("bob", 2, enhanced);
  EXPECT_FALSE(Pair(ratchet_encryption(), alice, bob).agree());
  Pair lower(ratchet_encryption(), alice, bob, crypto::Level::enhanced);
  ASSERT_TRUE(lower.agree());
  EXPECT_EQ(lower.responder->peer().suite, "enhanced");
}

TEST(P2pRatchet, Threat6AnotherRecordThanTheKeysIsRefused) {
  Side alice("alice", 1, pq), bob("bob", 2, pq), mallory("alice", 3, pq);
  Pair pair(ratchet_encryption(), mallory, bob);
  // Mallory shows alice's record, whose keys she does not have.
  pair.ours.record = alice.record->encoded();
  EXPECT_FALSE(pair.agree());
}

TEST(P2pRatchet, Threat13AnOldStartIsRefused) {
  Side alice("alice", 1, pq), bob("bob", 2, pq);
  Bytes start;
  Pair first(ratchet_encryption(), alice, bob);
  int number = 0;
  ASSERT_TRUE(first.agree([&](Bytes& frame) {
    if (number++ == 1) start = frame;
  }));
  Pair second(ratchet_encryption(), alice, bob);
  number = 0;
  EXPECT_FALSE(second.agree([&](Bytes& frame) {
    if (number++ == 1) frame = start;
  }));
}

// More connections than batches are kept, each with a hello that anybody can have recorded.
TEST(P2pRatchet, Threat22HellosOfOthersPushNoOfferOut) {
  Side alice("alice", 1, pq), bob("bob", 2, pq);
  Pair honest(ratchet_encryption(), alice, bob);
  ASSERT_TRUE(honest.begin());
  for (std::size_t i = 0; i <= keys::max_batches_a_suite; ++i) {
    Pair replayed(ratchet_encryption(), alice, bob);
    ASSERT_TRUE(replayed.begin());
  }
  EXPECT_EQ(bob.holder.batches().size(), 1U);
  EXPECT_TRUE(honest.finish());
  EXPECT_TRUE(bob.holder.batches().empty());
}

TEST(P2pRatchet, OneselfIsRefused) {
  Side alice("alice", 1, pq);
  EXPECT_FALSE(Pair(ratchet_encryption(), alice, alice).agree());
}

TEST(P2pRatchet, AnExpiredRecordIsRefused) {
  Side alice("alice", 1, pq), bob("bob", 2, pq);
  bob.clock.advance(identity::record_lifetime + std::chrono::hours(1));
  EXPECT_FALSE(Pair(ratchet_encryption(), alice, bob).agree());
}

TEST(P2pKinds, SayWhereTheyAreNotQuantumSafe) {
  for (const auto* kind : encryptions()) {
    EXPECT_EQ(kind->quantum_safe, kind->label.find("not quantum-safe") == std::string_view::npos) << kind->name;
    EXPECT_EQ(find_encryption(kind->code), kind);
    EXPECT_EQ(find_encryption(kind->name), kind);
  }
  EXPECT_EQ(find_encryption("rot13"), nullptr);
  EXPECT_FALSE(no_encryption().consent.empty());
}

TEST(P2pIdentity, IsMadeOnceAndRenewedAtHalfOfItsLife) {
  const test::TemporaryFolder folder;
  const auto file = folder.path("identity");
  crypto::SeededRng rng(5);
  keys::SoftwareKeyHolder holder(rng);
  const auto made = LocalIdentity::create(holder, file, "alice", pq, test::start_time);
  ASSERT_TRUE(made);
  EXPECT_EQ(LocalIdentity::create(holder, file, "alice", pq, test::start_time).error().code,
            ExitCode::already_registered);
  const auto same = LocalIdentity::load(holder, file, test::start_time + std::chrono::days(1));
  ASSERT_TRUE(same);
  EXPECT_EQ(same->record().version().value, 1U);
  const auto later = test::start_time + std::chrono::days(40);
  const auto renewed = LocalIdentity::load(holder, file, later);
  ASSERT_TRUE(renewed);
  EXPECT_EQ(renewed->record().version().value, 2U);
  EXPECT_TRUE(identity::verify(renewed->record().encoded(), must(p2p_account("alice")), later));
  EXPECT_EQ(identity_hash(renewed->record()), identity_hash(made->record()));
  EXPECT_EQ(LocalIdentity::create(holder, folder.path("other"), "No", pq, later).error().code, ExitCode::invalid_name);
}

}  // namespace
}  // namespace pqc::p2p
