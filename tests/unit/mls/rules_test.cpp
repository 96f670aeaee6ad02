// The rules of RFC 9420 for lists of proposals, senders and commits (§6, §12.1, §12.2, §12.4), each broken by a member
// that signs what it says.
#include "forger.h"

namespace pqc::mls::testing {
namespace {

class Rules : public ::testing::Test {
 protected:
  // The first member commits these by value, and the second judges. With a path from a commit that keeps the rules;
  // without one what needs none gets as far as the confirmation tag.
  Error judged(std::vector<Proposal> proposals, bool with_path = false) {
    Commit commit;
    for (auto& proposal : proposals) commit.proposals.push_back({std::move(proposal)});
    return judged_commit(std::move(commit), with_path);
  }
  Error judged_commit(Commit commit, bool with_path) {
    if (with_path) commit.path = honest_path();
    return refusal(world_, room_[1], say(world_, room_[0], std::move(commit)));
  }
  UpdatePath honest_path() {
    auto copy = Group::parse(copy_of(room_[0])).value();
    CommitOptions options;
    options.include_pending = false;
    options.framing.format = WireFormat::public_message;
    return *commit_in(copy.commit(options, world_.environment)->message).path;
  }
  // A member proposes, and the others take it.
  ProposalRef proposed(std::size_t by, Proposal proposal) {
    const auto message = say(world_, room_[by], std::move(proposal));
    ProposalRef ref;
    for (std::size_t i = 0; i < room_.size(); ++i) {
      if (i == by) continue;
      const auto event = room_[i].process(message, world_.environment);
      EXPECT_TRUE(event) << to_string(event.error());
      if (event) ref = std::get<ProposalReceived>(*event).ref;
    }
    return ref;
  }
  Error refused_proposal(Proposal proposal) {
    return refusal(world_, room_[1], say(world_, room_[0], std::move(proposal)));
  }
  LeafNode update_leaf(std::size_t of, const std::function<void(LeafNode&)>& change = {}) {
    auto& state = room_[of].mutable_state();
    auto leaf = *room_[of].tree().leaf(room_[of].self());
    leaf.source = LeafNodeSource::update;
    leaf.lifetime = {};
    leaf.parent_hash.clear();
    leaf.encryption_key = hpke::generate_key_pair(world_.suite.hpke.kem, world_.rng)->public_key;
    if (change) change(leaf);
    EXPECT_TRUE(sign_leaf(leaf, *state.signer, state.context.group_id, room_[of].self(), world_.rng));
    return leaf;
  }
  PreSharedKeyId psk() { return name_external_psk(world_.suite, to_bytes(as_bytes("psk")), world_.rng); }

