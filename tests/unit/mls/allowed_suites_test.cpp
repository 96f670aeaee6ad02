// The cipher suites that the application allows, wherever a suite comes in; and a signature key is of its suite.
#include "support.h"

namespace pqc::mls::testing {
namespace {

class Suites : public ::testing::Test {
 protected:
  static constexpr std::uint16_t product = suites::x_wing_aes256_ml_dsa_87, classical = suites::x25519_aes128_ed25519;

  World world_{classical, 4};
  // As the product has it, whatever the world allows.
  Environment strict_{world_.policy, world_.psks, world_.rng, 1000};
};

TEST_F(Suites, TheProductHasOne) {
  EXPECT_EQ(strict_.allowed_suites, std::vector{product});
}

TEST_F(Suites, Threat9NoGroupBeginsInAnother) {
  const auto who = world_.identity("one");
  EXPECT_EQ(Group::create(world_.suite, {1}, who, forever, {}, strict_).error(), Error::not_allowed);
  EXPECT_TRUE(Group::create(world_.suite, {1}, who, forever, {}, world_.environment));
}

TEST_F(Suites, Threat9NobodyJoinsAnother) {
  auto group = world_.create("one");
  const auto bundle = world_.bundle("two");
  CommitOptions options;
  options.proposals = {{Add{bundle.package}}};
  const auto welcome = group.commit(options, world_.environment)->welcome.value();
  EXPECT_EQ(Group::join(welcome, bundle, {}, strict_).error(), Error::not_allowed);
  EXPECT_TRUE(Group::join(welcome, bundle, {}, world_.environment));
  const auto info = group.group_info(true, world_.environment).value();
  EXPECT_EQ(join_external(info, world_.identity("three"), {}, strict_).error(), Error::not_allowed);
  EXPECT_TRUE(join_external(info, world_.identity("three"), {}, world_.environment));
}

TEST_F(Suites, Threat9NoReInitLeadsToAnother) {
  Room room(world_, 2);
  const auto reinit_to = [](std::uint16_t suite) { return Proposal{ReInit{{9}, protocol_version, suite, {}}}; };
  const auto commits = [&](std::uint16_t suite) {
    CommitOptions options;
    options.proposals = {reinit_to(suite)};
    return Group::parse(copy_of(room[0]))->commit(options, world_.environment);
  };
  EXPECT_EQ(commits(999).error(), Error::unknown_suite);
  const auto before = copy_of(room[1]);
  EXPECT_EQ(room[1].process(commits(classical)->message, strict_).error(), Error::not_allowed);
  const auto proposal = Group::parse(copy_of(room[0]))->propose(reinit_to(3), {}, world_.environment).value();
  EXPECT_EQ(room[1].process(proposal, strict_).error(), Error::not_allowed);
  EXPECT_EQ(room[1].propose(reinit_to(3), {}, strict_).error(), Error::not_allowed);
  EXPECT_EQ(copy_of(room[1]), before);
  EXPECT_TRUE(room[1].process(commits(product)->message, strict_));
}

TEST_F(Suites, Threat9NoGroupContinuesInAnother) {
  Room room(world_, 2);
  const auto continues = [&](PskUsage usage, const Environment& environment) {
    return continue_group(room[0], usage, {7}, world_.identity("member 0"), forever, {}, environment);
  };
  world_.psks.add_resumption(room[0]);
  EXPECT_EQ(continues(PskUsage::branch, strict_).error(), Error::not_allowed);
  EXPECT_TRUE(continues(PskUsage::branch, world_.environment));
  CommitOptions options;
  options.proposals = {{ReInit{{9}, protocol_version, classical, {}}}};
  room.commit(0, options);
  world_.psks.add_resumption(room[0]);
  EXPECT_EQ(continues(PskUsage::reinit, strict_).error(), Error::not_allowed);
  EXPECT_TRUE(continues(PskUsage::reinit, world_.environment));
}

TEST_F(Suites, ASignatureKeyIsOfItsSuite) {
  const World other(product);
  auto who = world_.identity("one"), wrong = who;
  wrong.signer =
      std::make_shared<const SignatureKey>(SignatureKey::generate(SignatureScheme::ml_dsa_87, world_.rng).value());
  EXPECT_EQ(Group::create(other.suite, {1}, who, forever, {}, strict_).error(), Error::invalid_leaf);
  EXPECT_TRUE(Group::create(other.suite, {1}, wrong, forever, {}, strict_));
  EXPECT_EQ(make_key_package(world_.suite, wrong, forever, {}, world_.rng).error(), Error::invalid_leaf);
  auto group = world_.create("one");
  auto bundle = world_.bundle("two");
  CommitOptions options;
  options.proposals = {{Add{bundle.package}}};
  const auto welcome = group.commit(options, world_.environment)->welcome.value();
  bundle.signer = wrong.signer;
  EXPECT_EQ(Group::join(welcome, bundle, {}, world_.environment).error(), Error::invalid_leaf);
  const auto info = group.group_info(true, world_.environment).value();
  EXPECT_EQ(join_external(info, wrong, {}, world_.environment).error(), Error::invalid_leaf);
  options = {};
  options.identity = wrong;
  EXPECT_EQ(group.commit(options, world_.environment).error(), Error::invalid_leaf);
}

}  // namespace
}  // namespace pqc::mls::testing
