// Every limit of limits.h that the wire or a caller can reach: what lies on it goes through, what lies beyond does not.
// Generations ahead: hostile_test.cpp.
#include <cstdlib>

#include "forger.h"
#include "protocol/mls/secret_tree.h"

namespace pqc::mls::testing {
namespace {

template <class T>
bool list_of_fits(std::size_t count, const T& item = {}) {
  return decode<std::vector<T>>(encode(std::vector<T>(count, item))).has_value();
}

TEST(Limits, ListsEndWhereTheirLimitIs) {
  const auto end_at = [](auto fits, std::size_t limit) {
    EXPECT_TRUE(fits(limit)) << limit;
    EXPECT_FALSE(fits(limit + 1)) << limit;
  };
  end_at([](std::size_t n) { return list_of_fits<Extension>(n); }, max_extensions);
  end_at([](std::size_t n) { return list_of_fits<std::uint16_t>(n); }, max_capabilities);
  end_at([](std::size_t n) { return list_of_fits<Certificate>(n); }, max_certificates);
  end_at([](std::size_t n) { return list_of_fits<PreSharedKeyId>(n); }, max_psks);
  end_at([](std::size_t n) { return list_of_fits<ExternalSender>(n); }, max_external_senders);
  end_at([](std::size_t n) { return list_of_fits<ProposalOrRef>(n, {ProposalRef{}}); }, max_proposals);
  end_at([](std::size_t n) { return list_of_fits<UpdatePathNode>(n); }, max_path_nodes);
  end_at([](std::size_t n) { return list_of_fits<HpkeCiphertext>(n); }, max_leaves);
  end_at([](std::size_t n) { return list_of_fits<EncryptedGroupSecrets>(n); }, max_leaves);
  end_at([](std::size_t n) { return list_of_fits<LeafIndex>(n); }, max_leaves);
}

TEST(Limits, AMessageOrTreeThatIsTooLargeIsNotRead) {
  // Zeros that are never touched.
  const std::unique_ptr<std::uint8_t, decltype(&std::free)> memory(
      static_cast<std::uint8_t*>(std::calloc(max_message_size + 1, 1)), std::free);
  ASSERT_TRUE(memory);
  const ByteView all(memory.get(), max_message_size + 1);
  EXPECT_EQ(decode<Message>(all).error(), Error::limit);
  EXPECT_EQ(RatchetTree::decode(crypto::HashAlg::sha256, all).error(), Error::limit);
  EXPECT_EQ(decode<Message>(all.first(max_message_size)).error(), Error::malformed);
}

TEST(Limits, ATreeHasSoManyLeaves) {
  Bytes nodes(node_count(max_leaves), 0);  // blank, but for the first leaf and the last node
  Bytes body{1, 1};
  append(body, encode(LeafNode{}));
  append(body, ByteView(nodes).first(nodes.size() - 2));
  append(body, Bytes{1, 1});
  append(body, encode(LeafNode{}));
  const auto full = RatchetTree::decode(crypto::HashAlg::sha256, encode(body));
  ASSERT_TRUE(full);
  EXPECT_EQ(full->width(), max_leaves);
  append(body, Bytes{0, 1, 1});
  append(body, encode(LeafNode{}));
  EXPECT_EQ(RatchetTree::decode(crypto::HashAlg::sha256, encode(body)).error(), Error::limit);
  auto tree = *full;
  EXPECT_EQ(tree.make_room({max_leaves}).error(), Error::limit);
}

class SizeLimits : public ::testing::Test {
 protected:
  Error judged(const std::function<void(Identity&)>& change) {
    auto who = world_.identity("new");
    change(who);
    const auto bundle = make_key_package(world_.suite, who, forever, {}, world_.rng).value();
    const LeafRules rules{&world_.suite, &world_.policy, std::nullopt};
    const auto checked = check_key_package(rules, bundle.package);
    return checked ? Error::backend : checked.error();
  }
  Error refused(Group& by, Proposal proposal) {
    const auto before = copy_of(by);
    const auto made = by.propose(std::move(proposal), {}, world_.environment);
    EXPECT_EQ(copy_of(by), before);
    return made ? Error::backend : made.error();
  }

