#include "protocol/mls/secret_tree.h"
#include "support.h"
#include "support/thread_executor.h"

namespace pqc::mls::testing {
namespace {

class EverySuite : public ::testing::TestWithParam<std::uint16_t> {
 protected:
  World world_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Group, EverySuite, ::testing::Values(1, 2, 3, 4, 5, 6, 7, 83, 87, 0xF001, 0xF002));

TEST_P(EverySuite, LivesAWholeLife) {
  Room room(world_, 5);
  CommitOptions empty;
  room.commit(3, empty);
  room.expect_agreement();
  // An update and a remove, proposed by others, committed by a third.
  auto update = room[1].propose_update(std::nullopt, {}, world_.environment);
  ASSERT_TRUE(update);
  room.deliver(1, *update);
  auto remove = room[2].propose({Remove{room[4].self()}}, {WireFormat::public_message, {}, 0}, world_.environment);
  ASSERT_TRUE(remove);
  room.deliver(2, *remove);
  room.commit(0, empty);
  room.expect_agreement();
  EXPECT_FALSE(room[4].active());
  EXPECT_EQ(room[0].tree().member_count(), 4);
  const auto message = room[1].seal(as_bytes("hello"), as_bytes("public part"), 100, world_.environment);
  ASSERT_TRUE(message);
  for (std::size_t i : {0, 2, 3}) {
    const auto event = room[i].process(*message, world_.environment);
    ASSERT_TRUE(event);
    const auto& received = std::get<ApplicationReceived>(*event);
    EXPECT_EQ(as_text(received.data), "hello");
    EXPECT_EQ(as_text(received.authenticated_data), "public part");
    EXPECT_EQ(received.sender, room[1].self());
    EXPECT_EQ(room[i].process(*message, world_.environment).error(), Error::replayed);
  }
  EXPECT_FALSE(room[4].process(*message, world_.environment));
}

TEST_P(EverySuite, StateComesBackFromItsEncoding) {
  Room room(world_, 3);
  ASSERT_TRUE(room[1].propose_update(std::nullopt, {}, world_.environment));
  for (auto& member : room.all()) {
    const auto encoded = copy_of(member);
    auto again = Group::parse(encoded);
    ASSERT_TRUE(again);
    EXPECT_EQ(copy_of(*again), encoded);
  }
  EXPECT_FALSE(Group::parse({}));
}

TEST_P(EverySuite, JoinsByExternalCommitAndResyncs) {
  world_.environment.external_commits = ExternalCommits::all;
  Room room(world_, 3);
  const auto info = room[2].group_info(true, world_.environment);
  const auto who = world_.identity("outsider");
  auto joined = join_external(*info, who, {}, world_.environment);
  ASSERT_TRUE(joined) << to_string(joined.error());
  room.deliver(9, joined->message);
  EXPECT_TRUE(same_epoch(room[0], joined->group));
  // The same client comes back with its old leaf replaced.
  ExternalJoinOptions options;
  options.replaces = joined->group.self();
  const auto again_info = room[0].group_info(true, world_.environment);
  auto again =
      join_external(*again_info, {who.credential, world_.identity("outsider").signer, {}}, options, world_.environment);
  ASSERT_TRUE(again) << to_string(again.error());
  room.deliver(9, again->message);
  EXPECT_TRUE(same_epoch(room[1], again->group));
  const auto gone = joined->group.process(again->message, world_.environment);
  ASSERT_TRUE(gone);
  EXPECT_TRUE(std::get<CommitReceived>(*gone).removed);
}

TEST_P(EverySuite, ChecksNewcomersOnSeveralThreads) {
  const test::ThreadExecutor threads(3);
  auto spread = world_.environment;
  spread.executor = &threads;
  auto first = world_.create("first");
  std::vector<KeyPackageBundle> bundles;
  CommitOptions options;
  for (int i = 0; i < 9; ++i) {
    bundles.push_back(world_.bundle("member " + std::to_string(i)));
    options.proposals.push_back({Add{bundles.back().package}});
  }
  auto committed = first.commit(options, spread);
  ASSERT_TRUE(committed);
  const auto joined = Group::join(*committed->welcome, bundles[7], {}, spread);
  ASSERT_TRUE(joined);
  EXPECT_TRUE(same_epoch(*joined, committed->next));
  std::get<Add>(options.proposals[5].body).key_package.leaf_node.signature[2] ^= 1;
  EXPECT_EQ(first.commit(options, spread).error(), Error::refused);
}

class Group1 : public ::testing::Test {
 protected:
  World world_{suites::x25519_aes128_ed25519};
};

TEST_F(Group1, MixesExternalAndResumptionSecretsIn) {
  world_.psks.add_external("psk", Bytes(32, 5));
  Room room(world_, 3);
  const auto epoch = room[0].context().epoch;
  room.commit(1, {});
  PreSharedKeyId external, resumption;
  external.psk_id = to_bytes(as_bytes("psk"));
  external.nonce = Bytes(32, 3);
  resumption.type = PskType::resumption;
  resumption.group_id = room[0].context().group_id;
  resumption.epoch = epoch;
  resumption.nonce = external.nonce;
  CommitOptions options;
  options.proposals = {{PreSharedKey{external}}, {PreSharedKey{resumption}}};
  options.force_path = false;
  room.commit(2, options);
  room.expect_agreement();
  EXPECT_EQ(room[0].context().epoch.value, 3);
  resumption.usage = PskUsage::branch;
  options.proposals = {{PreSharedKey{resumption}}};
  EXPECT_EQ(room[0].commit(options, world_.environment).error(), Error::invalid_list);
  external.psk_id = {1};
  options.proposals = {{PreSharedKey{external}}};
  EXPECT_EQ(room[0].commit(options, world_.environment).error(), Error::unknown_psk);
}

TEST_F(Group1, ExternalSendersPropose) {
  const auto service = world_.identity("service");
  const Extension senders{extension_type::external_senders,
                          encode(ExternalSenders{{{to_bytes(service.signer->public_key()), service.credential}}})};
  auto first = world_.create("member 0", {senders});
  const auto newcomer = world_.bundle("newcomer");
  const auto& context = first.context();
  const auto proposal = propose_external(world_.suite, context.group_id, context.epoch, {Add{newcomer.package}}, 0,
                                         *service.signer, world_.rng);
  const auto proposed = first.process(*proposal, world_.environment);
  ASSERT_TRUE(proposed);
  const auto asked = world_.bundle("asks");
  const auto own = propose_own_add(world_.suite, context.group_id, context.epoch, asked, world_.rng);
  const auto asks = first.process(*own, world_.environment);
  ASSERT_TRUE(asks);
  const auto forged = propose_external(world_.suite, context.group_id, context.epoch, {Remove{LeafIndex{0}}}, 0,
                                       *world_.identity("other").signer, world_.rng);
  EXPECT_EQ(first.process(*forged, world_.environment).error(), Error::refused);
  CommitOptions options;
  options.named = {std::get<ProposalReceived>(*proposed).ref, std::get<ProposalReceived>(*asks).ref};
  auto committed = first.commit(options, world_.environment);
  ASSERT_TRUE(committed);
  auto joined = Group::join(*committed->welcome, newcomer, {}, world_.environment);
  auto other = Group::join(*committed->welcome, asked, {}, world_.environment);
  ASSERT_TRUE(joined && other);
  EXPECT_TRUE(same_epoch(committed->next, *joined));
  EXPECT_TRUE(same_epoch(*other, *joined));
}

TEST_F(Group1, ReinitialisesAndBranches) {
  Room room(world_, 3);
  std::vector<KeyPackageBundle> bundles;
  for (std::size_t i = 1; i < 3; ++i) bundles.push_back(world_.bundle("member " + std::to_string(i)));
  const std::vector packages{bundles[0].package, bundles[1].package};
  auto branch = continue_group(room[0], PskUsage::branch, {7}, world_.identity("member 0"), forever,
                               {bundles[0].package}, world_.environment);
  world_.psks.add_resumption(room[0]);
  branch = continue_group(room[0], PskUsage::branch, {7}, world_.identity("member 0"), forever, {bundles[0].package},
                          world_.environment);
  ASSERT_TRUE(branch) << to_string(branch.error());
  EXPECT_TRUE(Group::join(*branch->welcome, bundles[0], {{}, &room[1]}, world_.environment));
  EXPECT_FALSE(Group::join(*branch->welcome, bundles[0], {}, world_.environment));
  CommitOptions options;
  options.proposals = {{ReInit{{9}, protocol_version, 3, {}}}};
  room.commit(1, options);
  EXPECT_FALSE(room[0].active());
  EXPECT_FALSE(room[0].seal({}, {}, 0, world_.environment));
  world_.psks.add_resumption(room[0]);
  World next(3, 9);
  next.psks = world_.psks;
  std::vector<KeyPackageBundle> new_bundles;
  for (std::size_t i = 1; i < 3; ++i) new_bundles.push_back(next.bundle("member " + std::to_string(i)));
  auto continued = continue_group(room[0], PskUsage::reinit, {}, next.identity("member 0"), forever,
                                  {new_bundles[0].package, new_bundles[1].package}, next.environment);
  ASSERT_TRUE(continued) << to_string(continued.error());
  auto joined = Group::join(*continued->welcome, new_bundles[1], {{}, &room[2]}, next.environment);
  ASSERT_TRUE(joined) << to_string(joined.error());
  EXPECT_TRUE(same_epoch(continued->next, *joined));
}

TEST_F(Group1, RefusesWhatTheRulesForbid) {
  Room room(world_, 4);
  const auto refused = [&](Proposal proposal, std::size_t by = 0) {
    CommitOptions options;
    options.proposals = {std::move(proposal)};
    return room[by].commit(options, world_.environment).error();
  };
  EXPECT_EQ(refused({Remove{room[0].self()}}), Error::invalid_list);
  EXPECT_EQ(refused({Remove{LeafIndex{99}}}), Error::invalid_list);
  EXPECT_EQ(refused({ExternalInit{{1}}}), Error::invalid_list);
  EXPECT_EQ(refused({Add{world_.bundle("member 2").package}}), Error::invalid_list);
  EXPECT_EQ(refused({Add{world_.bundle("evil").package}}), Error::credential);
  auto package = world_.bundle("x").package;
  package.leaf_node.lifetime.not_after = 5;
  EXPECT_EQ(refused({Add{package}}), Error::invalid_leaf);
  package = world_.bundle("x").package;
  package.signature[3] ^= 1;
  EXPECT_EQ(refused({Add{package}}), Error::refused);
  package = World(3).bundle("x").package;
  EXPECT_EQ(refused({Add{package}}), Error::invalid_leaf);
  const Extension required{extension_type::required_capabilities, encode(RequiredCapabilities{{0x1234}, {}, {}})};
  EXPECT_EQ(refused({GroupContextExtensions{{required}}}), Error::invalid_leaf);
  EXPECT_EQ(refused({GroupContextExtensions{{{0x1234, {}}}}}), Error::invalid_leaf);
  CommitOptions twice;
  twice.proposals = {{Remove{room[2].self()}}, {Remove{room[2].self()}}};
  EXPECT_EQ(room[0].commit(twice, world_.environment).error(), Error::invalid_list);
}

TEST_F(Group1, ChangesCredentialsKeysAndExtensions) {
  Room room(world_, 3);
  CommitOptions options;
  options.identity = Identity{room[1].tree().leaf(room[1].self())->credential, world_.identity("").signer, {}};
  room.commit(1, options);
  room.commit(1, {});
  CommitOptions extensions;
  extensions.proposals = {{GroupContextExtensions{
      {{extension_type::required_capabilities, encode(RequiredCapabilities{{}, {}, {credential_type::basic}})}}}}};
  room.commit(2, extensions);
  room.expect_agreement();
  EXPECT_EQ(room[0].context().extensions.size(), 1);
  options.identity->credential.identity = to_bytes(as_bytes("someone else"));
  auto committed = room[1].commit(options, world_.environment);
  ASSERT_TRUE(committed);
  EXPECT_EQ(room[0].process(committed->message, world_.environment).error(), Error::credential);
}

TEST_F(Group1, ChoosesAmongConflictingProposals) {
  Room room(world_, 4);
  for (int i = 0; i < 2; ++i) {
    room.deliver(1, room[1].propose_update(std::nullopt, {}, world_.environment).value());
    room.deliver(3, room[3].propose_update(std::nullopt, {}, world_.environment).value());
  }
  room.deliver(2, room[2].propose({Remove{room[3].self()}}, {}, world_.environment).value());
  room.deliver(2, room[2].propose({Remove{room[0].self()}}, {}, world_.environment).value());
  EXPECT_EQ(room[0].pending_proposals(), 6);
  room.commit(0, {});
  room.expect_agreement();
  EXPECT_FALSE(room[3].active());
  EXPECT_TRUE(room[0].active());
}

// RFC 9420 §9: O(log n) for a sender's first key, and the same for every later one.
TEST(SecretTreeCost, OnlyTheFirstKeyOfASenderGoesDownTheTree) {
  const auto& suite = *find_suite(suites::x25519_aes128_ed25519);
  SecretTree tree(suite, 1024, SecretBytes(32));
  auto first = tree.look_up({5}, RatchetKind::application, {0});
  EXPECT_EQ(first->siblings.size(), 10);
  tree.accept(std::move(*first));
  const auto later = tree.look_up({5}, RatchetKind::application, {1});
  EXPECT_TRUE(later->siblings.empty() && !later->fresh);
  const auto neighbour = tree.look_up({4}, RatchetKind::application, {0});
  EXPECT_TRUE(neighbour->siblings.empty() && neighbour->fresh);
}

}  // namespace
}  // namespace pqc::mls::testing