  World world_{suites::x25519_aes128_ed25519, 5};
  Room room_{world_, 4};
};

TEST_F(Rules, WhatNeedsNoPathGetsToTheConfirmationTag) {
  world_.psks.add_external("psk", Bytes(32, 1));
  EXPECT_EQ(judged({{Add{world_.bundle("new").package}}}), Error::refused);
  EXPECT_EQ(judged({{PreSharedKey{psk()}}}), Error::refused);
  EXPECT_EQ(judged({{ReInit{{1}, protocol_version, 1, {}}}}), Error::refused);
}

// RFC 9420 §12.4: an empty list, and update, remove and new extensions.
TEST_F(Rules, WhatNeedsAPathIsRefusedWithout) {
  const auto ref = proposed(2, {Update{update_leaf(2)}});
  const std::vector<Commit> all{Commit{{}, {}}, Commit{{{ref}}, {}}, Commit{{{Proposal{Remove{LeafIndex{2}}}}}, {}},
                                Commit{{{Proposal{GroupContextExtensions{}}}}, {}}};
  for (const auto& commit : all) EXPECT_EQ(judged_commit(commit, false), Error::invalid_list);
  // With one they get further.
  for (const auto& commit : all) EXPECT_NE(judged_commit(commit, true), Error::invalid_list);
}

TEST_F(Rules, ACommitterTouchesNotItself) {
  EXPECT_EQ(judged({{Remove{LeafIndex{0}}}}, true), Error::invalid_list);
  EXPECT_EQ(judged({{Update{update_leaf(0)}}}, true), Error::invalid_list);
  const auto ref = proposed(0, {Update{update_leaf(0)}});
  EXPECT_EQ(judged_commit(Commit{{{ref}}, {}}, true), Error::invalid_list);
}

TEST_F(Rules, ALeafIsUpdatedOrRemovedOnce) {
  const auto one = proposed(2, {Update{update_leaf(2)}}), other = proposed(2, {Update{update_leaf(2)}});
  const Proposal remove{Remove{LeafIndex{2}}};
  EXPECT_EQ(judged_commit(Commit{{{one}, {other}}, {}}, true), Error::invalid_list);
  EXPECT_EQ(judged_commit(Commit{{{one}, {remove}}, {}}, true), Error::invalid_list);
  EXPECT_EQ(judged({remove, remove}, true), Error::invalid_list);
}

TEST_F(Rules, NobodyIsAddedTwice) {
  const auto bundle = world_.bundle("new");
  EXPECT_EQ(judged({{Add{bundle.package}}, {Add{bundle.package}}}), Error::invalid_list);
  EXPECT_EQ(judged({{Add{bundle.package}}, {Add{world_.bundle("new").package}}}), Error::invalid_list);
  EXPECT_EQ(judged({{Add{world_.bundle("member 3").package}}}), Error::invalid_list);
  // The signature key, and the encryption key, of a member under another name.
  auto who = world_.identity("new");
  who.signer = room_[2].mutable_state().signer;
  EXPECT_EQ(judged({{Add{make_key_package(world_.suite, who, forever, {}, world_.rng)->package}}}),
            Error::invalid_list);
  auto package = bundle.package;
  package.leaf_node.encryption_key = room_[0].tree().leaf({3})->encryption_key;
  ASSERT_TRUE(sign_leaf(package.leaf_node, *bundle.signer, {}, {}, world_.rng));
  package.signature = bundle.signer->sign_with_label("KeyPackageTBS", unsigned_part(package), world_.rng).value();
  EXPECT_EQ(judged({{Add{package}}}), Error::invalid_list);
}

// RFC 9420 §12.4.3.1: a newcomer looks for keys that stand twice among parents too, so members have to.
TEST_F(Rules, NoLeafHasTheKeyOfAParent) {
  for (std::size_t i = 0; i < room_.size(); ++i) room_.commit(i, {});
  const auto taken = room_[0].tree().encryption_key(root(room_[0].tree().width()));
  const auto bundle = world_.bundle("new");
  auto package = bundle.package;
  package.leaf_node.encryption_key = taken;
  ASSERT_TRUE(sign_leaf(package.leaf_node, *bundle.signer, {}, {}, world_.rng));
  package.signature = bundle.signer->sign_with_label("KeyPackageTBS", unsigned_part(package), world_.rng).value();
  EXPECT_EQ(judged({{Add{package}}}), Error::invalid_list);
  CommitOptions options;
  options.proposals = {{Add{package}}};
  options.force_path = false;
  EXPECT_EQ(room_[2].commit(options, world_.environment).error(), Error::invalid_list);
  // An update blanks what is above it; the key of a parent beside that stays.
  const auto beside = room_[0].tree().encryption_key(NodeIndex{1});
  const auto update =
      say(world_, room_[2], Proposal{Update{update_leaf(2, [&](LeafNode& leaf) { leaf.encryption_key = beside; })}});
  for (const std::size_t i : {0, 1, 3}) EXPECT_TRUE(room_[i].process(update, world_.environment));
  ASSERT_EQ(room_[0].pending_proposals(), 1);
  room_.commit(0, {});
  EXPECT_NE(room_[0].tree().leaf({2})->encryption_key, beside) << "it is left out";
}

TEST_F(Rules, WhoIsRemovedMayComeBackInTheSameCommit) {
  CommitOptions options;
  const auto bundle = world_.bundle("member 3");
  options.proposals = {{Remove{LeafIndex{3}}}, {Add{bundle.package}}};
  const auto welcome = room_.commit(0, options);
  EXPECT_FALSE(room_[3].active());
  room_[3] = Group::join(*welcome, bundle, {}, world_.environment).value();
  room_.expect_agreement();
}

TEST_F(Rules, OnlyMembersAreRemoved) {
  for (const std::uint32_t nobody : {4U, 7U, 1'000U, 0xFFFF'FFFFU}) {
    EXPECT_EQ(judged({{Remove{LeafIndex{nobody}}}}, true), Error::invalid_list) << nobody;
    EXPECT_EQ(refused_proposal({Remove{LeafIndex{nobody}}}), Error::invalid_list) << nobody;
  }
}

TEST_F(Rules, PreSharedKeysAreNamedFreshAndForTheirUse) {
  world_.psks.add_external("psk", Bytes(32, 1));
  const auto named = psk();
  EXPECT_NE(named.nonce, psk().nonce);
  EXPECT_EQ(judged({{PreSharedKey{named}}, {PreSharedKey{named}}}), Error::invalid_list);
  auto shorter = named, longer = named;
  shorter.nonce.pop_back();
  longer.nonce.push_back(0);
  EXPECT_EQ(judged({{PreSharedKey{shorter}}}), Error::invalid_list);
  EXPECT_EQ(judged({{PreSharedKey{longer}}}), Error::invalid_list);
  const auto& context = room_[0].context();
  auto resumption = name_resumption_psk(world_.suite, context.group_id, context.epoch, world_.rng);
  EXPECT_EQ(judged({{PreSharedKey{resumption}}}), Error::refused);
  for (const auto usage : {PskUsage::reinit, PskUsage::branch}) {
    resumption.usage = usage;
    EXPECT_EQ(judged({{PreSharedKey{resumption}}}), Error::invalid_list);
    EXPECT_EQ(refused_proposal({PreSharedKey{resumption}}), Error::invalid_list);
  }
  auto unknown = psk();
  unknown.psk_id = {1};
  EXPECT_EQ(judged({{PreSharedKey{unknown}}}), Error::unknown_psk);
}

TEST_F(Rules, ReInitStandsAloneAndGoesForward) {
  const Proposal reinit{ReInit{{1}, protocol_version, 1, {}}};
  EXPECT_EQ(judged({reinit, reinit}), Error::invalid_list);
  EXPECT_EQ(judged({reinit, {Add{world_.bundle("new").package}}}), Error::invalid_list);
  EXPECT_EQ(judged({{ReInit{{1}, 0, 1, {}}}}), Error::invalid_list);
  EXPECT_EQ(judged({{ReInit{{1}, protocol_version, 1, {{7, {}}, {7, {}}}}}}), Error::invalid_list);
}

TEST_F(Rules, ExtensionsChangeOnce) {
  EXPECT_EQ(judged({{GroupContextExtensions{}}, {GroupContextExtensions{}}}, true), Error::invalid_list);
  EXPECT_EQ(judged({{GroupContextExtensions{{{5, {}}, {5, {}}}}}}, true), Error::invalid_list);
}

TEST_F(Rules, ExternalInitIsForThoseOutside) {
  EXPECT_EQ(judged({{ExternalInit{Bytes(32)}}}, true), Error::invalid_list);
  EXPECT_EQ(refused_proposal({ExternalInit{Bytes(32)}}), Error::invalid_list);
}

TEST_F(Rules, AReferenceIsToAProposalThatCame) {
  const auto ref = proposed(2, {Remove{LeafIndex{3}}});
  EXPECT_EQ(judged_commit(Commit{{{ref}, {ref}}, {}}, true), Error::invalid_list);
  EXPECT_EQ(judged_commit(Commit{{{ProposalRef{Bytes(32)}}}, {}}, true), Error::unknown_proposal);
}

// RFC 9420 §12.1.2, §7.3.
TEST_F(Rules, AnUpdateIsItsSendersOwn) {
  EXPECT_EQ(refused_proposal({Update{update_leaf(2)}}), Error::credential);
  const auto& own = room_[0].tree().leaf({0})->credential;
  EXPECT_EQ(refused_proposal({Update{update_leaf(2, [&](LeafNode& leaf) { leaf.credential = own; })}}), Error::refused)
      << "it was signed for another leaf";
  const auto with = [&](const std::function<void(LeafNode&)>& change) {
    return refused_proposal({Update{update_leaf(0, change)}});
  };
  EXPECT_EQ(with([](LeafNode& leaf) { leaf.source = LeafNodeSource::key_package; }), Error::invalid_list);
  EXPECT_EQ(with([](LeafNode& leaf) { leaf.source = LeafNodeSource::commit; }), Error::invalid_list);
  EXPECT_EQ(with([&](LeafNode& leaf) { leaf.encryption_key = room_[0].tree().leaf({0})->encryption_key; }),
            Error::invalid_list);
  EXPECT_EQ(with([](LeafNode& leaf) { leaf.encryption_key.pop_back(); }), Error::invalid_leaf);
  EXPECT_EQ(with([](LeafNode& leaf) { leaf.capabilities.cipher_suites = {3}; }), Error::invalid_leaf);
  EXPECT_EQ(with([](LeafNode& leaf) { leaf.credential.identity = {1}; }), Error::credential);
  EXPECT_EQ(with([](LeafNode& leaf) { leaf.extensions = {{0x1234, {}}}; }), Error::invalid_leaf);
}

// RFC 9420 §12.4.2: the leaf that a path brings.
TEST_F(Rules, APathBringsALeafOfItsCommitter) {
  const auto with = [&](const std::function<void(LeafNode&)>& change, const SignatureKey* signer = nullptr) {
    auto& state = room_[0].mutable_state();
    Commit commit{{}, honest_path()};
    change(commit.path->leaf_node);
    if (signer == nullptr) signer = state.signer.get();
    EXPECT_TRUE(sign_leaf(commit.path->leaf_node, *signer, state.context.group_id, {0}, world_.rng));
    return judged_commit(std::move(commit), false);
  };
  EXPECT_EQ(with([](LeafNode&) {}), Error::refused) << "control: the confirmation tag is another commit's";
  EXPECT_EQ(with([](LeafNode& leaf) { leaf.source = LeafNodeSource::update; }), Error::invalid_leaf);
  EXPECT_EQ(with([](LeafNode& leaf) { leaf.source = LeafNodeSource::key_package; }), Error::invalid_leaf);
  EXPECT_EQ(with([](LeafNode& leaf) { leaf.parent_hash[0] ^= 1; }), Error::invalid_tree);
  EXPECT_EQ(with([](LeafNode& leaf) { leaf.capabilities.versions.clear(); }), Error::invalid_leaf);
  EXPECT_EQ(with([](LeafNode& leaf) { leaf.capabilities.credentials = {credential_type::x509}; }), Error::invalid_leaf);
  EXPECT_EQ(with([](LeafNode& leaf) { leaf.credential.identity = {1}; }), Error::credential);
  EXPECT_EQ(with([](LeafNode&) {}, room_[2].mutable_state().signer.get()), Error::refused);
  const auto& other = *room_[2].mutable_state().signer;
  EXPECT_EQ(with([&](LeafNode& leaf) { leaf.signature_key = to_bytes(other.public_key()); }, &other),
            Error::invalid_list)
      << "the signature key of another member";
}

TEST_F(Rules, SignatureAndTagsAreChecked) {
  const Sender first{SenderType::member, 0};
  const auto& signer = *room_[0].mutable_state().signer;
  const Proposal remove{Remove{LeafIndex{3}}};
  EXPECT_EQ(refusal(world_, room_[1], say(world_, room_[0], first, remove, *room_[2].mutable_state().signer)),
            Error::refused);
  EXPECT_EQ(refusal(world_, room_[1],
                    say(world_, room_[0], first, remove, signer,
                        [](auto& auth) {
                          auth.signature[5] ^= 1;  // the membership tag is made over it
                        })),
            Error::refused);
  auto message = decode<Message>(say(world_, room_[0], remove)).value();
  std::get<PublicMessage>(message.body).membership_tag[0] ^= 1;
  EXPECT_EQ(refusal(world_, room_[1], encode(message)), Error::refused);
  std::get<PublicMessage>(message.body).membership_tag.clear();
  EXPECT_EQ(refusal(world_, room_[1], encode(message)), Error::refused);
  // A commit that is right in all but its confirmation tag.
  CommitOptions options;
  options.framing.format = WireFormat::public_message;
  auto copy = Group::parse(copy_of(room_[0])).value();
  const auto honest = copy.commit(options, world_.environment)->message;
  for (const auto& tag : {Bytes{}, Bytes(31), Bytes(32), Bytes(33)}) {
    EXPECT_EQ(refusal(world_, room_[1],
                      say(world_, room_[0], first, commit_in(honest), signer,
                          [&](auto& auth) { auth.confirmation_tag = tag; })),
              Error::refused);
  }
  EXPECT_TRUE(room_[1].process(honest, world_.environment));
}

// RFC 9420 §6, §12.1.8: who may say what.
TEST_F(Rules, SendersSayWhatTheyMay) {
  const auto service = world_.identity("service"), stranger = world_.identity("stranger");
  CommitOptions options;
  options.proposals = {{GroupContextExtensions{
      {{extension_type::external_senders,
        encode(ExternalSenders{{{to_bytes(service.signer->public_key()), service.credential}}})}}}}};
  room_.commit(0, options);
  const auto from = [&](Sender sender, ContentBody body, const Identity& who) {
    return refusal(world_, room_[1], say(world_, room_[0], sender, std::move(body), *who.signer));
  };
  const Sender external{SenderType::external, 0}, next_external{SenderType::external, 1},
      asking{SenderType::new_member_proposal, 0}, joining{SenderType::new_member_commit, 0},
      nobody{SenderType::member, 9};
  const Proposal remove{Remove{LeafIndex{3}}};
  EXPECT_EQ(from(external, Proposal{Update{update_leaf(2)}}, service), Error::invalid_list);
  EXPECT_EQ(from(external, Proposal{ExternalInit{Bytes(32)}}, service), Error::invalid_list);
  EXPECT_EQ(from(external, Commit{{{remove}}, honest_path()}, service), Error::refused);
  EXPECT_EQ(from(external, remove, stranger), Error::refused);
  EXPECT_EQ(from(next_external, remove, service), Error::refused);
  EXPECT_EQ(from(asking, remove, stranger), Error::refused);
  EXPECT_EQ(from(asking, Commit{{{remove}}, honest_path()}, stranger), Error::refused);
  EXPECT_EQ(from(joining, remove, stranger), Error::refused);
  EXPECT_EQ(from(joining, Commit{{{remove}}, {}}, stranger), Error::refused);
  EXPECT_EQ(from(nobody, remove, stranger), Error::refused);
  // Application data in the open, which our own side does not make.
  auto message = decode<Message>(say(world_, room_[0], remove)).value();
  std::get<PublicMessage>(message.body).content.body = ApplicationData{{1}};
  EXPECT_EQ(refusal(world_, room_[1], encode(message)), Error::refused);
  EXPECT_TRUE(room_[1].process(say(world_, room_[0], external, remove, *service.signer), world_.environment));
}

// RFC 9420 §12.2, §12.4.3.2.
class ExternalRules : public Rules {
 protected:
  ExternalRules() {
    options_.replaces = LeafIndex{3};
    world_.environment.external_commits = ExternalCommits::all;
  }

