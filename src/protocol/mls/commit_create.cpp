#include <algorithm>

#include "protocol/mls/epoch_step.h"
#include "protocol/mls/protection.h"
#include "protocol/mls/welcome.h"

namespace pqc::mls {
namespace {

// Our leaf as the path shall bring it, without key and signature.
LeafNode next_leaf(const GroupState& state, const CommitInput& input, LeafIndex self) {
  const auto* before = state.tree.leaf(self);
  std::vector<std::uint16_t> types;
  for (const auto& extension : state.context.extensions) types.push_back(extension.type);
  if (!input.identity) return *before;
  return leaf_template(*state.suite, *input.identity, types);
}

std::vector<Newcomer> newcomers_of(const Applied& applied, LeafIndex self, const PathResult* path) {
  std::vector<Newcomer> out;
  for (const auto& [leaf, package] : applied.added) {
    Newcomer newcomer{package, std::nullopt};
    if (path != nullptr) {
      const auto shared = common_ancestor(self, leaf);
      const auto found = std::ranges::find(path->path_secrets, shared, [](const auto& entry) { return entry.first; });
      if (found != path->path_secrets.end()) newcomer.path_secret = found->second.clone();
    }
    out.push_back(std::move(newcomer));
  }
  return out;
}

Result<Bytes> frame(GroupState& state, const AuthenticatedContent& content, const Framing& framing, Rng& rng) {
  if (content.wire_format == WireFormat::public_message) {
    return protect_public(*state.suite, content, state.context, state.epoch.membership_key.view())
        .transform([](PublicMessage message) { return encode(Message{std::move(message)}); });
  }
  return protect_private(*state.suite, content, state.secrets, state.epoch.sender_data_secret.view(), framing.padding,
                         rng)
      .transform([](PrivateMessage message) { return encode(Message{std::move(message)}); });
}

Result<std::optional<Bytes>> welcome_for(const GroupState& next, const Applied& applied, const JoinerSecrets& joiner,
                                         const PathResult* path, bool with_tree, Rng& rng) {
  if (applied.added.empty()) return std::optional<Bytes>{};
  const auto info = make_group_info(next, with_tree, false, rng);
  if (!info) return std::unexpected(info.error());
  return seal_welcome(*next.suite, *info, joiner, newcomers_of(applied, next.self, path), applied.psks, rng)
      .transform([](Welcome welcome) { return std::optional(encode(Message{std::move(welcome)})); });
}

// The path, made and merged, where the commit is to have one.
Result<std::optional<PathResult>> make_path(const GroupState& state, GroupState& next, const Applied& applied,
                                            const CommitInput& input, Rng& rng) {
  const bool external = input.sender == SenderType::new_member_commit;
  const bool reinit = next.reinit.has_value();
  if (!applied.path_required && !external && (!input.force_path || reinit)) return std::optional<PathResult>{};
  if (input.identity) next.signer = input.identity->signer;
  auto leaf = next_leaf(state, input, next.self);
  return create_path(
             *state.suite, next.tree, next.keys, next.self, std::move(leaf), *next.signer, state.context.group_id,
             applied.added_leaves(), [&](ByteView tree_hash) { return provisional_context(next, tree_hash); }, rng)
      .transform([](PathResult path) { return std::optional(std::move(path)); });
}

}  // namespace

Result<Committed> create_commit(GroupState& state, CommitInput input, const Environment& environment) {
  const bool external = input.sender == SenderType::new_member_commit;
  const Sender sender{input.sender, external ? 0 : state.self.value};
  Commit commit{std::move(input.proposals), std::nullopt};
  const auto list = resolve(state, commit, sender);
  if (!list) return std::unexpected(list.error());
  auto applied = apply_list(state, *list, sender, input.where, environment);
  if (!applied) return std::unexpected(applied.error());
  const auto psks = find_psks(state, environment.psks, applied->psks);
  if (!psks) return std::unexpected(psks.error());
  auto next = start_next(state, *applied);
  if (!next) return std::unexpected(next.error());
  if (external) {
    next->self = next->tree.next_free_leaf();
    if (auto done = next->tree.make_room(next->self); !done) return std::unexpected(done.error());
  }
  auto path = make_path(state, *next, *applied, input, environment.rng);
  if (!path) return std::unexpected(path.error());
  if (*path) {
    commit.path = std::move((*path)->path);
    applied->changed.push_back(next->self);
  }
  if (auto done = check_members(state, next->tree, *applied, environment.credentials); !done) {
    return std::unexpected(done.error());
  }
  FramedContent framed{state.context.group_id, state.context.epoch, sender, input.framing.authenticated_data,
                       std::move(commit)};
  auto content = sign_content(external ? *next->signer : *state.signer, input.framing.format, std::move(framed),
                              state.context, environment.rng);
  if (!content) return std::unexpected(content.error());
  const auto psk = psk_secret(*state.suite, *psks);
  if (!psk) return std::unexpected(psk.error());
  const SecretBytes no_commit_secret(state.suite->secret_size());
  const auto& init = input.external_init_secret ? *input.external_init_secret : state.epoch.init_secret;
  const auto joiner =
      enter_epoch(*next, state, *content,
                  {init.view(), *path ? (*path)->commit_secret.view() : no_commit_secret.view(), psk->view()});
  if (!joiner) return std::unexpected(joiner.error());
  content->auth.confirmation_tag = next->confirmation_tag;
  auto welcome =
      welcome_for(*next, *applied, *joiner, *path ? &**path : nullptr, input.tree_in_welcome, environment.rng);
  if (!welcome) return std::unexpected(welcome.error());
  return frame(state, *content, input.framing, environment.rng).transform([&](Bytes message) {
    return Committed{std::move(message), std::move(*welcome), Group(std::move(*next))};
  });
}

}  // namespace pqc::mls
