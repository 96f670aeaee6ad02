#include "protocol/mls/proposal_list.h"

#include <algorithm>
#include <set>

namespace pqc::mls {
namespace {

template <class T>
const T* as(const ListedProposal& listed) {
  return std::get_if<T>(&listed.proposal->body);
}

template <class T>
auto count_of(const std::vector<ListedProposal>& list) {
  return static_cast<std::size_t>(std::ranges::count_if(list, [](const auto& one) { return as<T>(one) != nullptr; }));
}

std::unexpected<Error> invalid() {
  return std::unexpected(Error::invalid_list);
}

// RFC 9420 §12.1.6, §12.1.8: what may come from members, from outside, and from someone who asks to be added. What an
// external commit holds, check_external_list says.
bool sender_may(const ListedProposal& listed) {
  switch (listed.sender.type) {
    case SenderType::member:
      return as<ExternalInit>(listed) == nullptr;
    case SenderType::new_member_commit:
      return true;
    case SenderType::external:
      return as<Update>(listed) == nullptr && as<ExternalInit>(listed) == nullptr;
    case SenderType::new_member_proposal:
      return as<Add>(listed) != nullptr;
  }
  return false;
}

Result<void> check_update(const GroupState& state, const Update& update, const ListedProposal& listed,
                          const Environment& environment) {
  const auto* before = state.tree.leaf(listed.sender.leaf());
  const auto& leaf = update.leaf_node;
  if (listed.sender.type != SenderType::member || before == nullptr || leaf.source != LeafNodeSource::update ||
      leaf.encryption_key == before->encryption_key) {
    return invalid();
  }
  if (listed.verified) return {};
  if (leaf.credential != before->credential &&
      !environment.credentials.accepts_successor(before->credential, leaf.credential)) {
    return std::unexpected(Error::credential);
  }
  return check_leaf(rules_of(state, environment), leaf, state.context.group_id, listed.sender.leaf());
}

Result<void> check_psk(const GroupState& state, const PreSharedKeyId& psk, ListContext where) {
  const bool of_continuation =
      psk.type == PskType::resumption && (psk.usage == PskUsage::reinit || psk.usage == PskUsage::branch);
  if (psk.psk_id.size() > max_id_size || psk.group_id.size() > max_id_size) return std::unexpected(Error::limit);
  if (psk.nonce.size() != state.suite->secret_size() || (of_continuation && where == ListContext::ordinary)) {
    return invalid();
  }
  return {};
}

Result<void> check_reinit(const GroupState& state, const ReInit& reinit, const Environment& environment) {
  if (reinit.group_id.size() > max_id_size) return std::unexpected(Error::limit);
  const auto* suite = find_suite(reinit.cipher_suite);
  if (suite == nullptr) return std::unexpected(Error::unknown_suite);
  if (!environment.allows(*suite)) return std::unexpected(Error::not_allowed);
  if (reinit.version < state.context.version) return invalid();
  return check_extensions(reinit.extensions, environment.credentials);
}

// RFC 9420 §12.2, for a commit of a member.
Result<void> check_member_list(const std::vector<ListedProposal>& list, LeafIndex committer) {
  std::set<std::uint32_t> touched;
  for (const auto& listed : list) {
    std::optional<LeafIndex> leaf;
    if (as<Update>(listed) != nullptr) leaf = listed.sender.leaf();
    if (const auto* remove = as<Remove>(listed)) leaf = remove->removed;
    if (leaf && (*leaf == committer || !touched.insert(leaf->value).second)) return invalid();
  }
  if (count_of<GroupContextExtensions>(list) > 1) return invalid();
  if (count_of<ReInit>(list) > 0 && list.size() > 1) return invalid();
  return {};
}

// RFC 9420 §12.2, for an external commit.
Result<void> check_external_list(const std::vector<ListedProposal>& list) {
  const auto psks = count_of<PreSharedKey>(list), removes = count_of<Remove>(list);
  if (count_of<ExternalInit>(list) != 1 || removes > 1 || 1 + psks + removes != list.size()) return invalid();
  return {};
}

Result<void> take_psks(const std::vector<ListedProposal>& list, Applied& out) {
  std::set<Bytes> seen;
  for (const auto& listed : list) {
    const auto* psk = as<PreSharedKey>(listed);
    if (psk == nullptr) continue;
    if (!seen.insert(encode(psk->psk)).second || seen.size() > max_psks) return invalid();
    out.psks.push_back(psk->psk);
  }
  return {};
}

void apply_updates(const GroupState& state, const std::vector<ListedProposal>& list, Applied& out) {
  for (const auto& listed : list) {
    const auto* update = as<Update>(listed);
    if (update == nullptr) continue;
    const auto leaf = listed.sender.leaf();
    out.tree.update(leaf, update->leaf_node);
    out.changed.push_back(leaf);
    if (leaf == state.self) out.own_update = update->leaf_node.encryption_key;
  }
}

void apply_removes(const GroupState& state, const std::vector<ListedProposal>& list, bool external, Applied& out) {
  for (const auto& listed : list) {
    const auto* remove = as<Remove>(listed);
    if (remove == nullptr) continue;
    out.tree.remove(remove->removed);
    if (remove->removed == state.self) out.removes_self = true;
    if (external) out.replaced = remove->removed;
  }
}

Result<void> apply_adds(const std::vector<ListedProposal>& list, Applied& out) {
  for (const auto& listed : list) {
    const auto* add = as<Add>(listed);
    if (add == nullptr) continue;
    const auto leaf = out.tree.add(add->key_package.leaf_node);
    if (!leaf) return std::unexpected(leaf.error());
    out.added.emplace_back(*leaf, &add->key_package);
    out.changed.push_back(*leaf);
  }
  return {};
}

void note_others(const std::vector<ListedProposal>& list, Applied& out) {
  for (const auto& listed : list) {
    if (const auto* context = as<GroupContextExtensions>(listed)) out.extensions = context->extensions;
    if (const auto* init = as<ExternalInit>(listed)) out.external_init = &init->kem_output;
    if (const auto* reinit = as<ReInit>(listed)) out.reinit = *reinit;
    out.path_required = out.path_required || as<Update>(listed) != nullptr || as<Remove>(listed) != nullptr ||
                        as<ExternalInit>(listed) != nullptr || as<GroupContextExtensions>(listed) != nullptr;
  }
  if (list.empty()) out.path_required = true;
}

// Whether the leaf is, but for its encryption key, what stood there before, and so needs no look at the others.
bool same_member(const RatchetTree& before, const RatchetTree& after, LeafIndex index) {
  const auto* one = before.leaf(index);
  const auto& other = *after.leaf(index);
  return one != nullptr && one->signature_key == other.signature_key && one->credential == other.credential &&
         one->capabilities == other.capabilities;
}

}  // namespace

std::vector<LeafIndex> Applied::added_leaves() const {
  std::vector<LeafIndex> out;
  for (const auto& [leaf, package] : added) out.push_back(leaf);
  return out;
}

Result<std::vector<ListedProposal>> resolve(const GroupState& state, const Commit& commit, Sender committer) {
  std::vector<ListedProposal> out;
  std::set<Bytes> referenced;
  for (const auto& item : commit.proposals) {
    if (const auto* proposal = std::get_if<Proposal>(&item.body)) {
      out.push_back({proposal, committer, false});
      continue;
    }
    const auto& ref = std::get<ProposalRef>(item.body);
    if (committer.type != SenderType::member || !referenced.insert(ref.hash).second) return invalid();
    const auto found = std::ranges::find(state.pending, ref, &PendingProposal::ref);
    if (found == state.pending.end()) return std::unexpected(Error::unknown_proposal);
    out.push_back({&found->proposal, found->sender, true});
  }
  return out;
}

Result<void> check_extensions(const std::vector<Extension>& extensions, const CredentialPolicy& policy) {
  if (!distinct(extensions)) return invalid();
  if (encoded_size(extensions) > max_extensions_size) return std::unexpected(Error::limit);
  const auto* senders = find_extension(extensions, extension_type::external_senders);
  if (senders == nullptr) return {};
  const auto decoded = decode<ExternalSenders>(*senders);
  if (!decoded) return std::unexpected(Error::malformed);
  const bool accepted = std::ranges::all_of(
      decoded->list, [&](const ExternalSender& one) { return policy.accepts(one.credential, one.signature_key); });
  return accepted ? Result<void>{} : std::unexpected(Error::credential);
}

Result<void> check_proposal(const GroupState& state, const ListedProposal& listed, ListContext where,
                            const Environment& environment) {
  if (!sender_may(listed)) return invalid();
  if (!listed.verified && encoded_size(*listed.proposal) > max_proposal_size) return std::unexpected(Error::limit);
  if (const auto* add = as<Add>(listed); add != nullptr && !listed.verified) {
    return check_key_package(rules_of(state, environment), add->key_package);
  }
  if (const auto* update = as<Update>(listed)) return check_update(state, *update, listed, environment);
  if (const auto* remove = as<Remove>(listed); remove != nullptr && state.tree.leaf(remove->removed) == nullptr) {
    return invalid();
  }
  if (const auto* psk = as<PreSharedKey>(listed)) return check_psk(state, psk->psk, where);
  if (const auto* reinit = as<ReInit>(listed)) return check_reinit(state, *reinit, environment);
  if (const auto* context = as<GroupContextExtensions>(listed)) {
    return check_extensions(context->extensions, environment.credentials);
  }
  return {};
}

namespace {

// Each by itself, spread over the executor's threads; the error is that of the first bad one.
Result<void> check_each(const GroupState& state, const std::vector<ListedProposal>& list, ListContext where,
                        const Environment& environment) {
  std::vector<Result<void>> results(list.size());
  run_all(environment.executor, list.size(),
          [&](std::size_t i) { results[i] = check_proposal(state, list[i], where, environment); });
  const auto bad = std::ranges::find_if(results, [](const auto& result) { return !result; });
  return bad == results.end() ? Result<void>{} : *bad;
}

}  // namespace

Result<Applied> apply_list(const GroupState& state, const std::vector<ListedProposal>& list, Sender committer,
                           ListContext where, const Environment& environment) {
  const bool external = committer.type != SenderType::member;
  if (auto done = check_each(state, list, where, environment); !done) return std::unexpected(done.error());
  auto valid = external ? check_external_list(list) : check_member_list(list, committer.leaf());
  if (!valid) return std::unexpected(valid.error());
  Applied out{.tree = state.tree,
              .extensions = state.context.extensions,
              .added = {},
              .changed = {},
              .psks = {},
              .reinit = {},
              .replaced = {},
              .own_update = {}};
  note_others(list, out);
  apply_updates(state, list, out);
  apply_removes(state, list, external, out);
  return apply_adds(list, out).and_then([&] { return take_psks(list, out); }).transform([&] { return std::move(out); });
}

Result<void> check_members(const GroupState& state, const RatchetTree& tree, const Applied& applied,
                           const CredentialPolicy& policy) {
  // Of a path's maker that stays who it was, the one new key was looked for in the whole tree with the path's others.
  std::vector<LeafIndex> changed;
  bool others = false;
  for (const auto index : applied.changed) {
    const bool same = same_member(state.tree, tree, index);
    others = others || !same;
    if (!same || tree.leaf(index)->source != LeafNodeSource::commit) changed.push_back(index);
  }
  if (!changed.empty() && !tree.keys_unique(changed)) return invalid();
  if (others && !clients_distinct(tree, policy)) return invalid();
  if (others || applied.extensions != state.context.extensions) return check_compatible(tree, applied.extensions);
  const bool supported = std::ranges::all_of(
      applied.changed, [&](LeafIndex index) { return supports(*tree.leaf(index), applied.extensions); });
  return supported ? Result<void>{} : std::unexpected(Error::invalid_leaf);
}

}  // namespace pqc::mls