  World world_{suites::x25519_aes128_ed25519};
};

TEST_F(SizeLimits, OfALeaf) {
  EXPECT_EQ(judged([](Identity& who) { who.credential.identity.resize(max_identity); }), Error::backend);
  EXPECT_EQ(judged([](Identity& who) { who.credential.identity.resize(max_identity + 1); }), Error::invalid_leaf);
  const auto with_extension = [&](std::size_t size) {
    return judged([&](Identity& who) { who.leaf_extensions = {{0x1234, Bytes(size)}}; });
  };
  EXPECT_EQ(with_extension(max_leaf_size - 1'000), Error::backend);
  EXPECT_EQ(with_extension(max_leaf_size), Error::invalid_leaf);
}

TEST_F(SizeLimits, OfProposals) {
  auto group = world_.create("one");
  auto id = name_external_psk(world_.suite, Bytes(max_id_size), world_.rng);
  EXPECT_TRUE(Group::parse(copy_of(group))->propose({PreSharedKey{id}}, {}, world_.environment));
  id.psk_id.push_back(0);
  EXPECT_EQ(refused(group, {PreSharedKey{id}}), Error::limit);
  const auto resumption = name_resumption_psk(world_.suite, Bytes(max_id_size + 1), {0}, world_.rng);
  EXPECT_EQ(refused(group, {PreSharedKey{resumption}}), Error::limit);
  EXPECT_EQ(refused(group, {ReInit{Bytes(max_id_size + 1), protocol_version, 1, {}}}), Error::limit);
  EXPECT_EQ(refused(group, {GroupContextExtensions{{{0x1234, Bytes(max_extensions_size)}}}}), Error::limit);
  EXPECT_EQ(refused(group, {ReInit{{1}, protocol_version, 1, {{0x1234, Bytes(max_extensions_size)}}}}), Error::limit);
  auto package = world_.bundle("two").package;
  package.extensions = {{0x1234, Bytes(max_proposal_size)}};
  EXPECT_EQ(refused(group, {Add{package}}), Error::limit);
  CommitOptions options;
  options.proposals = {{Add{package}}};
  EXPECT_EQ(group.commit(options, world_.environment).error(), Error::limit);
}

TEST_F(SizeLimits, OfGroups) {
  EXPECT_TRUE(Group::create(world_.suite, Bytes(max_id_size), world_.identity("x"), forever, {}, world_.environment));
  EXPECT_EQ(Group::create(world_.suite, Bytes(max_id_size + 1), world_.identity("x"), forever, {}, world_.environment)
                .error(),
            Error::limit);
  EXPECT_EQ(Group::create(world_.suite, {1}, world_.identity("x"), forever, {{0x1234, Bytes(max_extensions_size)}},
                          world_.environment)
                .error(),
            Error::limit);
}

TEST_F(SizeLimits, OfWhatWaits) {
  constexpr auto senders = max_pending_proposals / max_pending_of_member;
  Room room(world_, senders + 2);
  const auto last = senders + 1;
  const auto propose_psk = [&](std::size_t by) {
    return room[by].propose({PreSharedKey{name_external_psk(world_.suite, {1}, world_.rng)}}, {}, world_.environment);
  };
  for (std::size_t by = 0; by < senders; ++by) {
    for (std::size_t i = 0; i < max_pending_of_member; ++i) {
      ASSERT_TRUE(room[last].process(propose_psk(by).value(), world_.environment));
    }
    EXPECT_EQ(propose_psk(by).error(), Error::limit) << "of one member";
  }
  const auto& context = room[0].context();
  const auto asked =
      propose_own_add(world_.suite, context.group_id, context.epoch, world_.bundle("new"), world_.rng).value();
  EXPECT_EQ(refusal(world_, room[last], asked), Error::limit) << "in all";
  EXPECT_EQ(refusal(world_, room[last], propose_psk(senders).value()), Error::limit);
  EXPECT_EQ(propose_psk(last).error(), Error::limit);
  EXPECT_TRUE(room[0].process(asked, world_.environment)) << "others count their own";
}

// One who keeps no quota of its own is held to it.
TEST_F(SizeLimits, OfWhatWaitsOfOneMember) {
  Room room(world_, 3);
  const Framing open{WireFormat::public_message, {}, 0};
  const auto said = [&](std::size_t by) {
    auto forgetful = Group::parse(copy_of(room[by])).value();
    const auto psk = name_external_psk(world_.suite, {1}, world_.rng);
    return forgetful.propose({PreSharedKey{psk}}, open, world_.environment).value();
  };
  for (std::size_t i = 0; i < max_pending_of_member; ++i) ASSERT_TRUE(room[1].process(said(0), world_.environment));
  EXPECT_EQ(refusal(world_, room[1], said(0)), Error::limit);
  EXPECT_TRUE(room[1].process(said(2), world_.environment));
}

TEST_F(SizeLimits, OfAllThatWaits) {
  const auto large = [](std::size_t number) {  // one like another would be the same proposal
    return Proposal{
        GroupContextExtensions{{{0x1234, Bytes(max_extensions_size - 16, static_cast<std::uint8_t>(number))}}}};
  };
  constexpr auto fit = max_pending_size / max_extensions_size;
  Room room(world_, fit / max_pending_of_member + 1);
  const auto last = room.size() - 1;
  for (std::size_t i = 0; i < fit; ++i) {
    const auto message = room[i / max_pending_of_member].propose(large(i), {}, world_.environment);
    ASSERT_TRUE(message);
    ASSERT_TRUE(room[last].process(*message, world_.environment));
  }
  EXPECT_EQ(refused(room[last], large(fit)), Error::limit);
}

// Strangers who ask to be added leave room for the members.
TEST_F(SizeLimits, OfWhatWaitsFromOutside) {
  Room room(world_, 2);
  const auto ask = [&] {
    const auto& context = room[0].context();
    return propose_own_add(world_.suite, context.group_id, context.epoch, world_.bundle("new"), world_.rng).value();
  };
  CommitOptions options;
  for (std::size_t i = 0; i < max_outside_proposals; ++i) {
    const auto event = room[0].process(ask(), world_.environment);
    ASSERT_TRUE(event);
    options.named.push_back(std::get<ProposalReceived>(*event).ref);
  }
  EXPECT_EQ(refusal(world_, room[0], ask()), Error::limit);
  const auto update = room[1].propose_update(std::nullopt, {}, world_.environment).value();
  EXPECT_TRUE(room[0].process(update, world_.environment));
  // Of one client that asks so often one is added; the update is taken too.
  const auto committed = room[0].commit(options, world_.environment);
  ASSERT_TRUE(committed);
  EXPECT_EQ(committed->next.tree().member_count(), 3);
  EXPECT_EQ(committed->next.tree().leaf(room[1].self())->source, LeafNodeSource::update);
}

TEST_F(SizeLimits, OfACommit) {
  auto group = world_.create("one");
  CommitOptions options;
  options.force_path = false;
  for (std::size_t i = 0; i <= max_psks; ++i) {
    const auto name = std::to_string(i);
    world_.psks.add_external(name, Bytes(32));
    options.proposals.push_back({PreSharedKey{name_external_psk(world_.suite, to_bytes(as_bytes(name)), world_.rng)}});
  }
  EXPECT_EQ(group.commit(options, world_.environment).error(), Error::invalid_list);
  options.proposals.pop_back();
  EXPECT_TRUE(group.commit(options, world_.environment));
  options.proposals.assign(max_proposals + 1, {Remove{LeafIndex{0}}});
  EXPECT_EQ(group.commit(options, world_.environment).error(), Error::limit);
}

TEST_F(SizeLimits, OfLifetimes) {
  const auto at = [&](Lifetime lifetime, std::uint64_t now) {
    const auto bundle = make_key_package(world_.suite, world_.identity("x"), lifetime, {}, world_.rng).value();
    return check_key_package({&world_.suite, &world_.policy, now}, bundle.package).has_value();
  };
  constexpr std::uint64_t start = 1'000'000;
  EXPECT_TRUE(at({start, start + max_lifetime}, start));
  EXPECT_FALSE(at({start, start + max_lifetime + 1}, start)) << "too long";
  EXPECT_TRUE(at({start, start + max_lifetime}, start - max_clock_skew));
  EXPECT_FALSE(at({start, start + max_lifetime}, start - max_clock_skew - 1)) << "too early";
  EXPECT_TRUE(at({start, start + 10}, start + 10));
  EXPECT_FALSE(at({start, start + 10}, start + 11)) << "over";
  EXPECT_FALSE(at({start + 1, start}, start)) << "backwards";
}

TEST_F(SizeLimits, OfKeptKeysAndSecrets) {
  SecretTree tree(world_.suite, 2, SecretBytes(32));
  tree.accept(tree.look_up({0}, RatchetKind::application, {max_generation_jump}).value());
  tree.accept(tree.look_up({0}, RatchetKind::application, {max_generation_jump + 10}).value());
  const auto& kept = tree.parts().senders.at(0).ratchets[1].skipped;
  EXPECT_EQ(kept.size(), max_skipped_keys);
  EXPECT_EQ(kept.rbegin()->first, max_generation_jump + 9) << "the newest are kept";
  EXPECT_EQ(tree.look_up({0}, RatchetKind::application, {0}).error(), Error::replayed);
  auto group = world_.create("one");
  for (std::size_t i = 0; i < max_past_epochs + 3; ++i) {
    group = std::move(group.commit({}, world_.environment)->next);
  }
  const auto& past = group.mutable_state().past;
  EXPECT_EQ(past.size(), max_past_epochs);
  EXPECT_EQ(past.back().epoch.value, group.context().epoch.value - 1);
}

}  // namespace
}  // namespace pqc::mls::testing
