// What strangers, a hostile relay and a hostile peer may try (docs/THREAT-MODEL.md rows 5, 11, 12, 13).
#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "crypto/aead.h"
#include "protocol/ratchet/layout.h"
#include "protocol/ratchet/limits.h"
#include "support.h"

namespace pqc::ratchet {
namespace {

using namespace testing;

class Hostile : public ::testing::Test {
 protected:
  crypto::SeededRng rng_{3};
};

TEST_F(Hostile, EveryDamagedByteIsRefusedAndLeavesTheStateAsItWas) {
  for (const auto& suite : crypto::all_suites()) {
    auto [alice, bob] = make_talking_pair(suite, rng_);
    const auto skipped = alice.send("late", rng_);
    const auto message = alice.send("text", rng_);
    const auto before = bob.state();
    for (std::size_t i = 0; i < message.bytes.size(); i += i < 80 || i + 80 > message.bytes.size() ? 1 : 31) {
      auto damaged = message.bytes;
      damaged[i] ^= 0x40;
      ASSERT_EQ(bob.receive(damaged).error(), Error::refused) << "byte " << i;
      ASSERT_EQ(bob.state(), before) << "byte " << i;
    }
    EXPECT_EQ(bob.receive(message), "text");
    EXPECT_EQ(bob.receive(skipped), "late");
  }
}

TEST_F(Hostile, DamagedSkippedMessageKeepsItsKey) {
  auto [alice, bob] = make_talking_pair(pq_suite(), rng_);
  const auto skipped = alice.send("late", rng_);
  ASSERT_TRUE(bob.receive(alice.send("text", rng_)));
  const auto before = bob.state();
  auto damaged = skipped.bytes;
  damaged.back() ^= 1;
  EXPECT_EQ(bob.receive(damaged).error(), Error::refused);
  EXPECT_EQ(bob.state(), before);
  EXPECT_EQ(bob.receive(skipped), "late");
}

TEST_F(Hostile, TruncatedAndLengthenedMessages) {
  auto [alice, bob] = make_talking_pair(pq_suite(), rng_);
  const auto message = alice.send("text", rng_);
  const auto before = bob.state();
  for (std::size_t size = 0; size < message.bytes.size(); size += size < 100 ? 1 : 97) {
    EXPECT_EQ(bob.receive(ByteView(message.bytes).first(size)).error(), Error::refused) << size;
  }
  auto longer = message.bytes;
  longer.push_back(0);
  EXPECT_EQ(bob.receive(longer).error(), Error::refused);
  EXPECT_EQ(bob.receive(Bytes(2 * max_text)).error(), Error::refused);
  EXPECT_EQ(bob.state(), before);
}

TEST_F(Hostile, OtherAssociatedDataIsRefused) {
  auto [alice, bob] = make_talking_pair(pq_suite(), rng_);
  const auto message = alice.send("text", rng_);
  Bytes out(message.bytes.size());
  EXPECT_EQ(bob.session.decrypt(message.bytes, as_bytes("mallory"), out).error(), Error::refused);
  EXPECT_EQ(bob.session.decrypt(message.bytes, Bytes(max_associated_data + 1), out).error(), Error::refused);
  EXPECT_TRUE(std::ranges::all_of(out, [](auto byte) { return byte == 0; }));
  EXPECT_EQ(bob.receive(message), "text");
}

// Row 13.
TEST_F(Hostile, ReflectedMessagesAreRefused) {
  auto [alice, bob] = make_talking_pair(pq_suite(), rng_);
  for (int turn = 0; turn < 3; ++turn) {
    const auto from_alice = alice.send("a", rng_);
    EXPECT_EQ(alice.receive(from_alice).error(), Error::refused);
    ASSERT_TRUE(bob.receive(from_alice));
    const auto from_bob = bob.send("b", rng_);
    EXPECT_EQ(bob.receive(from_bob).error(), Error::refused);
    ASSERT_TRUE(alice.receive(from_bob));
    EXPECT_EQ(alice.receive(from_alice).error(), Error::refused);
  }
}

// Row 13.
TEST_F(Hostile, ReplaysAreRefusedInEveryTurn) {
  auto [alice, bob] = make_talking_pair(pq_suite(), rng_);
  std::vector<Message> all;
  for (int turn = 0; turn < 4; ++turn) {
    for (int i = 0; i < 2; ++i) {
      all.push_back(alice.send("a", rng_));
      ASSERT_TRUE(bob.receive(all.back()));
      EXPECT_EQ(bob.receive(all.back()).error(), Error::duplicate);
    }
    const auto before = bob.state();
    for (const auto& message : all) EXPECT_FALSE(bob.receive(message));
    EXPECT_EQ(bob.state(), before);
    ASSERT_TRUE(alice.receive(bob.send("b", rng_)));
  }
}

TEST_F(Hostile, MessagesOfAnotherSessionAreRefused) {
  auto one = make_talking_pair(pq_suite(), rng_);
  auto two = make_talking_pair(pq_suite(), rng_);
  EXPECT_EQ(two.bob.receive(one.alice.send("text", rng_)).error(), Error::refused);
}

// The header of turn 0 under its real key, with any content: what a peer that breaks the rules can send.
class RuleBreaker {
 public:
  explicit RuleBreaker(Rng& rng) : rng_(rng) { keys_ = derive_start(pq_suite(), filled(0x11), filled(0x22)).value(); }
  Bytes message(const Header& header, ByteView part) {
    const auto layout = layout_of(pq_suite());
    Bytes out(layout.message(0, 4));
    rng_.fill(out);
    const auto sealed = ByteSpan(out).subspan(salt_size + nonce_size, layout.header(0) + tag_size);
    const auto plain = sealed.first(layout.header(0));
    EXPECT_TRUE(encode_header(header, part, plain));
    EXPECT_TRUE(crypto::seal(crypto::AeadAlg::aes_256_gcm, keys_.header[0].view(),
                             ByteView(out).subspan(salt_size, nonce_size), as_bytes(test_ad), plain, sealed));
    return out;
  }

