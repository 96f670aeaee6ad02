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

// Merges the path where there is one, and answers the commit secret.
Result<SecretBytes> take_path(const GroupState& state, GroupState& next, Applied& applied, const Commit& commit,
                              LeafIndex committer, const Environment& environment) {
  const bool all = applied.extensions != state.context.extensions;
  if (!commit.path) {
    if (auto done = check_members(next.tree, applied.extensions, applied.changed, all, environment.credentials);
        !done) {
      return std::unexpected(done.error());
    }
    return SecretBytes(state.suite->secret_size());
  }
  const auto& leaf = commit.path->leaf_node;
  const auto replaced = applied.external_init == nullptr ? std::optional(committer) : applied.replaced;
  const auto* before = replaced ? state.tree.leaf(*replaced) : nullptr;
  if (auto done = check_path_leaf(state, leaf, before, committer, environment); !done) {
    return std::unexpected(done.error());
  }
  const auto steps = merge_path(next.tree, committer, *commit.path);
  if (!steps) return std::unexpected(steps.error());
  applied.changed.push_back(committer);
  if (auto done = check_members(next.tree, applied.extensions, applied.changed, all, environment.credentials); !done) {
    return std::unexpected(done.error());
  }
  next.keys.prune(next.tree);
  const auto context = provisional_context(next, next.tree.root_hash());
  return decrypt_path(*state.suite, next.tree, next.keys, next.self, *steps, *commit.path, applied.added_leaves(),
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
  const auto list = resolve(state, commit, sender);
  if (!list) return std::unexpected(list.error());
  auto applied = apply_list(state, *list, sender, ListContext::ordinary, environment);
  if (!applied) return std::unexpected(applied.error());
  if ((applied->path_required || external) && !commit.path) return std::unexpected(Error::invalid_list);
  CommitReceived event{sender, {state.context.epoch.value + 1}, applied->removes_self, applied->added_leaves()};
  if (applied->removes_self) return Processed{removed_state(state), std::move(event)};
  auto next = start_next(state, *applied);
  if (!next) return std::unexpected(next.error());
  const auto committer = external ? next->tree.next_free_leaf() : sender.leaf();
  if (external) {
    if (auto done = next->tree.make_room(committer); !done) return std::unexpected(done.error());
    event.added.push_back(committer);
  }
  const auto commit_secret = take_path(state, *next, *applied, commit, committer, environment);
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
