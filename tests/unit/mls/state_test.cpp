// Frozen states of version 1 (data/state-v1*.txt): they are read, and come back as the same bytes. A change of the form
// shows here; it needs a new version number, not new data.
#include <fstream>
#include <functional>
#include <ostream>
#include <string>

#include "support.h"

namespace pqc::mls::testing {
namespace {

// The second of three members: an update of its own waits, and it has passed over a message of the first.
Group waiting() {
  World world(suites::x25519_aes128_ed25519, 1);
  Room room(world, 3);
  room.commit(2, {});
  std::ignore = room[0].seal(as_bytes("lost"), {}, 0, world.environment);
  const auto second = room[0].seal(as_bytes("read"), {}, 0, world.environment);
  EXPECT_TRUE(room[1].process(*second, world.environment));
  EXPECT_TRUE(room[1].propose_update(std::nullopt, {}, world.environment));
  return std::move(room[1]);
}

// The last of four, which the first removed.
Group removed() {
  World world(suites::x25519_aes128_ed25519, 2);
  Room room(world, 4);
  CommitOptions options;
  options.proposals = {{Remove{room[3].self()}}};
  room.commit(0, options);
  return std::move(room[3]);
}

// One of two, whose group is to continue with another suite, after an epoch with extensions.
Group reinitialised() {
  World world(suites::x25519_aes128_ed25519, 3);
  Room room(world, 2);
  CommitOptions options;
  options.proposals = {{GroupContextExtensions{
      {{extension_type::required_capabilities, encode(RequiredCapabilities{{}, {}, {credential_type::basic}})}}}}};
  room.commit(0, options);
  options.proposals = {{ReInit{{9}, protocol_version, suites::x_wing_aes256_ml_dsa_87, {}}}};
  room.commit(1, options);
  return std::move(room[0]);
}

struct Frozen {
  const char* file;
  std::function<Group()> make;
  std::size_t pending;
  std::uint64_t epoch;
  bool active;
  bool reinit;
};

void PrintTo(const Frozen& frozen, std::ostream* out) {
  *out << frozen.file;
}

class State : public ::testing::TestWithParam<Frozen> {};
INSTANTIATE_TEST_SUITE_P(Version1, State,
                         ::testing::Values(Frozen{"state-v1.txt", waiting, 1, 2, true, false},
                                           Frozen{"state-v1-removed.txt", removed, 0, 1, false, false},
                                           Frozen{"state-v1-reinitialised.txt", reinitialised, 0, 3, false, true}),
                         [](const auto& tested) { return "Case" + std::to_string(tested.index); });

TEST_P(State, IsReadAsItWas) {
  std::ifstream in(std::string(PQC_MLS_DATA "/") + GetParam().file);
  std::string text;
  ASSERT_TRUE(std::getline(in, text));
  EXPECT_EQ(to_hex(copy_of(GetParam().make())), text);
  const auto stored = from_hex(text);
  ASSERT_TRUE(stored);
  const auto group = Group::parse(*stored);
  ASSERT_TRUE(group);
  EXPECT_EQ(copy_of(*group), *stored);
  EXPECT_EQ(group->pending_proposals(), GetParam().pending);
  EXPECT_EQ(group->context().epoch.value, GetParam().epoch);
  EXPECT_EQ(group->active(), GetParam().active);
  EXPECT_EQ(group->reinit().has_value(), GetParam().reinit);
}

}  // namespace
}  // namespace pqc::mls::testing
