// What comes from others and is not right: nothing changes.
#include <functional>

#include "protocol/mls/epoch_step.h"
#include "protocol/mls/protection.h"
#include "protocol/mls/welcome.h"
#include "support.h"

namespace pqc::mls::testing {
namespace {

class Hostile : public ::testing::TestWithParam<std::uint16_t> {
 protected:
  void expect_refused(Group& group, ByteView message) {
    const auto before = copy_of(group);
    EXPECT_FALSE(group.process(message, world_.environment));
    EXPECT_EQ(copy_of(group), before);
  }
  World world_{GetParam(), 77};
};
INSTANTIATE_TEST_SUITE_P(Suites, Hostile,
                         ::testing::Values(suites::x25519_aes128_ed25519, suites::x_wing_aes256_ml_dsa_87));

TEST_P(Hostile, ADamagedMessageLeavesTheState) {
  Room room(world_, 3);
  std::vector<Bytes> messages;
  messages.push_back(room[0].seal(as_bytes("text"), {}, 0, world_.environment).value());
  messages.push_back(room[0].propose({Remove{room[1].self()}}, {}, world_.environment).value());
  messages.push_back(
      room[0].propose({Remove{room[2].self()}}, {WireFormat::public_message, {}, 0}, world_.environment).value());
  CommitOptions open;
  open.include_pending = false;
  messages.push_back(room[0].commit(open, world_.environment)->message);
  open.framing.format = WireFormat::public_message;
  messages.push_back(room[0].commit(open, world_.environment)->message);
  for (const auto& message : messages) {
    const auto step = std::max<std::size_t>(1, message.size() / 97);
    for (std::size_t i = 0; i < message.size(); i += step) {
      auto damaged = message;
      damaged[i] ^= static_cast<std::uint8_t>(1U << (i % 8));
      expect_refused(room[1], damaged);
      expect_refused(room[1], ByteView(message).first(i));
    }
    auto longer = message;
    longer.push_back(0);
    expect_refused(room[1], longer);
  }
  // Undamaged they are taken, each once.
  ASSERT_TRUE(room[1].process(messages[0], world_.environment));
  expect_refused(room[1], messages[0]);
  ASSERT_TRUE(room[1].process(messages.back(), world_.environment));
  for (const auto& message : messages) expect_refused(room[1], message);
}

TEST_P(Hostile, ADamagedWelcomeIsRefused) {
  auto first = world_.create("first");
  const auto bundle = world_.bundle("second");
  CommitOptions options;
  options.proposals = {{Add{bundle.package}}};
  const auto committed = first.commit(options, world_.environment);
  ASSERT_TRUE(committed);
  const auto& welcome = *committed->welcome;
  for (std::size_t i = 0; i < welcome.size(); i += 1 + welcome.size() / 61) {
    auto damaged = welcome;
    damaged[i] ^= 1;
    EXPECT_FALSE(Group::join(damaged, bundle, {}, world_.environment)) << i;
  }
  EXPECT_EQ(Group::join(welcome, world_.bundle("second"), {}, world_.environment).error(), Error::not_for_us);
  EXPECT_TRUE(Group::join(welcome, bundle, {}, world_.environment));
}

TEST_P(Hostile, AStoredStateIsCheckedAsItIsRead) {
  Room room(world_, 2);
  const auto state = copy_of(room[1]);
  for (std::size_t i = 0; i < state.size(); i += 1 + state.size() / 211) {
    EXPECT_FALSE(Group::parse(ByteView(state).first(i)));
    auto damaged = state;
    damaged[i] ^= 0x40;
    std::ignore = Group::parse(damaged);
  }
}

TEST_P(Hostile, ARemovedMemberReadsNothingMore) {
  Room room(world_, 4);
  CommitOptions options;
  options.proposals = {{Remove{room[3].self()}}};
  auto stale = Group::parse(copy_of(room[3]));
  room.commit(0, options);
  const auto message = room[0].seal(as_bytes("without you"), {}, 0, world_.environment);
  const auto commit = room[0].commit({}, world_.environment);
  EXPECT_EQ(room[3].process(*message, world_.environment).error(), Error::wrong_epoch);
  expect_refused(*stale, *message);
  expect_refused(*stale, commit->message);
}

// Whoever joins from outside in a member's place must be accepted as that member, by the one it throws out too.
TEST_P(Hostile, NobodyIsRemovedByAStranger) {
  Room room(world_, 3);
  const auto info = room[0].group_info(true, world_.environment);
  ExternalJoinOptions options;
  options.replaces = room[1].self();
  const auto joined = join_external(*info, world_.identity("stranger"), options, world_.environment);
  ASSERT_TRUE(joined);
  for (auto& member : room.all()) expect_refused(member, joined->message);
  EXPECT_TRUE(room[1].active());
}

TEST(HostileTree, UnmergedLeavesOutsideTheTreeAreRefused) {
  World world(suites::x25519_aes128_ed25519);
  Room room(world, 4);
  room.commit(0, {});
  const auto good = room[0].tree().encode();
  ASSERT_TRUE(RatchetTree::decode(world.suite.hash, good)->verify_integrity());
  // A parent that names leaf 1,000 as unmerged, behind each of the four leaves.
  Bytes node{1, 2};
  append(node, mls::encode(ParentNode{Bytes(32, 1), {}, {LeafIndex{1'000}}}));
  for (std::uint32_t at = 0; at < 3; ++at) {
    Bytes body;
    for (std::uint32_t i = 0; i < 4; ++i) {
      append(body, Bytes{1, 1});
      append(body, mls::encode(*room[0].tree().leaf({i})));
      if (i < 3) append(body, i == at ? ByteView(node) : ByteView(Bytes{0}));
    }
    auto tree = RatchetTree::decode(world.suite.hash, mls::encode(body));
    ASSERT_TRUE(tree);
    EXPECT_FALSE(tree->well_formed());
    EXPECT_EQ(tree->verify_integrity().error(), Error::invalid_tree);
  }
}

TEST_P(Hostile, OfTwoCommitsOneIsTaken) {
  Room room(world_, 3);
  auto one = room[0].commit({}, world_.environment);
  auto two = room[1].commit({}, world_.environment);
  ASSERT_TRUE(one && two);
  ASSERT_TRUE(room[2].process(one->message, world_.environment));
  ASSERT_TRUE(room[1].process(one->message, world_.environment));
  room[0] = std::move(one->next);
  room.expect_agreement();
  for (auto& member : room.all()) expect_refused(member, two->message);
}

// What only a member can do wrong, the others refuse all the same.
class HostileMember : public ::testing::Test {
 protected:
  // A commit of the first member whose path was changed after it was made; signed and sealed as it should be.
  Bytes commit_with(const std::function<void(UpdatePath&)>& change) {
    auto copy = Group::parse(copy_of(room_[0])).value();
    CommitOptions options;
    options.framing.format = WireFormat::public_message;
    auto message = decode<Message>(copy.commit(options, world_.environment)->message).value();
    auto& sent = std::get<PublicMessage>(message.body);
    change(*std::get<Commit>(sent.content.body).path);
    auto& state = copy.mutable_state();
    auto again = sign_content(*state.signer, WireFormat::public_message, sent.content, state.context, world_.rng);
    again->auth.confirmation_tag = sent.auth.confirmation_tag;
    return encode(
        Message{protect_public(world_.suite, *again, state.context, state.epoch.membership_key.view()).value()});
  }
  Error refusal(ByteView message) {
    const auto before = copy_of(room_[1]);
    const auto event = room_[1].process(message, world_.environment);
    EXPECT_EQ(copy_of(room_[1]), before);
    return event ? Error::backend : event.error();
  }

  World world_{suites::x_wing_aes256_ml_dsa_87, 3};
  Room room_{world_, 4};
};

TEST_F(HostileMember, BringsAKeyThatNobodyCanEncryptTo) {
  EXPECT_EQ(refusal(commit_with(
                [](UpdatePath& path) { std::ranges::fill(path.nodes.back().encryption_key, std::uint8_t{0xFF}); })),
            Error::invalid_tree);
}

TEST_F(HostileMember, Threat5BringsAKeyWhoseClassicalHalfIsZero) {
  const auto spoil = [](Bytes& key) { std::ranges::fill(ByteSpan(key).last(32), std::uint8_t{0}); };
  EXPECT_EQ(refusal(commit_with([&](UpdatePath& path) { spoil(path.nodes.back().encryption_key); })),
            Error::invalid_tree);
  // As the key of its leaf, in a commit and in a proposal.
  auto& by = room_[0].mutable_state();
  const auto signs = [&](LeafNode& leaf) {
    ASSERT_TRUE(sign_leaf(leaf, *by.signer, by.context.group_id, by.self, world_.rng));
  };
  EXPECT_EQ(refusal(commit_with([&](UpdatePath& path) {
              spoil(path.leaf_node.encryption_key);
              signs(path.leaf_node);
            })),
            Error::invalid_leaf);
  auto leaf = *room_[0].tree().leaf(by.self);
  leaf.source = LeafNodeSource::update;
  spoil(leaf.encryption_key);
  signs(leaf);
  EXPECT_EQ(room_[0].propose({Update{leaf}}, {}, world_.environment).error(), Error::invalid_leaf);
}

TEST_F(HostileMember, BringsAKeyOfAnotherNode) {
  const auto taken = room_[1].tree().leaf({3})->encryption_key;
  EXPECT_EQ(refusal(commit_with([&](UpdatePath& path) { path.nodes.front().encryption_key = taken; })),
            Error::invalid_tree);
  EXPECT_EQ(refusal(commit_with(
                [](UpdatePath& path) { path.nodes.front().encryption_key = path.nodes.back().encryption_key; })),
            Error::invalid_tree);
}

TEST_F(HostileMember, LeavesNodesOut) {
  EXPECT_EQ(refusal(commit_with([](UpdatePath& path) { path.nodes.pop_back(); })), Error::invalid_tree);
  EXPECT_EQ(refusal(commit_with([](UpdatePath& path) { path.nodes.back().encrypted_path_secret.clear(); })),
            Error::invalid_tree);
}

TEST_F(HostileMember, KeepsItsKey) {
  const auto own = room_[1].tree().leaf({0})->encryption_key;
  EXPECT_EQ(refusal(commit_with([&](UpdatePath& path) { path.leaf_node.encryption_key = own; })), Error::invalid_leaf);
}

TEST_F(HostileMember, EntersAMultitudeOfOneClient) {
  CommitOptions options;
  for (int i = 0; i < 12; ++i) options.proposals.push_back({Add{world_.bundle("twin").package}});
  EXPECT_EQ(room_[0].commit(options, world_.environment).error(), Error::invalid_list);
}

TEST_F(HostileMember, WelcomesIntoAGroupAgainstTheRules) {
  const auto bundle = world_.bundle("newcomer");
  CommitOptions options;
  options.proposals = {{Add{bundle.package}}};
  auto committed = room_[0].commit(options, world_.environment);
  ASSERT_TRUE(committed);
  auto& inside = committed->next.mutable_state();
  const auto welcome = [&](const std::function<void(GroupInfo&)>& change) {
    auto info = make_group_info(inside, true, false, world_.rng).value();
    change(info);
    info.signature = inside.signer->sign_with_label("GroupInfoTBS", unsigned_part(info), world_.rng).value();
    const auto size = world_.suite.secret_size();
    const JoinerSecrets secrets{SecretBytes(size), welcome_secret(world_.suite, Bytes(size), Bytes(size)).value()};
    std::vector<Newcomer> newcomers;
    newcomers.push_back({&bundle.package, std::nullopt});
    const auto sealed = seal_welcome(world_.suite, info, secrets, newcomers, {}, world_.rng).value();
    const auto joined = Group::join(encode(Message{sealed}), bundle, {}, world_.environment);
    return joined ? Error::backend : joined.error();
  };
  EXPECT_EQ(welcome([](GroupInfo& info) { info.extensions.push_back(info.extensions.front()); }), Error::malformed);
  EXPECT_EQ(welcome([](GroupInfo& info) { info.group_context.tree_hash[0] ^= 1; }), Error::invalid_tree);
  EXPECT_EQ(welcome([](GroupInfo& info) { info.signer = {99}; }), Error::invalid_tree);
  EXPECT_EQ(welcome([](GroupInfo& info) { info.signer = {1}; }), Error::refused);
  EXPECT_EQ(welcome([](GroupInfo& info) { info.group_context.version = 2; }), Error::malformed);
  EXPECT_EQ(welcome([](GroupInfo& info) { info.group_context.cipher_suite = 1; }), Error::malformed);
  EXPECT_EQ(welcome([](GroupInfo& info) { info.extensions.clear(); }), Error::invalid_tree) << "without a tree";
  EXPECT_EQ(welcome([](GroupInfo& info) { info.group_context.extensions = {{0x1234, {}}}; }), Error::invalid_leaf);
  const Extension senders{
      extension_type::external_senders,
      encode(ExternalSenders{{{Bytes(32), {credential_type::basic, to_bytes(as_bytes("evil")), {}}}}})};
  EXPECT_EQ(welcome([&](GroupInfo& info) { info.group_context.extensions = {senders}; }), Error::credential);
  // Another tree, with its hash as it should be.
  const auto with_tree = [&](const std::function<void(RatchetTree&)>& change) {
    return welcome([&](GroupInfo& info) {
      auto tree = RatchetTree::decode(world_.suite.hash, info.extensions.front().data).value();
      change(tree);
      info.extensions.front().data = tree.encode();
      info.group_context.tree_hash = to_bytes(tree.root_hash());
    });
  };
  const auto blank = [](RatchetTree& tree) { tree.update({0}, LeafNode(*tree.leaf({0}))); };  // no parent hashes left
  const auto with_leaf = [&](std::uint32_t at, const std::function<void(LeafNode&)>& change, bool signs) {
    return with_tree([&](RatchetTree& tree) {
      if (at != 0) blank(tree);
      auto leaf = *tree.leaf({at});
      change(leaf);
      const auto& by = room_[at].mutable_state();
      if (signs) {
        ASSERT_TRUE(sign_leaf(leaf, *by.signer, by.context.group_id, {at}, world_.rng));
      }
      tree.set_leaf({at}, std::move(leaf));
    });
  };
  EXPECT_EQ(with_leaf(2, [](LeafNode& leaf) { leaf.signature[7] ^= 1; }, false), Error::refused);
  EXPECT_EQ(with_leaf(2, [](LeafNode& leaf) { leaf.lifetime.not_after += 1; }, false), Error::refused);
  EXPECT_EQ(with_leaf(2, [](LeafNode& leaf) { leaf.capabilities.versions.clear(); }, true), Error::invalid_leaf);
  EXPECT_EQ(with_leaf(2, [](LeafNode& leaf) { leaf.capabilities.credentials = {7}; }, true), Error::invalid_leaf);
  EXPECT_EQ(with_leaf(
                2, [](LeafNode& leaf) { leaf.credential.identity = to_bytes(as_bytes("evil")); }, true),
            Error::credential);
  EXPECT_EQ(with_leaf(
                2, [&](LeafNode& leaf) { leaf.encryption_key = room_[0].tree().leaf({1})->encryption_key; }, true),
            Error::invalid_tree);
  EXPECT_EQ(with_leaf(
                2, [&](LeafNode& leaf) { leaf.signature_key = room_[0].tree().leaf({1})->signature_key; }, false),
            Error::invalid_tree);
  EXPECT_EQ(with_leaf(
                2, [&](LeafNode& leaf) { leaf.credential = room_[0].tree().leaf({1})->credential; }, true),
            Error::invalid_tree)
      << "one client twice";
  EXPECT_EQ(with_leaf(0, [](LeafNode& leaf) { leaf.parent_hash[0] ^= 1; }, true), Error::invalid_tree);
  EXPECT_EQ(with_leaf(0, [](LeafNode& leaf) { leaf.source = LeafNodeSource::update; }, true), Error::invalid_tree);
  // The committer's path anew, with the keys that stand there but for the lowest one.
  const auto with_lowest_key = [&](const std::optional<Bytes>& key) {
    return with_tree([&](RatchetTree& tree) {
      const auto path = tree.filtered_direct_path({0});
      std::vector<Bytes> keys;
      for (const auto& step : path) keys.push_back(tree.encryption_key(step.node));
      if (key) keys.front() = *key;
      auto leaf = *tree.leaf({0});
      leaf.parent_hash = tree.set_path({0}, path, keys);
      const auto& by = room_[0].mutable_state();
      ASSERT_TRUE(sign_leaf(leaf, *by.signer, by.context.group_id, {0}, world_.rng));
      tree.set_leaf({0}, std::move(leaf));
    });
  };
  const auto size = hpke::parameters(world_.suite.hpke.kem).public_key;
  EXPECT_EQ(with_lowest_key(std::nullopt), Error::refused);
  EXPECT_EQ(with_lowest_key(Bytes(size)), Error::invalid_tree) << "a key of small order";
  EXPECT_EQ(with_lowest_key(Bytes(size - 1, 9)), Error::invalid_tree);
  EXPECT_EQ(with_tree([&](RatchetTree& tree) { tree.remove({4}); }), Error::not_for_us);
  // All rules are kept, but nobody knows the epoch of these secrets.
  EXPECT_EQ(welcome([](GroupInfo&) {}), Error::refused);
  EXPECT_EQ(with_tree([](RatchetTree&) {}), Error::refused);
  EXPECT_EQ(Group::create(world_.suite, {1}, world_.identity("x"), forever, {senders}, world_.environment).error(),
            Error::credential);
}

TEST_F(HostileMember, FindsNoEpochBehindTheLast) {
  room_[0].mutable_state().context.epoch = last_epoch;
  EXPECT_EQ(room_[0].commit({}, world_.environment).error(), Error::limit);
}

TEST(HostileJump, GenerationsAheadAreBounded) {
  const auto& suite = *find_suite(suites::x25519_aes128_ed25519);
  SecretTree tree(suite, 8, SecretBytes(32));
  EXPECT_TRUE(tree.look_up({3}, RatchetKind::application, {max_generation_jump}));
  EXPECT_EQ(tree.look_up({3}, RatchetKind::application, {max_generation_jump + 1}).error(), Error::limit);
  EXPECT_EQ(tree.look_up({3}, RatchetKind::application, {0xFFFF'FFFF}).error(), Error::refused);
  EXPECT_EQ(tree.look_up({8}, RatchetKind::application, {0}).error(), Error::refused);
  tree.accept(tree.look_up({3}, RatchetKind::application, {5}).value());
  EXPECT_EQ(tree.look_up({3}, RatchetKind::application, {5}).error(), Error::replayed);
  tree.accept(tree.look_up({3}, RatchetKind::application, {2}).value());
  EXPECT_EQ(tree.look_up({3}, RatchetKind::application, {2}).error(), Error::replayed);
  EXPECT_TRUE(tree.look_up({3}, RatchetKind::application, {4}));
  EXPECT_TRUE(tree.look_up({2}, RatchetKind::handshake, {0}));
}

}  // namespace
}  // namespace pqc::mls::testing
