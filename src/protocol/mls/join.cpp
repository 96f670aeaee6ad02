// Coming into a group: creation, welcome, external commit, continuation (RFC 9420 §11, §12.4.3).
#include <algorithm>
#include <set>

#include "protocol/mls/epoch_step.h"
#include "protocol/mls/welcome.h"

namespace pqc::mls {
namespace {

template <class T>
Result<T> body_of(ByteView message) {
  auto decoded = decode<Message>(message);
  if (!decoded) return std::unexpected(decoded.error());
  auto* body = std::get_if<T>(&decoded->body);
  if (body == nullptr) return std::unexpected(Error::malformed);
  return std::move(*body);
}

// A suite by its number, if the application wants it and the signature key is one of it.
Result<const Suite*> wanted_suite(std::uint16_t number, const SignatureKey& signer, const Environment& environment) {
  const auto* suite = find_suite(number);
  if (suite == nullptr) return std::unexpected(Error::unknown_suite);
  if (!environment.allows(*suite)) return std::unexpected(Error::not_allowed);
  if (signer.scheme() != suite->signature) return std::unexpected(Error::invalid_leaf);
  return suite;
}

// The tree of a group info of our version and suite, checked against its hash, with the signature of the info verified.
Result<RatchetTree> tree_of(const Suite& suite, const GroupInfo& info, const std::optional<Bytes>& given,
                            const Environment& environment) {
  if (info.group_context.cipher_suite != suite.number || info.group_context.version != protocol_version) {
    return std::unexpected(Error::malformed);
  }
  if (info.group_context.group_id.size() > max_id_size) return std::unexpected(Error::limit);
  const auto* extension = find_extension(info.extensions, extension_type::ratchet_tree);
  if (extension == nullptr && !given) return std::unexpected(Error::invalid_tree);
  if (!distinct(info.extensions)) return std::unexpected(Error::malformed);
  auto tree = RatchetTree::decode(suite.hash, extension != nullptr ? *extension : *given);
  if (!tree) return std::unexpected(tree.error());
  tree->hash_leaves(environment.executor);
  if (!equal(tree->root_hash(), info.group_context.tree_hash)) return std::unexpected(Error::invalid_tree);
  const auto* signer = tree->leaf(info.signer);
  if (signer == nullptr) return std::unexpected(Error::invalid_tree);
  return verify_group_info(suite, info, signer->signature_key).transform([&] { return std::move(*tree); });
}

// Whoever leaves a parent with a key that nobody can encrypt to would keep the newcomer from committing.
bool parent_keys_have_form(const Suite& suite, const RatchetTree& tree) {
  for (std::uint32_t n = 1; n < node_count(tree.width()); n += 2) {
    const auto* parent = tree.parent_node({n});
    if (parent != nullptr && !hpke::check_public_key(suite.hpke.kem, parent->encryption_key)) return false;
  }
  return true;
}

// RFC 9420 §12.4.3.1, "Verify the integrity of the ratchet tree". Leaves from key packages may have outlived them.
Result<void> check_tree(const Suite& suite, const GroupInfo& info, RatchetTree& tree, const Environment& environment) {
  if (auto done = check_extensions(info.group_context.extensions, environment.credentials); !done) return done;
  if (auto done = tree.verify_integrity(); !done) return done;
  if (!parent_keys_have_form(suite, tree)) return std::unexpected(Error::invalid_tree);
  if (!clients_distinct(tree, environment.credentials)) return std::unexpected(Error::invalid_tree);
  const LeafRules rules{&suite, &environment.credentials, std::nullopt};
  if (auto done = check_leaves(rules, tree, info.group_context.group_id, environment.executor); !done) return done;
  return check_compatible(tree, info.group_context.extensions);
}

bool of_continuation(const PreSharedKeyId& id) {
  return id.type == PskType::resumption && id.usage != PskUsage::application;
}

// RFC 9420 §12.4.3.1, the last step: a group that continues another is the one it should be.
Result<void> check_continuation(const GroupState& state, const std::vector<PreSharedKeyId>& psks, const Group* parent,
                                const CredentialPolicy& policy) {
  const auto id = std::ranges::find_if(psks, of_continuation);
  if (id == psks.end()) return parent == nullptr ? Result<void>{} : std::unexpected(Error::refused);
  if (parent == nullptr || std::ranges::count_if(psks, of_continuation) != 1 || state.context.epoch.value != 1 ||
      id->group_id != parent->context().group_id) {
    return std::unexpected(Error::refused);
  }
  const auto clients = [&](const RatchetTree& tree) {
    std::set<Bytes> out;
    for (std::uint32_t i = 0; i < tree.width(); ++i) {
      if (const auto* leaf = tree.leaf({i})) out.insert(policy.client_of(leaf->credential, leaf->signature_key));
    }
    return out;
  };
  const auto all_in = [&](const RatchetTree& inner, const RatchetTree& outer) {
    return std::ranges::includes(clients(outer), clients(inner));
  };
  if (id->usage == PskUsage::branch) {
    const bool fits = state.suite == &parent->suite() && all_in(state.tree, parent->tree());
    return fits ? Result<void>{} : std::unexpected(Error::refused);
  }
  const auto& reinit = parent->reinit();
  const bool fits = reinit && id->epoch == parent->context().epoch && reinit->group_id == state.context.group_id &&
                    reinit->cipher_suite == state.suite->number && reinit->version == state.context.version &&
                    reinit->extensions == state.context.extensions && all_in(parent->tree(), state.tree);
  return fits ? Result<void>{} : std::unexpected(Error::refused);
}

// The keys that a welcome gives us: our leaf's, and those above the node we share with the committer.
Result<void> take_keys(GroupState& state, const KeyPackageBundle& bundle, const GroupInfo& info,
                       const std::optional<SecretBytes>& path_secret) {
  for (std::uint32_t i = 0; i < state.tree.width(); ++i) {
    const auto* leaf = state.tree.leaf({i});
    if (leaf != nullptr && *leaf == bundle.package.leaf_node) {
      state.self = {i};
      state.keys.set(node_of(state.self), {bundle.leaf_pair.private_key.clone(), bundle.leaf_pair.public_key});
    }
  }
  if (state.keys.pairs().empty()) return std::unexpected(Error::not_for_us);
  if (!path_secret) return {};
  std::vector<NodeIndex> nodes;
  for (const auto& step : state.tree.filtered_direct_path(info.signer)) {
    if (covers(step.node, state.self)) nodes.push_back(step.node);
  }
  if (nodes.empty() || nodes.front() != common_ancestor(info.signer, state.self)) {
    return std::unexpected(Error::invalid_tree);
  }
  return state.keys.implant(*state.suite, state.tree, nodes, path_secret->clone()).transform([](const auto&) {});
}

Result<void> start_epoch(GroupState& state, EpochSecrets epoch, const Bytes* expected_tag) {
  auto tag = confirmation_tag(*state.suite, epoch, state.context.confirmed_transcript_hash);
  if (!tag) return std::unexpected(tag.error());
  if (expected_tag != nullptr && !constant_time_equal(*tag, *expected_tag)) return std::unexpected(Error::refused);
  state.interim_transcript_hash = interim_transcript_hash(*state.suite, state.context.confirmed_transcript_hash, *tag);
  state.confirmation_tag = std::move(*tag);
  state.epoch = std::move(epoch);
  state.secrets = SecretTree(*state.suite, state.tree.width(), std::move(state.epoch.encryption_secret));
  return {};
}

}  // namespace

Result<Group> Group::create(const Suite& suite, Bytes group_id, const Identity& identity, Lifetime lifetime,
                            std::vector<Extension> extensions, const Environment& environment) {
  if (!environment.allows(suite)) return std::unexpected(Error::not_allowed);
  if (group_id.size() > max_id_size) return std::unexpected(Error::limit);
  if (auto done = check_extensions(extensions, environment.credentials); !done) return std::unexpected(done.error());
  std::vector<std::uint16_t> types;
  for (const auto& extension : extensions) types.push_back(extension.type);
  auto bundle = make_key_package(suite, identity, lifetime, types, environment.rng);
  if (!bundle) return std::unexpected(bundle.error());
  GroupState state;
  state.suite = &suite;
  state.tree = RatchetTree(suite.hash);
  state.tree.set_leaf({0}, bundle->package.leaf_node);
  state.keys.set({0}, std::move(bundle->leaf_pair));
  state.signer = identity.signer;
  state.context.cipher_suite = suite.number;
  state.context.group_id = std::move(group_id);
  state.context.tree_hash = to_bytes(state.tree.root_hash());
  state.context.extensions = std::move(extensions);
  if (auto done = check_compatible(state.tree, state.context.extensions); !done) return std::unexpected(done.error());
  SecretBytes epoch_secret(suite.secret_size());
  environment.rng.fill(epoch_secret.fill());
  auto epoch = first_epoch(suite, epoch_secret.view());
  if (!epoch) return std::unexpected(epoch.error());
  return start_epoch(state, std::move(*epoch), nullptr).transform([&] { return Group(std::move(state)); });
}

Result<Group> Group::join(ByteView message, const KeyPackageBundle& bundle, const JoinOptions& options,
                          const Environment& environment) {
  const auto welcome = body_of<Welcome>(message);
  if (!welcome) return std::unexpected(welcome.error());
  const auto wanted = wanted_suite(welcome->cipher_suite, *bundle.signer, environment);
  if (!wanted) return std::unexpected(wanted.error());
  const auto* suite = *wanted;
  const auto secrets = open_group_secrets(*suite, *welcome, bundle.package, bundle.init_pair);
  if (!secrets) return std::unexpected(secrets.error());
  GroupState state;
  const auto psks = find_psks(state, environment.psks, secrets->psks);
  if (!psks) return std::unexpected(psks.error());
  const auto psk = psk_secret(*suite, *psks);
  if (!psk) return std::unexpected(psk.error());
  const auto info = open_group_info(*suite, *welcome, secrets->joiner_secret.view(), psk->view());
  if (!info) return std::unexpected(info.error());
  auto tree = tree_of(*suite, *info, options.tree, environment);
  if (!tree) return std::unexpected(tree.error());
  if (auto done = check_tree(*suite, *info, *tree, environment); !done) return std::unexpected(done.error());
  state.suite = suite;
  state.context = info->group_context;
  state.tree = std::move(*tree);
  state.signer = bundle.signer;
  if (auto done = take_keys(state, bundle, *info, secrets->path_secret); !done) return std::unexpected(done.error());
  auto epoch = epoch_of_joiner(*suite, secrets->joiner_secret.view(), psk->view(), mls::encode(state.context));
  if (!epoch) return std::unexpected(epoch.error());
  return start_epoch(state, std::move(epoch->epoch), &info->confirmation_tag)
      .and_then([&] { return check_continuation(state, secrets->psks, options.parent, environment.credentials); })
      .transform([&] { return Group(std::move(state)); });
}

Result<ExternallyJoined> join_external(ByteView message, const Identity& identity, const ExternalJoinOptions& options,
                                       const Environment& environment) {
  const auto info = body_of<GroupInfo>(message);
  if (!info) return std::unexpected(info.error());
  const auto wanted = wanted_suite(info->group_context.cipher_suite, *identity.signer, environment);
  if (!wanted) return std::unexpected(wanted.error());
  const auto* suite = *wanted;
  const auto* external_pub = find_extension(info->extensions, extension_type::external_pub);
  if (external_pub == nullptr) return std::unexpected(Error::malformed);
  const auto external = decode<ExternalPub>(*external_pub);
  if (!external) return std::unexpected(external.error());
  if (!hpke::check_public_key(suite->hpke.kem, external->public_key)) return std::unexpected(Error::malformed);
  auto tree = tree_of(*suite, *info, options.tree, environment);
  if (!tree) return std::unexpected(tree.error());
  if (auto done = check_tree(*suite, *info, *tree, environment); !done) return std::unexpected(done.error());
  auto sender = hpke::setup_base_sender(suite->hpke, external->public_key, {}, environment.rng);
  if (!sender) return std::unexpected(Error::refused);
  auto init = sender->context.export_secret(as_bytes(external_init_label), suite->secret_size());
  if (!init) return std::unexpected(Error::backend);
  // The group as an outsider sees it: without secrets.
  GroupState state;
  state.suite = suite;
  state.context = info->group_context;
  state.tree = std::move(*tree);
  state.self = {max_leaves};
  state.signer = identity.signer;
  state.interim_transcript_hash =
      interim_transcript_hash(*suite, state.context.confirmed_transcript_hash, info->confirmation_tag);
  CommitInput input{.proposals = {},
                    .sender = SenderType::new_member_commit,
                    .identity = identity,
                    .framing = {WireFormat::public_message, options.authenticated_data, 0},
                    .external_init_secret = std::move(*init)};
  input.proposals.push_back({Proposal{ExternalInit{std::move(sender->output)}}});
  if (options.replaces) input.proposals.push_back({Proposal{Remove{*options.replaces}}});
  for (const auto& psk : options.psks) input.proposals.push_back({Proposal{PreSharedKey{psk}}});
  return create_commit(state, std::move(input), environment).transform([](Committed committed) {
    return ExternallyJoined{std::move(committed.message), std::move(committed.next)};
  });
}

PreSharedKeyId name_external_psk(const Suite& suite, Bytes psk_id, Rng& rng) {
  PreSharedKeyId out;
  out.psk_id = std::move(psk_id);
  out.nonce = Bytes(suite.secret_size());
  rng.fill(out.nonce);
  return out;
}

PreSharedKeyId name_resumption_psk(const Suite& suite, Bytes group_id, Epoch epoch, Rng& rng) {
  auto out = name_external_psk(suite, {}, rng);
  out.type = PskType::resumption;
  out.group_id = std::move(group_id);
  out.epoch = epoch;
  return out;
}

Result<Committed> continue_group(const Group& parent, PskUsage usage, Bytes group_id, const Identity& self,
                                 Lifetime lifetime, const std::vector<KeyPackage>& members,
                                 const Environment& environment) {
  const auto& reinit = parent.reinit();
  if ((usage == PskUsage::reinit) != reinit.has_value() || usage == PskUsage::application) {
    return std::unexpected(Error::invalid_list);
  }
  const auto* suite = reinit ? find_suite(reinit->cipher_suite) : &parent.suite();
  if (suite == nullptr) return std::unexpected(Error::unknown_suite);
  auto group = Group::create(*suite, reinit ? reinit->group_id : std::move(group_id), self, lifetime,
                             reinit ? reinit->extensions : std::vector<Extension>{}, environment);
  if (!group) return std::unexpected(group.error());
  auto id = name_resumption_psk(*suite, parent.context().group_id, parent.context().epoch, environment.rng);
  id.usage = usage;
  CommitInput input{
      .proposals = {}, .identity = {}, .framing = {}, .where = ListContext::continuation, .external_init_secret = {}};
  for (const auto& package : members) input.proposals.push_back({Proposal{Add{package}}});
  input.proposals.push_back({Proposal{PreSharedKey{std::move(id)}}});
  return create_commit(group->mutable_state(), std::move(input), environment);
}

}  // namespace pqc::mls
