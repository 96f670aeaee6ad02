#include <algorithm>

#include "protocol/mls/epoch_step.h"

namespace pqc::mls {
namespace {

// RFC 9420 §12.4.2: the leaf that a path brings, against the one it takes the place of.
Result<void> check_path_leaf(const GroupState& state, const LeafNode& leaf, const LeafNode* before, LeafIndex at,
                             const Environment& environment) {
  if (leaf.source != LeafNodeSource::commit) return std::unexpected(Error::invalid_leaf);
  if (before != nullptr) {
    if (leaf.encryption_key == before->encryption_key) return std::unexpected(Error::invalid_leaf);
    if (leaf.credential != before->credential &&
        !environment.credentials.accepts_successor(before->credential, leaf.credential)) {
      return std::unexpected(Error::credential);
    }
  }
  return check_leaf(rules_of(state, environment), leaf, state.context.group_id, at);
}

// Whether the application follows this commit of someone outside. That a leaf is replaced by its own client, the checks
// of path and members say.
bool allowed_from_outside(const Commit& commit, ExternalCommits allowed) {
  if (allowed != ExternalCommits::resync) return allowed == ExternalCommits::all;
  return std::ranges::any_of(commit.proposals, [](const ProposalOrRef& item) {
    const auto* proposal = std::get_if<Proposal>(&item.body);
    return proposal != nullptr && std::holds_alternative<Remove>(proposal->body);
  });
}

Result<SecretBytes> init_secret_for(const GroupState& state, const Applied& applied) {
  if (applied.external_init == nullptr) return state.epoch.init_secret.clone();
  const auto pair = external_key_pair(*state.suite, state.epoch);
  if (!pair) return std::unexpected(pair.error());
  return hpke::setup_base_recipient(state.suite->hpke, *pair, *applied.external_init, {})
      .and_then([&](const hpke::Context& context) {
        return context.export_secret(as_bytes(external_init_label), state.suite->secret_size());
      })
      .transform_error([](hpke::Error) { return Error::refused; });
}

// What is left of a group for one who was removed: no secrets.
GroupState removed_state(const GroupState& state) {
  GroupState out;
  out.suite = state.suite;
  out.standing = Standing::removed;
  out.context = state.context;
  out.tree = state.tree;
  out.self = state.self;
  out.signer = state.signer;
  return out;
}

// Checks the path where there is one and merges it; then checks the members.
Result<std::vector<PathStep>> merge_checked(const GroupState& state, RatchetTree& tree, Applied& applied,
                                            const Commit& commit, LeafIndex committer, const Environment& environment) {
  std::vector<PathStep> steps;
  if (commit.path) {
    const auto& leaf = commit.path->leaf_node;
    const auto replaced = applied.external_init == nullptr ? std::optional(committer) : applied.replaced;
    const auto* before = replaced ? state.tree.leaf(*replaced) : nullptr;
    if (auto done = check_path_leaf(state, leaf, before, committer, environment); !done) {
      return std::unexpected(done.error());
    }
    auto merged = merge_path(*state.suite, tree, committer, *commit.path);
    if (!merged) return std::unexpected(merged.error());
    steps = std::move(*merged);
    applied.changed.push_back(committer);
  }
  return check_members(state, tree, applied, environment.credentials).transform([&] { return std::move(steps); });
}

Result<SecretBytes> commit_secret_of(const GroupState& state, GroupState& next, const Applied& applied,
                                     const Commit& commit, const std::vector<PathStep>& steps) {
  if (!commit.path) return SecretBytes(state.suite->secret_size());
  next.keys.prune(next.tree);
  const auto context = provisional_context(next, next.tree.root_hash());
  return decrypt_path(*state.suite, next.tree, next.keys, next.self, steps, *commit.path, applied.added_leaves(),
                      context)
      .transform([](DecryptedPath path) { return std::move(path.commit_secret); });
}

}  // namespace

Result<Processed> process_commit(const GroupState& state, const AuthenticatedContent& content,
                                 const Environment& environment) {
  const auto& sender = content.content.sender;
  const auto& commit = std::get<Commit>(content.content.body);
  const bool external = sender.type == SenderType::new_member_commit;
  if (!external && sender.leaf() == state.self) return std::unexpected(Error::own_message);
  if (external && !allowed_from_outside(commit, environment.external_commits)) {
    return std::unexpected(Error::not_allowed);
  }
  const auto list = resolve(state, commit, sender);
  if (!list) return std::unexpected(list.error());
  auto applied = apply_list(state, *list, sender, ListContext::ordinary, environment);
  if (!applied) return std::unexpected(applied.error());
  if ((applied->path_required || external) && !commit.path) return std::unexpected(Error::invalid_list);
  CommitReceived event{sender, {state.context.epoch.value + 1}, applied->removes_self, applied->added_leaves()};
  const auto committer = external ? applied->tree.next_free_leaf() : sender.leaf();
  if (external) {
    if (auto done = applied->tree.make_room(committer); !done) return std::unexpected(done.error());
    event.added.push_back(committer);
  }
  const auto steps = merge_checked(state, applied->tree, *applied, commit, committer, environment);
  if (!steps) return std::unexpected(steps.error());
  // Who is removed cannot know the new epoch's secrets; everything else has been checked.
  if (applied->removes_self) return Processed{removed_state(state), std::move(event)};
  auto next = start_next(state, *applied);
  if (!next) return std::unexpected(next.error());
  const auto commit_secret = commit_secret_of(state, *next, *applied, commit, *steps);
  if (!commit_secret) return std::unexpected(commit_secret.error());
  const auto init_secret = init_secret_for(state, *applied);
  if (!init_secret) return std::unexpected(init_secret.error());
  const auto psks = find_psks(state, environment.psks, applied->psks);
  if (!psks) return std::unexpected(psks.error());
  const auto psk = psk_secret(*state.suite, *psks);
  if (!psk) return std::unexpected(psk.error());
  const auto entered = enter_epoch(*next, state, content, {init_secret->view(), commit_secret->view(), psk->view()});
  if (!entered) return std::unexpected(entered.error());
  if (!constant_time_equal(next->confirmation_tag, content.auth.confirmation_tag)) {
    return std::unexpected(Error::refused);
  }
  return Processed{std::move(*next), std::move(event)};
}

}  // namespace pqc::mls
