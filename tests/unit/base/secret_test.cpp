#include "base/secret.h"

#include <memory>
#include <sstream>
#include <vector>

#include <gtest/gtest.h>

namespace pqc {
namespace {

struct TestKey;
using Key = Secret<TestKey, 32>;

template <class T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };
template <class T>
concept Comparable = requires(const T& a, const T& b) { a == b; };

static_assert(!std::is_copy_constructible_v<Key> && !std::is_copy_assignable_v<Key>);
static_assert(!Printable<Key> && !Printable<SecretBytes>);
static_assert(!Comparable<Key>);

TEST(Secret, IsWipedWhenItGoes) {
  alignas(Key) std::array<std::uint8_t, sizeof(Key)> memory;
  auto* key = new (memory.data()) Key();
  std::ranges::fill(key->fill(), 0xA5);
  key->~Key();
  // Read through a volatile pointer: the object is gone, the memory is ours.
  const volatile std::uint8_t* bytes = memory.data();
  for (std::size_t i = 0; i < memory.size(); ++i) EXPECT_EQ(bytes[i], 0);
}

TEST(Secret, MovingLeavesNothingBehind) {
  Key a;
  std::ranges::fill(a.fill(), 7);
  const Key b = std::move(a);
  EXPECT_EQ(a.view()[0], 0);  // NOLINT(bugprone-use-after-move): that is the point
  EXPECT_EQ(b.view()[31], 7);
  EXPECT_TRUE(b.equals(b.clone()));
  EXPECT_FALSE(b.equals(a));
}

TEST(LockedArena, GivesBackWhatItGave) {
  auto& arena = LockedArena::instance();
  const auto before = arena.in_use();
  {
    std::vector<SecretBytes> held;
    for (std::size_t i = 1; i < 300; ++i) held.emplace_back(i * 7 % 900 + 1);
    for (std::size_t i = 0; i < held.size(); i += 2) held[i] = SecretBytes();
    for (std::size_t i = 0; i < held.size(); i += 2) held[i] = SecretBytes(i + 1);
    EXPECT_GT(arena.in_use(), before);
  }
  EXPECT_EQ(arena.in_use(), before);
  // All of it is one piece again.
  const SecretBytes whole(LockedArena::arena_limit / 2);
  EXPECT_EQ(arena.overflowed(), 0u);
}

TEST(LockedArena, ServesFromTheHeapWhenFull) {
  auto& arena = LockedArena::instance();
  {
    const SecretBytes large(LockedArena::arena_limit + 1);
    EXPECT_GT(arena.overflowed(), LockedArena::arena_limit);
  }
  EXPECT_EQ(arena.overflowed(), 0u);
}

TEST(ConstantTimeEqual, ComparesAllBytes) {
  const std::array<std::uint8_t, 3> a{1, 2, 3};
  EXPECT_TRUE(constant_time_equal(a, std::array<std::uint8_t, 3>{1, 2, 3}));
  EXPECT_FALSE(constant_time_equal(a, std::array<std::uint8_t, 3>{1, 2, 4}));
  EXPECT_FALSE(constant_time_equal(a, std::array<std::uint8_t, 2>{1, 2}));
}

}  // namespace
}  // namespace pqc
