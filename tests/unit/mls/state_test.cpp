// A frozen state of version 1 (data/state-v1.txt): it is read, and comes back as the same bytes. A change of the form
// shows here; it needs a new version number, not new data.
#include <fstream>
#include <sstream>
#include <string>

#include "support.h"

namespace pqc::mls::testing {
namespace {

// The second of three members: an update of its own waits, and it has passed over a message of the first.
Group frozen() {
  World world(suites::x25519_aes128_ed25519, 1);
  Room room(world, 3);
  room.commit(2, {});
  std::ignore = room[0].seal(as_bytes("lost"), {}, 0, world.environment);
  const auto second = room[0].seal(as_bytes("read"), {}, 0, world.environment);
  EXPECT_TRUE(room[1].process(*second, world.environment));
  EXPECT_TRUE(room[1].propose_update(std::nullopt, {}, world.environment));
  return std::move(room[1]);
}

TEST(State, Version1IsReadAsItWas) {
  std::ifstream in(PQC_MLS_DATA "/state-v1.txt");
  std::string text;
  ASSERT_TRUE(std::getline(in, text));
  EXPECT_EQ(to_hex(copy_of(frozen())), text);
  const auto stored = from_hex(text);
  ASSERT_TRUE(stored);
  const auto group = Group::parse(*stored);
  ASSERT_TRUE(group);
  EXPECT_EQ(copy_of(*group), *stored);
  EXPECT_EQ(group->pending_proposals(), 1);
  EXPECT_EQ(group->context().epoch, Epoch{2});
}

}  // namespace
}  // namespace pqc::mls::testing