 private:
  Rng& rng_;
  StartKeys keys_;
};

// Row 11.
TEST_F(Hostile, HugeCountersCostLittle) {
  auto [alice, bob] = make_pair(pq_suite(), rng_);
  const Bytes part(layout_of(pq_suite()).part(0));
  RuleBreaker peer(rng_);
  const auto before = bob.state();
  const auto start = std::chrono::steady_clock::now();
  for (const std::uint32_t number : {0xFFFF'FFFFu, 0xFFFF'FFFEu, 0x8000'0000u, max_jump + 1}) {
    EXPECT_EQ(bob.receive(peer.message({number, 0, {}}, part)).error(), Error::refused);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
  EXPECT_EQ(bob.state(), before);
  EXPECT_EQ(bob.session.skipped_keys(), 0u);
}

// Row 11.
TEST_F(Hostile, SkippedKeysAreBounded) {
  auto [alice, bob] = make_talking_pair(pq_suite(), rng_);
  Message first = alice.send("first", rng_);
  Message kept;
  for (std::uint32_t i = 0; i < max_jump - 1; ++i) {
    auto message = alice.send("", rng_);
    if (i == max_jump - 100) kept = std::move(message);
  }
  ASSERT_TRUE(bob.receive(alice.send("far", rng_)));  // the largest jump there may be
  EXPECT_EQ(bob.session.skipped_keys(), max_skipped_keys);
  EXPECT_EQ(bob.receive(first).error(), Error::duplicate);
  bob.restart();
  EXPECT_TRUE(bob.receive(kept));
  EXPECT_EQ(bob.session.skipped_keys(), max_skipped_keys - 1);
}

TEST_F(Hostile, JumpBeyondTheLimitIsRefused) {
  auto [alice, bob] = make_talking_pair(pq_suite(), rng_);
  for (std::uint32_t i = 0; i < max_jump + 1; ++i) (void)alice.send("", rng_);
  const auto before = bob.state();
  EXPECT_EQ(bob.receive(alice.send("too far", rng_)).error(), Error::refused);
  EXPECT_EQ(bob.state(), before);
}

TEST_F(Hostile, HeaderOfAnotherVersionIsRefused) {
  auto [alice, bob] = make_pair(pq_suite(), rng_);
  const auto message = alice.send("text", rng_);
  Bytes header(layout_of(pq_suite()).header(0));
  const Bytes part(layout_of(pq_suite()).part(0));
  ASSERT_TRUE(encode_header({}, part, header));
  ASSERT_TRUE(parse_header(layout_of(pq_suite()), 0, header));
  header[0] = 2;
  EXPECT_FALSE(parse_header(layout_of(pq_suite()), 0, header));
  EXPECT_FALSE(parse_header(layout_of(pq_suite()), 1, header));
}

// FIPS 203 §7.2: coefficients of an encapsulation key are below q.
TEST_F(Hostile, InvalidKemKeyIsRefusedOnArrival) {
  auto [alice, bob] = make_pair(pq_suite(), rng_);
  RuleBreaker peer(rng_);
  const Bytes part(layout_of(pq_suite()).part(0), 0xFF);
  const auto before = bob.state();
  EXPECT_EQ(bob.receive(peer.message({}, part)).error(), Error::refused);
  EXPECT_EQ(bob.state(), before);
}

// Row 5: a low-order point in a state that was agreed to makes the session useless, not insecure.
TEST_F(Hostile, LowOrderRatchetKeyIsRefused) {
  auto [alice, bob] = make_pair(pq_suite(), rng_);
  ASSERT_TRUE(bob.receive(alice.send("text", rng_)));
  auto state = bob.state();
  constexpr std::size_t before_phase = 1 + 2 + 1 + 1 + 8 + 64 + 32 + 32 + 4;
  std::fill_n(state.begin() + before_phase, 32, std::uint8_t{0});
  Party broken(Session::parse(state).value());
  EXPECT_EQ(broken.try_send("text", rng_).error(), Error::unusable);
  EXPECT_EQ(broken.state(), state);
}

// Row 12: a copied state sends again. No key meets a nonce twice, and the receiver notices.
TEST_F(Hostile, CopiedStateRepeatsNothing) {
  auto [alice, bob] = make_talking_pair(pq_suite(), rng_);
  std::set<Bytes> salts;
  std::set<Bytes> nonces;
  std::set<AckTag> acks;
  std::vector<Message> sent;
  for (int copy = 0; copy < 8; ++copy) {
    auto restored = alice.clone();
    sent.push_back(restored.send("same text", rng_));
    const auto& bytes = sent.back().bytes;
    EXPECT_TRUE(salts.emplace(bytes.begin(), bytes.begin() + salt_size).second);
    EXPECT_TRUE(nonces.emplace(bytes.begin() + salt_size, bytes.begin() + salt_size + nonce_size).second);
    EXPECT_TRUE(acks.insert(sent.back().ack).second);
  }
  // Copies that make the same step make it with different keys: the first to arrive goes on, the others are refused.
  EXPECT_EQ(bob.receive(sent[0]), "same text");
  for (std::size_t i = 1; i < sent.size(); ++i) EXPECT_FALSE(bob.receive(sent[i]));
}

// Row 12, in the middle of a turn: same message key, other salt.
TEST_F(Hostile, RolledBackStateIsNoticed) {
  auto [alice, bob] = make_talking_pair(pq_suite(), rng_);
  ASSERT_TRUE(bob.receive(alice.send("before", rng_)));
  auto restored = alice.clone();
  const auto one = alice.send("one", rng_);
  const auto two = restored.send("two", rng_);
  EXPECT_NE(one.ack, two.ack);
  EXPECT_EQ(bob.receive(one), "one");
  EXPECT_EQ(bob.receive(two).error(), Error::duplicate);
}

// Body keys for one message key: none repeats with other salts, and both layers differ.
TEST_F(Hostile, BodyKeysDependOnTheSalt) {
  MessageKey key;
  std::set<Bytes> seen;
  for (int i = 0; i < 16; ++i) {
    const auto keys = derive_body(key, rng_.bytes<32>()).value();
    EXPECT_TRUE(seen.insert(to_bytes(keys.inner.view())).second);
    EXPECT_TRUE(seen.insert(to_bytes(keys.outer.view())).second);
  }
}

}  // namespace
}  // namespace pqc::ratchet
