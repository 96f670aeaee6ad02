#include "protocol/mls/group.h"

#include <algorithm>
#include <utility>

#include "protocol/mls/epoch_step.h"
#include "protocol/mls/pending_choice.h"
#include "protocol/mls/protection.h"

namespace pqc::mls {
namespace {

std::optional<ExternalSender> external_sender(const GroupState& state, std::uint32_t index) {
  const auto* extension = find_extension(state.context.extensions, extension_type::external_senders);
  if (extension == nullptr) return std::nullopt;
  const auto senders = decode<ExternalSenders>(*extension);
  if (!senders || index >= senders->list.size()) return std::nullopt;
  return senders->list[index];
}

// RFC 9420 §6.1: whose key the signature must hold under. Empty where there is none.
Bytes signature_key_of(const GroupState& state, const FramedContent& content) {
  const auto* proposal = std::get_if<Proposal>(&content.body);
  const auto* commit = std::get_if<Commit>(&content.body);
  switch (content.sender.type) {
    case SenderType::member: {
      const auto* leaf = state.tree.leaf(content.sender.leaf());
      return leaf == nullptr ? Bytes{} : leaf->signature_key;
    }
    case SenderType::external: {
      const auto sender = external_sender(state, content.sender.index);
      return proposal != nullptr && sender ? sender->signature_key : Bytes{};
    }
    case SenderType::new_member_proposal: {
      const auto* add = proposal == nullptr ? nullptr : std::get_if<Add>(&proposal->body);
      return add == nullptr ? Bytes{} : add->key_package.leaf_node.signature_key;
    }
    case SenderType::new_member_commit:
      return commit != nullptr && commit->path ? commit->path->leaf_node.signature_key : Bytes{};
  }
  return {};
}

Result<void> verify_sender(const GroupState& state, const AuthenticatedContent& content) {
  const auto key = signature_key_of(state, content.content);
  if (key.empty()) return std::unexpected(Error::refused);
  return verify_content(*state.suite, content, state.context, key);
}

Result<void> check_place(const GroupState& state, ByteView group_id, Epoch epoch) {
  if (!equal(group_id, state.context.group_id)) return std::unexpected(Error::wrong_group);
  if (epoch != state.context.epoch) return std::unexpected(Error::wrong_epoch);
  if (state.standing == Standing::removed) return std::unexpected(Error::removed);
  return {};
}

// RFC 9420 has no bound on the proposals of an epoch; we do, in all, for each member and for all who are outside.
bool room_for(const GroupState& state, Sender sender, const Proposal& proposal) {
  auto size = encoded_size(proposal);
  for (const auto& pending : state.pending) size += encoded_size(pending.proposal);
  const bool member = sender.type == SenderType::member;
  const auto of_sender = std::ranges::count_if(state.pending, [&](const PendingProposal& pending) {
    const bool other_member = pending.sender.type == SenderType::member;
    return member == other_member && (!member || pending.sender.leaf() == sender.leaf());
  });
  return state.pending.size() < max_pending_proposals && size <= max_pending_size &&
         std::cmp_less(of_sender, member ? max_pending_of_member : max_outside_proposals);
}

// Takes a verified proposal among those that wait.
Result<Event> take_proposal(GroupState& state, AuthenticatedContent content, const Environment& environment) {
  auto& proposal = std::get<Proposal>(content.content.body);
  const auto sender = content.content.sender;
  if (state.standing != Standing::member) return std::unexpected(Error::removed);
  if (auto done = check_proposal(state, {&proposal, sender, false}, ListContext::ordinary, environment); !done) {
    return std::unexpected(done.error());
  }
  auto ref = proposal_ref(*state.suite, content);
  if (!std::ranges::contains(state.pending, ref, &PendingProposal::ref)) {
    if (!room_for(state, sender, proposal)) return std::unexpected(Error::limit);
    state.pending.push_back({ref, sender, proposal});
  }
  return ProposalReceived{sender, std::move(ref), std::move(proposal)};
}

Result<Event> take_commit(GroupState& state, const AuthenticatedContent& content, const Environment& environment) {
  if (state.standing != Standing::member) return std::unexpected(Error::removed);
  return process_commit(state, content, environment).transform([&](Processed processed) -> Event {
    state = std::move(processed.next);
    return std::move(processed.event);
  });
}

Result<Event> take_public(GroupState& state, const PublicMessage& message, const Environment& environment) {
  if (auto done = check_place(state, message.content.group_id, message.content.epoch); !done) {
    return std::unexpected(done.error());
  }
  const auto& sender = message.content.sender;
  if (sender.type == SenderType::member && sender.leaf() == state.self) return std::unexpected(Error::own_message);
  auto content = unprotect_public(*state.suite, message, state.context, state.epoch.membership_key.view());
  if (!content) return std::unexpected(content.error());
  if (auto done = verify_sender(state, *content); !done) return std::unexpected(done.error());
  if (std::holds_alternative<Commit>(content->content.body)) return take_commit(state, *content, environment);
  return take_proposal(state, std::move(*content), environment);
}

Result<Event> take_private(GroupState& state, const PrivateMessage& message, const Environment& environment) {
  if (auto done = check_place(state, message.group_id, message.epoch); !done) return std::unexpected(done.error());
  auto opened = unprotect_private(*state.suite, message, state.secrets, state.epoch.sender_data_secret.view());
  if (!opened) return std::unexpected(opened.error());
  if (auto done = verify_sender(state, opened->content); !done) return std::unexpected(done.error());
  auto& content = opened->content.content;
  Result<Event> event = std::unexpected(Error::malformed);
  if (auto* data = std::get_if<ApplicationData>(&content.body)) {
    event = ApplicationReceived{content.sender.leaf(), std::move(data->data), std::move(content.authenticated_data)};
  } else if (std::holds_alternative<Commit>(content.body)) {
    return take_commit(state, opened->content, environment);
  } else {
    event = take_proposal(state, std::move(opened->content), environment);
  }
  if (event) state.secrets.accept(std::move(opened->used));
  return event;
}

Result<Bytes> send_content(GroupState& state, ContentBody body, const Framing& framing, const Environment& environment,
                           ProposalRef* ref) {
  FramedContent framed{state.context.group_id,
                       state.context.epoch,
                       {SenderType::member, state.self.value},
                       framing.authenticated_data,
                       std::move(body)};
  auto content = sign_content(*state.signer, framing.format, std::move(framed), state.context, environment.rng);
  if (!content) return std::unexpected(content.error());
  if (ref != nullptr) *ref = proposal_ref(*state.suite, *content);
  if (framing.format == WireFormat::public_message) {
    return protect_public(*state.suite, *content, state.context, state.epoch.membership_key.view())
        .transform([](PublicMessage message) { return encode(Message{std::move(message)}); });
  }
  return protect_private(*state.suite, *content, state.secrets, state.epoch.sender_data_secret.view(), framing.padding,
                         environment.rng)
      .transform([](PrivateMessage message) { return encode(Message{std::move(message)}); });
}

Result<Bytes> propose_from(SenderType type, std::uint32_t index, const Suite& suite, ByteView group_id, Epoch epoch,
                           Proposal proposal, const SignatureKey& signer, Rng& rng) {
  FramedContent framed{to_bytes(group_id), epoch, {type, index}, {}, std::move(proposal)};
  auto content = sign_content(signer, WireFormat::public_message, std::move(framed), {}, rng);
  if (!content) return std::unexpected(content.error());
  return protect_public(suite, *content, {}, {}).transform([](PublicMessage message) {
    return encode(Message{std::move(message)});
  });
}

}  // namespace

Group::Group(GroupState state) : state_(std::make_unique<GroupState>(std::move(state))) {}
Group::~Group() = default;
Group::Group(Group&&) noexcept = default;
Group& Group::operator=(Group&&) noexcept = default;

SecretBytes Group::encode() const {
  return encode_state(*state_);
}
Result<Group> Group::parse(ByteView encoded) {
  return parse_state(encoded).transform([](GroupState state) { return Group(std::move(state)); });
}

const Suite& Group::suite() const {
  return *state_->suite;
}
const GroupContext& Group::context() const {
  return state_->context;
}
const RatchetTree& Group::tree() const {
  return state_->tree;
}
LeafIndex Group::self() const {
  return state_->self;
}
bool Group::active() const {
  return state_->standing == Standing::member;
}
std::size_t Group::pending_proposals() const {
  return state_->pending.size();
}
const std::optional<ReInit>& Group::reinit() const {
  return state_->reinit;
}
ByteView Group::epoch_authenticator() const {
  return state_->epoch.epoch_authenticator.view();
}
ByteView Group::resumption_psk() const {
  return state_->epoch.resumption_psk.view();
}

Result<SecretBytes> Group::export_secret(std::string_view label, ByteView context, std::size_t length) const {
  if (state_->standing == Standing::removed) return std::unexpected(Error::removed);
  return mls::export_secret(*state_->suite, state_->epoch, label, context, length);
}

Result<Bytes> Group::group_info(bool with_tree, const Environment& environment) const {
  if (!active()) return std::unexpected(Error::removed);
  return make_group_info(*state_, with_tree, true, environment.rng).transform([](GroupInfo info) {
    return mls::encode(Message{std::move(info)});
  });
}

Result<Bytes> Group::propose(Proposal proposal, const Framing& framing, const Environment& environment) {
  if (!active()) return std::unexpected(Error::removed);
  const Sender sender{SenderType::member, state_->self.value};
  if (!room_for(*state_, sender, proposal)) return std::unexpected(Error::limit);
  if (auto done = check_proposal(*state_, {&proposal, sender, false}, ListContext::ordinary, environment); !done) {
    return std::unexpected(done.error());
  }
  ProposalRef ref;
  return send_content(*state_, proposal, framing, environment, &ref).transform([&](Bytes message) {
    state_->pending.push_back({std::move(ref), sender, std::move(proposal)});
    return message;
  });
}

Result<Bytes> Group::propose_update(const std::optional<Identity>& identity, const Framing& framing,
                                    const Environment& environment) {
  if (!active()) return std::unexpected(Error::removed);
  auto pair = hpke::generate_key_pair(suite().hpke.kem, environment.rng);
  if (!pair) return std::unexpected(Error::backend);
  auto leaf = *tree().leaf(self());
  if (identity && !equal(identity->signer->public_key(), leaf.signature_key)) {
    return std::unexpected(Error::invalid_leaf);  // a new signature key comes by a commit of its owner
  }
  if (identity) {
    leaf.credential = identity->credential;
    leaf.extensions = identity->leaf_extensions;
  }
  leaf.source = LeafNodeSource::update;
  leaf.lifetime = {};
  leaf.parent_hash.clear();
  leaf.encryption_key = pair->public_key;
  if (auto done = sign_leaf(leaf, *state_->signer, context().group_id, self(), environment.rng); !done) {
    return std::unexpected(done.error());
  }
  return propose({Update{std::move(leaf)}}, framing, environment).transform([&](Bytes message) {
    state_->own_updates.push_back(std::move(*pair));
    return message;
  });
}

Result<void> Group::drop(const ProposalRef& ref) {
  const auto dropped = std::erase_if(state_->pending, [&](const PendingProposal& pending) {
    return pending.ref == ref && pending.sender.type != SenderType::member;
  });
  return dropped == 1 ? Result<void>{} : std::unexpected(Error::unknown_proposal);
}

Result<Committed> Group::commit(const CommitOptions& options, const Environment& environment) {
  if (!active()) return std::unexpected(Error::removed);
  if (options.identity && options.identity->signer->scheme() != suite().signature) {
    return std::unexpected(Error::invalid_leaf);
  }
  CommitInput input{.proposals = {},
                    .force_path = options.force_path || options.identity.has_value(),
                    .tree_in_welcome = options.tree_in_welcome,
                    .identity = options.identity,
                    .framing = options.framing,
                    .external_init_secret = {}};
  auto chosen = choose_pending(*state_, options, environment);
  if (!chosen) return std::unexpected(chosen.error());
  input.proposals = std::move(*chosen);
  input.proposals.reserve(input.proposals.size() + options.proposals.size());
  for (const auto& proposal : options.proposals) input.proposals.push_back({proposal});
  if (input.proposals.size() > max_proposals) return std::unexpected(Error::limit);
  return create_commit(*state_, std::move(input), environment);
}

Result<Bytes> Group::seal(ByteView data, ByteView authenticated_data, std::size_t padding,
                          const Environment& environment) {
  if (!active()) return std::unexpected(Error::removed);
  const Framing framing{WireFormat::private_message, to_bytes(authenticated_data), padding};
  return send_content(*state_, ApplicationData{to_bytes(data)}, framing, environment, nullptr);
}

Result<Event> Group::process(ByteView message, const Environment& environment) {
  const auto decoded = decode<Message>(message);
  if (!decoded) return std::unexpected(decoded.error());
  if (const auto* open = std::get_if<PublicMessage>(&decoded->body)) return take_public(*state_, *open, environment);
  if (const auto* sealed = std::get_if<PrivateMessage>(&decoded->body)) {
    return take_private(*state_, *sealed, environment);
  }
  return std::unexpected(Error::malformed);
}

Result<Bytes> propose_external(const Suite& suite, ByteView group_id, Epoch epoch, Proposal proposal,
                               std::uint32_t sender_index, const SignatureKey& signer, Rng& rng) {
  return propose_from(SenderType::external, sender_index, suite, group_id, epoch, std::move(proposal), signer, rng);
}

Result<Bytes> propose_own_add(const Suite& suite, ByteView group_id, Epoch epoch, const KeyPackageBundle& bundle,
                              Rng& rng) {
  return propose_from(SenderType::new_member_proposal, 0, suite, group_id, epoch, {Add{bundle.package}}, *bundle.signer,
                      rng);
}

}  // namespace pqc::mls
