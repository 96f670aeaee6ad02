// Those who are not members: what they propose waits until a member says yes, their commits are followed as far as the
// application allows it, and how much of theirs waits is bounded.
#include "forger.h"

namespace pqc::mls::testing {
namespace {

class Outsiders : public ::testing::Test {
 protected:
  // Answers the proposal as the member at `at` received it.
  ProposalReceived received(std::size_t at, ByteView message) {
    return std::get<ProposalReceived>(room_[at].process(message, world_.environment).value());
  }
  Bytes asks(const KeyPackageBundle& bundle) {
    const auto& context = room_[0].context();
    return propose_own_add(world_.suite, context.group_id, context.epoch, bundle, world_.rng).value();
  }
  ByteView published() {
    info_ = room_[0].group_info(true, world_.environment).value();
    return info_;
  }
  // What each member says to a message of the epoch; nothing happens.
  Error judged(ByteView message) {
    auto copy = Group::parse(copy_of(room_[1])).value();
    const auto event = copy.process(message, world_.environment);
    return event ? Error::backend : event.error();
  }

  World world_{suites::x25519_aes128_ed25519, 8};
  Room room_{world_, 4};
  Bytes info_;
};

TEST_F(Outsiders, Threat2WhoWasRemovedIsNotLetInByAnUpdateOfOthers) {
  CommitOptions remove;
  remove.proposals = {{Remove{LeafIndex{3}}}};
  room_.commit(0, remove);
  const auto bundle = world_.bundle("member 3");
  const auto message = asks(bundle);
  for (const std::size_t i : {0, 1, 2}) {
    const auto event = received(i, message);
    EXPECT_EQ(event.sender.type, SenderType::new_member_proposal);
    EXPECT_EQ(std::get<Add>(event.proposal.body).key_package.leaf_node, bundle.package.leaf_node);
  }
  EXPECT_FALSE(room_.commit(1, {}));
  room_.expect_agreement();
  EXPECT_EQ(room_[0].tree().member_count(), 3);
}

// The member that says yes adds by itself: others need not have the proposal.
TEST_F(Outsiders, AreLetInByAMemberThatNamesTheProposal) {
  const auto bundle = world_.bundle("new"), other = world_.bundle("other");
  const auto ref = received(0, asks(bundle)).ref;
  received(0, asks(other));
  const auto forgotten = received(1, asks(bundle)).ref;
  ASSERT_TRUE(room_[1].drop(forgotten));
  for (const bool with_the_others : {true, false}) {
    CommitOptions options;
    options.include_pending = with_the_others;
    options.named = {ref};
    const auto copy = Group::parse(copy_of(room_[0]))->commit(options, world_.environment).value();
    EXPECT_EQ(copy.next.tree().member_count(), 5);
  }
  CommitOptions options;
  options.named = {ref};
  const auto welcome = room_.commit(0, options);
  ASSERT_TRUE(welcome);
  room_.expect_agreement();
  EXPECT_TRUE(Group::join(*welcome, bundle, {}, world_.environment));
  EXPECT_EQ(Group::join(*welcome, other, {}, world_.environment).error(), Error::not_for_us);
}

TEST_F(Outsiders, Threat2WhatExternalSendersProposeWaitsToo) {
  const auto service = world_.identity("service");
  CommitOptions options;
  options.proposals = {{GroupContextExtensions{
      {{extension_type::external_senders,
        encode(ExternalSenders{{{to_bytes(service.signer->public_key()), service.credential}}})}}}}};
  room_.commit(0, options);
  const auto& context = room_[0].context();
  const auto message = propose_external(world_.suite, context.group_id, context.epoch, {Remove{LeafIndex{3}}}, 0,
                                        *service.signer, world_.rng)
                           .value();
  ProposalRef ref;
  for (std::size_t i = 0; i < 4; ++i) ref = received(i, message).ref;
  // Nor does it push out what a member proposed.
  room_.deliver(3, room_[3].propose_update(std::nullopt, {}, world_.environment).value());
  CommitOptions named;
  named.named = {ref};
  EXPECT_EQ(Group::parse(copy_of(room_[0]))->commit(named, world_.environment)->next.tree().member_count(), 3);
  room_.commit(0, {});
  EXPECT_TRUE(room_[3].active());
  EXPECT_EQ(room_[0].tree().leaf({3})->source, LeafNodeSource::update);
}

TEST_F(Outsiders, AreDroppedAndMembersAreNot) {
  const auto ref = received(0, asks(world_.bundle("new"))).ref;
  const auto message = room_[1].propose({Remove{LeafIndex{3}}}, {}, world_.environment).value();
  const auto of_member = received(0, message).ref;
  EXPECT_EQ(room_[0].drop(of_member).error(), Error::unknown_proposal);
  EXPECT_TRUE(room_[0].drop(ref));
  EXPECT_EQ(room_[0].drop(ref).error(), Error::unknown_proposal);
  EXPECT_EQ(room_[0].pending_proposals(), 1);
  CommitOptions options;
  options.named = {ref};
  EXPECT_EQ(room_[0].commit(options, world_.environment).error(), Error::unknown_proposal);
}

// Whoever holds a GroupInfo, of an old member too, can make an external commit.
TEST_F(Outsiders, Threat2ExternalCommitsAreFollowedAsFarAsAllowed) {
  const auto joins = [&](std::string_view name, std::optional<LeafIndex> replaces) {
    ExternalJoinOptions options;
    options.replaces = replaces;
    return join_external(published(), world_.identity(name), options, world_.environment)->message;
  };
  const auto stranger = joins("stranger", {}), in_place = joins("stranger", LeafIndex{3}),
             back = joins("member 3", LeafIndex{3});
  EXPECT_EQ(judged(stranger), Error::not_allowed) << "by default";
  EXPECT_EQ(judged(in_place), Error::credential);
  EXPECT_EQ(judged(back), Error::backend);
  world_.environment.external_commits = ExternalCommits::none;
  for (const auto& message : {stranger, in_place, back}) {
    EXPECT_EQ(refusal(world_, room_[1], message), Error::not_allowed);
  }
  world_.environment.external_commits = ExternalCommits::all;
  EXPECT_EQ(judged(stranger), Error::backend);
  EXPECT_EQ(judged(in_place), Error::credential);
  EXPECT_EQ(judged(back), Error::backend);
}

TEST_F(Outsiders, HaveAQuotaTogether) {
  std::vector<ProposalRef> refs;
  for (std::size_t i = 0; i < max_outside_proposals; ++i) {
    refs.push_back(received(0, asks(world_.bundle("asks " + std::to_string(i)))).ref);
  }
  const auto one_more = asks(world_.bundle("one more"));
  EXPECT_EQ(refusal(world_, room_[0], one_more), Error::limit);
  EXPECT_TRUE(
      room_[0].process(room_[1].propose_update(std::nullopt, {}, world_.environment).value(), world_.environment));
  ASSERT_TRUE(room_[0].drop(refs.front()));
  EXPECT_TRUE(room_[0].process(one_more, world_.environment));
}

class CountingPolicy final : public CredentialPolicy {
 public:
  bool accepts(const Credential&, ByteView) const override { return true; }
  bool accepts_successor(const Credential&, const Credential&) const override { return true; }
  Bytes client_of(const Credential& credential, ByteView) const override {
    ++asked;
    return mls::encode(credential);
  }
  mutable std::size_t asked = 0;
};

// Members that propose what cannot go in do not make a commit look at everybody again and again.
TEST_F(Outsiders, UselessProposalsCostOnePass) {
  for (std::size_t i = 0; i < max_pending_of_member; ++i) {
    for (const auto& [by, name] : {std::pair<std::size_t, const char*>{1, "member 3"}, {2, "new"}}) {
      const auto message = room_[by].propose({Add{world_.bundle(name).package}}, {}, world_.environment).value();
      ASSERT_TRUE(room_[0].process(message, world_.environment));
    }
    const auto psk = name_external_psk(world_.suite, {1}, world_.rng);
    const auto message = room_[3].propose({PreSharedKey{psk}}, {}, world_.environment).value();
    ASSERT_TRUE(room_[0].process(message, world_.environment));
  }
  const CountingPolicy policy;
  const Environment counted{policy, world_.psks, world_.rng, 1000};
  const auto committed = room_[0].commit({}, counted);
  ASSERT_TRUE(committed);
  EXPECT_EQ(committed->next.tree().member_count(), 5);
  const auto waiting = 2 * max_pending_of_member;
  EXPECT_LT(policy.asked, 2 * waiting);
}

}  // namespace
}  // namespace pqc::mls::testing
