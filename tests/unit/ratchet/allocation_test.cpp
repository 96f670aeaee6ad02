// In a running turn neither sealing nor opening takes memory from the heap, as far as our own code goes: OpenSSL
// allocates with malloc, which is not counted here, the locked arena and every container of ours with operator new.
#include <gtest/gtest.h>

#include "support.h"
#include "support/counted_new.h"

namespace pqc::ratchet {
namespace {

using namespace testing;

TEST(Allocation, NoneInARunningTurn) {
  crypto::SeededRng rng(8);
  for (const auto& suite : crypto::all_suites()) {
    auto [alice, bob] = make_talking_pair(suite, rng);
    const Bytes text(200, 'x');
    Bytes message(alice.session.ciphertext_size(text.size()));
    Bytes out(message.size());
    for (int i = 0; i < 10; ++i) {
      const auto before = pqc::test_support::allocations;
      const auto arena_before = LockedArena::instance().in_use();
      const auto sent = alice.session.encrypt(text, as_bytes(test_ad), {}, rng, message);
      const auto received = bob.session.decrypt(message, as_bytes(test_ad), out);
      const auto after = pqc::test_support::allocations;
      ASSERT_TRUE(sent && received);
      if (i == 0) continue;  // the turn's own step
      EXPECT_EQ(after - before, 0u);
      EXPECT_EQ(LockedArena::instance().in_use(), arena_before);
    }
  }
}

}  // namespace
}  // namespace pqc::ratchet
