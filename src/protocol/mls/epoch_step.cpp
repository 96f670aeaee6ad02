#include "protocol/mls/epoch_step.h"

#include <algorithm>

namespace pqc::mls {
namespace {

std::vector<PastEpoch> remember(const GroupState& state) {
  std::vector<PastEpoch> out;
  const auto& past = state.past;
  for (auto i = past.size() < max_past_epochs ? 0 : past.size() - max_past_epochs + 1; i < past.size(); ++i) {
    out.push_back({past[i].epoch, past[i].resumption_psk.clone()});
  }
  if (!state.epoch.resumption_psk.empty()) {
    out.push_back({state.context.epoch, state.epoch.resumption_psk.clone()});
  }
  return out;
}

}  // namespace

Result<SecretBytes> find_psk(const GroupState& state, const PskStore& store, const PreSharedKeyId& id) {
  const auto from_store = [](std::optional<SecretBytes> found) -> Result<SecretBytes> {
    if (!found) return std::unexpected(Error::unknown_psk);
    return std::move(*found);
  };
  if (id.type == PskType::external) return from_store(store.external(id.psk_id));
  if (id.group_id != state.context.group_id) return from_store(store.resumption(id.group_id, id.epoch));
  if (id.epoch == state.context.epoch && !state.epoch.resumption_psk.empty()) return state.epoch.resumption_psk.clone();
  const auto found = std::ranges::find(state.past, id.epoch, &PastEpoch::epoch);
  if (found != state.past.end()) return found->resumption_psk.clone();
  return from_store(store.resumption(id.group_id, id.epoch));
}

Result<std::vector<Psk>> find_psks(const GroupState& state, const PskStore& store,
                                   const std::vector<PreSharedKeyId>& ids) {
  std::vector<Psk> out;
  for (const auto& id : ids) {
    auto secret = find_psk(state, store, id);
    if (!secret) return std::unexpected(secret.error());
    out.push_back({id, std::move(*secret)});
  }
  return out;
}

Result<GroupState> start_next(const GroupState& state, Applied& applied) {
  if (state.context.epoch == last_epoch) return std::unexpected(Error::limit);
  GroupState next;
  next.suite = state.suite;
  next.context = state.context;
  ++next.context.epoch.value;
  next.context.extensions = applied.extensions;
  next.tree = std::move(applied.tree);
  next.self = state.self;
  next.keys = state.keys.clone();
  next.signer = state.signer;
  next.past = remember(state);
  if (applied.reinit) {
    next.standing = Standing::reinitialised;
    next.reinit = std::move(applied.reinit);
  }
  if (applied.own_update) {
    const auto pair = std::ranges::find(state.own_updates, *applied.own_update, &hpke::KeyPair::public_key);
    if (pair == state.own_updates.end()) return std::unexpected(Error::refused);
    next.keys.set(node_of(state.self), {pair->private_key.clone(), pair->public_key});
  }
  next.keys.prune(next.tree);
  return next;
}

Bytes provisional_context(const GroupState& next, ByteView tree_hash) {
  auto context = next.context;
  context.tree_hash = to_bytes(tree_hash);
  return encode(context);
}

Result<JoinerSecrets> enter_epoch(GroupState& next, const GroupState& state, const AuthenticatedContent& content,
                                  const StepSecrets& secrets) {
  const auto& suite = *state.suite;
  next.context.tree_hash = to_bytes(next.tree.root_hash());
  next.context.confirmed_transcript_hash = confirmed_transcript_hash(suite, state.interim_transcript_hash, content);
  auto made = next_epoch(suite, secrets.init_secret, secrets.commit_secret, secrets.psk_secret, encode(next.context));
  if (!made) return std::unexpected(made.error());
  auto tag = confirmation_tag(suite, made->epoch, next.context.confirmed_transcript_hash);
  if (!tag) return std::unexpected(tag.error());
  next.interim_transcript_hash = interim_transcript_hash(suite, next.context.confirmed_transcript_hash, *tag);
  next.confirmation_tag = std::move(*tag);
  next.epoch = std::move(made->epoch);
  next.secrets = SecretTree(suite, next.tree.width(), std::move(next.epoch.encryption_secret));
  return std::move(made->joiner);
}

Result<GroupInfo> make_group_info(const GroupState& state, bool with_tree, bool with_external_pub, Rng& rng) {
  GroupInfo info{state.context, {}, state.confirmation_tag, state.self, {}};
  if (with_tree) info.extensions.push_back({extension_type::ratchet_tree, state.tree.encode()});
  if (with_external_pub) {
    const auto pair = external_key_pair(*state.suite, state.epoch);
    if (!pair) return std::unexpected(pair.error());
    info.extensions.push_back({extension_type::external_pub, encode(pair->public_key)});
  }
  return state.signer->sign_with_label("GroupInfoTBS", unsigned_part(info), rng).transform([&](Bytes signature) {
    info.signature = std::move(signature);
    return std::move(info);
  });
}

}  // namespace pqc::mls