  // An external commit whose content was changed before it was signed.
  Error joins(const std::function<void(Commit&)>& change) {
    const auto info = room_[2].group_info(true, world_.environment);
    const auto joined = join_external(*info, who_, options_, world_.environment);
    EXPECT_TRUE(joined);
    auto commit = commit_in(joined->message);
    change(commit);
    return refusal(world_, room_[1],
                   say(world_, room_[0], {SenderType::new_member_commit, 0}, std::move(commit), *who_.signer));
  }

  ExternalJoinOptions options_;
  Identity who_ = world_.identity("member 3");
};

TEST_F(ExternalRules, HoldOneExternalInitAndLittleElse) {
  world_.psks.add_external("psk", Bytes(32, 1));
  const auto add = [](Proposal proposal) {
    return [proposal](Commit& commit) { commit.proposals.push_back({proposal}); };
  };
  EXPECT_EQ(joins([](Commit&) {}), Error::refused) << "control: only the confirmation tag is wrong";
  EXPECT_EQ(joins(add({PreSharedKey{psk()}})), Error::refused);
  EXPECT_EQ(joins(add({ExternalInit{Bytes(32)}})), Error::invalid_list);
  EXPECT_EQ(joins([](Commit& commit) { commit.proposals.erase(commit.proposals.begin()); }), Error::invalid_list);
  EXPECT_EQ(joins(add({Remove{LeafIndex{2}}})), Error::invalid_list);
  EXPECT_EQ(joins(add({Add{world_.bundle("new").package}})), Error::invalid_list);
  EXPECT_EQ(joins(add({GroupContextExtensions{}})), Error::invalid_list);
  EXPECT_EQ(joins(add({ReInit{{1}, protocol_version, 1, {}}})), Error::invalid_list);
  const auto ref = proposed(0, {Remove{LeafIndex{2}}});
  EXPECT_EQ(joins([&](Commit& commit) { commit.proposals.push_back({ref}); }), Error::invalid_list);
  EXPECT_EQ(joins([](Commit& commit) {
              std::get<ExternalInit>(std::get<Proposal>(commit.proposals[0].body).body).kem_output[0] ^= 1;
            }),
            Error::refused);
}

TEST_F(ExternalRules, AClientComesBackOnlyInItsOwnPlace) {
  EXPECT_EQ(joins([](Commit& commit) { commit.proposals.pop_back(); }), Error::refused)
      << "the leaf was signed for the old place";
  options_.replaces.reset();
  const auto info = room_[2].group_info(true, world_.environment);
  EXPECT_EQ(join_external(*info, who_, options_, world_.environment).error(), Error::invalid_list) << "it is still in";
  options_.replaces = LeafIndex{2};
  EXPECT_EQ(join_external(*info, who_, options_, world_.environment).error(), Error::invalid_list);
  options_.replaces = LeafIndex{9};
  EXPECT_EQ(join_external(*info, who_, options_, world_.environment).error(), Error::invalid_list);
}

TEST_F(ExternalRules, AGroupInfoIsOfOurVersionAndWhole) {
  const auto published = decode<Message>(room_[2].group_info(true, world_.environment).value()).value();
  const auto with = [&](const std::function<void(GroupInfo&)>& change) {
    auto info = std::get<GroupInfo>(published.body);
    change(info);
    info.signature =
        room_[2].mutable_state().signer->sign_with_label("GroupInfoTBS", unsigned_part(info), world_.rng).value();
    const auto joined = join_external(encode(Message{info}), who_, options_, world_.environment);
    return joined ? Error::backend : joined.error();
  };
  EXPECT_EQ(with([](GroupInfo&) {}), Error::backend);
  // An extension that we do not know is carried along.
  EXPECT_EQ(with([](GroupInfo& info) { info.extensions.push_back({0x1A1A, {1, 2}}); }), Error::backend);
  EXPECT_EQ(with([](GroupInfo& info) { info.group_context.version = 2; }), Error::malformed);
  EXPECT_EQ(with([](GroupInfo& info) { info.group_context.cipher_suite = 999; }), Error::unknown_suite);
  EXPECT_EQ(with([](GroupInfo& info) { info.group_context.cipher_suite = 3; }), Error::invalid_leaf);
  EXPECT_EQ(with([](GroupInfo& info) { info.group_context.epoch = last_epoch; }), Error::limit);
  EXPECT_EQ(with([](GroupInfo& info) { info.group_context.tree_hash[0] ^= 1; }), Error::invalid_tree);
  EXPECT_EQ(with([](GroupInfo& info) { info.signer = {1}; }), Error::refused);
  EXPECT_EQ(with([](GroupInfo& info) { info.signer = {6}; }), Error::invalid_tree);
  EXPECT_EQ(with([](GroupInfo& info) { info.extensions.pop_back(); }), Error::malformed) << "without external_pub";
  EXPECT_EQ(with([](GroupInfo& info) { info.extensions.erase(info.extensions.begin()); }), Error::invalid_tree);
  EXPECT_EQ(with([](GroupInfo& info) { info.extensions.back().data.pop_back(); }), Error::malformed);
  EXPECT_EQ(with([](GroupInfo& info) { info.extensions.back().data = encode(ExternalPub{Bytes(32)}); }),
            Error::malformed)
      << "a key that nobody can encrypt to";
}

// Whatever others propose, a member can commit: what cannot stand together is left out.
TEST_F(Rules, NoProposalKeepsOthersFromCommitting) {
  const auto proposes = [&](std::size_t by, Proposal proposal) {
    room_.deliver(by, room_[by].propose(std::move(proposal), {}, world_.environment).value());
  };
  const auto good = world_.bundle("new"), twin = world_.bundle("new");
  proposes(2, {Add{world_.bundle("member 3").package}});  // is in
  proposes(2, {Add{good.package}});
  proposes(3, {Add{twin.package}});                       // the same client again
  proposes(2, {PreSharedKey{psk()}});                     // nobody has it
  proposes(3, {GroupContextExtensions{{{0x1234, {}}}}});  // nobody supports it
  room_.deliver(3, room_[3].propose_update(std::nullopt, {}, world_.environment).value());
  // Someone outside who asks to be added with the signature key of a member.
  auto thief = world_.identity("thief");
  thief.signer = room_[2].mutable_state().signer;
  const auto& context = room_[0].context();
  const auto stolen = make_key_package(world_.suite, thief, forever, {}, world_.rng).value();
  const auto asked = propose_own_add(world_.suite, context.group_id, context.epoch, stolen, world_.rng).value();
  room_.deliver(0, asked);
  CommitOptions options;
  options.named = {std::get<ProposalReceived>(*room_[0].process(asked, world_.environment)).ref};
  proposes(2, {ReInit{{1}, protocol_version, 1, {}}});
  EXPECT_EQ(room_[0].pending_proposals(), 8);
  const auto welcome = room_.commit(0, options);
  room_.expect_agreement();
  EXPECT_EQ(room_[0].tree().member_count(), 5);
  EXPECT_EQ(room_[0].tree().leaf({3})->source, LeafNodeSource::update);
  EXPECT_TRUE(room_[0].active());
  EXPECT_TRUE(Group::join(*welcome, good, {}, world_.environment));
  EXPECT_EQ(Group::join(*welcome, twin, {}, world_.environment).error(), Error::not_for_us);
}

}  // namespace
}  // namespace pqc::mls::testing
