// The encoding of the state: one encoding for a state, and nothing else is taken for one.
#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "protocol/ratchet/limits.h"
#include "support.h"

namespace pqc::ratchet {
namespace {

using namespace testing;

// States of every phase, with skipped keys and older chains too.
std::vector<Bytes> sample_states(const crypto::Suite& suite) {
  crypto::SeededRng rng(5);
  auto [alice, bob] = make_pair(suite, rng);
  std::vector<Bytes> states{alice.state(), bob.state()};
  for (int turn = 0; turn < 4; ++turn) {
    (void)alice.send("lost", rng);
    (void)bob.receive(alice.send("text", rng)).value();
    states.push_back(bob.state());
    (void)bob.send("lost", rng);
    (void)alice.receive(bob.send("text", rng)).value();
    states.push_back(alice.state());
    states.push_back(bob.state());
  }
  return states;
}

TEST(State, ReadsBackWhatItWrote) {
  for (const auto& suite : crypto::all_suites()) {
    for (const auto& state : sample_states(suite)) {
      const auto session = Session::parse(state);
      ASSERT_TRUE(session);
      EXPECT_EQ(to_bytes(session->encode().view()), state);
    }
  }
}

TEST(State, NoPrefixAndNoExtensionIsAState) {
  for (const auto& state : sample_states(pq_suite())) {
    for (std::size_t size = 0; size < state.size(); size += size < 300 || size + 300 > state.size() ? 1 : 53) {
      EXPECT_FALSE(Session::parse(ByteView(state).first(size)));
    }
    auto longer = state;
    longer.push_back(0);
    EXPECT_EQ(Session::parse(longer).error(), Error::bad_state);
  }
}

TEST(State, ImpossibleValuesAreRefused) {
  constexpr std::size_t version = 0, suite = 2, role = 3, phase = 4, turn_low = 12;
  for (const auto& state : sample_states(pq_suite())) {
    const auto with = [&](std::size_t at, std::uint8_t value) {
      auto changed = state;
      changed[at] = value;
      return Session::parse(changed).has_value();
    };
    EXPECT_FALSE(with(version, 2));
    EXPECT_FALSE(with(suite, 9));
    EXPECT_FALSE(with(role, 2));
    EXPECT_FALSE(with(role, state[role] ^ 1));  // the phase belongs to the other side
    EXPECT_FALSE(with(phase, 3));
    EXPECT_FALSE(with(turn_low, state[turn_low] ^ 1));
  }
}

// A state about to begin its next turn, with `turn` as the number of the one before.
Bytes due_at(std::uint64_t turn) {
  constexpr std::size_t role = 3, phase = 4, turn_begin = 5, turn_size = 8;
  for (auto state : sample_states(pq_suite())) {
    if (state[role] != 0 || state[phase] != 1) continue;
    for (std::size_t i = 0; i < turn_size; ++i) {
      state[turn_begin + i] = static_cast<std::uint8_t>(turn >> (8 * (turn_size - 1 - i)));
    }
    return state;
  }
  return {};
}

TEST(State, NoTurnComesAfterTheLast) {
  crypto::SeededRng rng(8);
  Party before(Session::parse(due_at(last_turn - 2)).value());
  EXPECT_TRUE(before.try_send("text", rng));
  Party at_the_end(Session::parse(due_at(last_turn)).value());
  const auto state = at_the_end.state();
  EXPECT_EQ(at_the_end.try_send("text", rng).error(), Error::exhausted);
  EXPECT_EQ(at_the_end.state(), state);
  EXPECT_FALSE(Session::parse(due_at(last_turn + 2)));
}

TEST(State, HasTheSpecifiedSize) {
  crypto::SeededRng rng(6);
  auto [alice, bob] = make_pair(pq_suite(), rng);
  EXPECT_EQ(bob.state().size(), 145u + 1 + 68 + 1 + 2);
  EXPECT_EQ(alice.state().size(), 145u + 68 + 32 + 64 + 1600 + 1 + 1 + 2);
}

TEST(State, LivesInLockedMemoryAndLeavesItClean) {
  auto& arena = LockedArena::instance();
  const auto before = arena.in_use();
  {
    crypto::SeededRng rng(7);
    auto [alice, bob] = make_talking_pair(pq_suite(), rng);
    (void)bob.send("lost", rng);
    EXPECT_TRUE(alice.receive(bob.send("text", rng)));
    EXPECT_GT(arena.in_use(), before);
  }
  EXPECT_EQ(arena.in_use(), before);
}

}  // namespace
}  // namespace pqc::ratchet
