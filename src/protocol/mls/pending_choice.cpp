#include "protocol/mls/pending_choice.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>

#include "protocol/mls/proposal_list.h"

namespace pqc::mls {
namespace {

template <class T>
const T* as(const PendingProposal& pending) {
  return std::get_if<T>(&pending.proposal.body);
}

Bytes client_of(const Add& add, const CredentialPolicy& policy) {
  const auto& leaf = add.key_package.leaf_node;
  return policy.client_of(leaf.credential, leaf.signature_key);
}

bool from_outside(const PendingProposal& pending) {
  return pending.sender.type != SenderType::member;
}

// The leaf that a proposal is about.
std::optional<LeafIndex> target(const PendingProposal& pending) {
  if (as<Update>(pending) != nullptr) return pending.sender.leaf();
  if (const auto* remove = as<Remove>(pending)) return remove->removed;
  return std::nullopt;
}

using Candidates = std::vector<const PendingProposal*>;

// What the caller wants: all of members, or none, and what it names.
Candidates wanted(const GroupState& state, const CommitOptions& options) {
  Candidates out;
  for (const auto& one : state.pending) {
    const bool unasked = options.include_pending && !from_outside(one);
    if (unasked || std::ranges::contains(options.named, one.ref)) out.push_back(&one);
  }
  return out;
}

// Of the proposals about one leaf, the last Remove, or where there is none the last Update.
std::map<std::uint32_t, const PendingProposal*> last_about_each_leaf(const Candidates& all) {
  std::map<std::uint32_t, const PendingProposal*> out;
  for (const auto* one : all) {
    const auto leaf = target(*one);
    if (!leaf) continue;
    auto& last = out[leaf->value];
    if (last == nullptr || as<Remove>(*one) != nullptr || as<Remove>(*last) == nullptr) last = one;
  }
  return out;
}

void leave_out_conflicts(const GroupState& state, bool only_reinit, Candidates& all) {
  const auto last = last_about_each_leaf(all);
  std::erase_if(all, [&](const PendingProposal* one) {
    const auto leaf = target(*one);
    return (leaf && (*leaf == state.self || last.at(leaf->value) != one)) ||
           (as<ReInit>(*one) != nullptr && !only_reinit);
  });
}

// The clients that the next epoch has before the candidates' Adds.
std::set<Bytes> clients_after(const GroupState& state, const Candidates& all, const std::vector<Proposal>& by_value,
                              const CredentialPolicy& policy) {
  std::set<std::uint32_t> gone;
  for (const auto* one : all) {
    if (const auto* remove = as<Remove>(*one)) gone.insert(remove->removed.value);
  }
  std::set<Bytes> out;
  for (const auto& proposal : by_value) {
    if (const auto* remove = std::get_if<Remove>(&proposal.body)) gone.insert(remove->removed.value);
    if (const auto* add = std::get_if<Add>(&proposal.body)) out.insert(client_of(*add, policy));
  }
  for (std::uint32_t i = 0; i < state.tree.width(); ++i) {
    const auto* leaf = state.tree.leaf({i});
    if (leaf != nullptr && !gone.contains(i)) out.insert(policy.client_of(leaf->credential, leaf->signature_key));
  }
  return out;
}

// What is plainly of no use is passed over in one pass, so that many of them cost no search: who is in or comes twice,
// secrets that we lack.
void leave_out_useless(const GroupState& state, const std::vector<Proposal>& by_value, const Environment& environment,
                       Candidates& all) {
  const bool adds = std::ranges::any_of(all, [](const auto* one) { return as<Add>(*one) != nullptr; });
  std::set<Bytes> clients;
  if (adds) clients = clients_after(state, all, by_value, environment.credentials);
  std::erase_if(all, [&](const PendingProposal* one) {
    if (const auto* psk = as<PreSharedKey>(*one)) return !find_psk(state, environment.psks, psk->psk).has_value();
    const auto* add = as<Add>(*one);
    return add != nullptr && !clients.insert(client_of(*add, environment.credentials)).second;
  });
}

using List = std::vector<ListedProposal>;

// Whether a commit of ours may hold the list: rules, keys and clients, secrets that we have.
bool valid(const GroupState& state, const List& list, const Environment& environment) {
  const auto applied =
      apply_list(state, list, {SenderType::member, state.self.value}, ListContext::ordinary, environment);
  return applied && check_members(state, applied->tree, *applied, environment.credentials) &&
         find_psks(state, environment.psks, applied->psks);
}

// Appends the candidates that go together with the list: all at once, or each half by itself, so that few bad ones cost
// few looks.
void choose_among(const GroupState& state, std::span<const PendingProposal* const> candidates, List& list,
                  Candidates& chosen, const Environment& environment) {
  if (candidates.empty()) return;
  const auto before = static_cast<std::ptrdiff_t>(list.size());
  for (const auto* one : candidates) list.push_back({&one->proposal, one->sender, true});
  if (valid(state, list, environment)) {
    chosen.insert(chosen.end(), candidates.begin(), candidates.end());
    return;
  }
  list.erase(list.begin() + before, list.end());
  if (candidates.size() == 1) return;
  const auto half = candidates.size() / 2;
  choose_among(state, candidates.first(half), list, chosen, environment);
  choose_among(state, candidates.subspan(half), list, chosen, environment);
}

}  // namespace

Result<std::vector<ProposalOrRef>> choose_pending(const GroupState& state, const CommitOptions& options,
                                                  const Environment& environment) {
  for (const auto& ref : options.named) {
    if (!std::ranges::contains(state.pending, ref, &PendingProposal::ref)) {
      return std::unexpected(Error::unknown_proposal);
    }
  }
  auto candidates = wanted(state, options);
  const bool only_reinit = options.proposals.empty() &&
                           std::ranges::all_of(candidates, [](const auto* one) { return as<ReInit>(*one) != nullptr; });
  leave_out_conflicts(state, only_reinit, candidates);
  leave_out_useless(state, options.proposals, environment, candidates);
  // Those by value are checked whole when the commit is made.
  List list;
  for (const auto& one : options.proposals) list.push_back({&one, {SenderType::member, state.self.value}, true});
  Candidates chosen;
  choose_among(state, candidates, list, chosen, environment);
  std::vector<ProposalOrRef> out;
  for (const auto* one : chosen) {
    if (from_outside(*one)) {
      out.push_back({one->proposal});
    } else {
      out.push_back({one->ref});
    }
  }
  return out;
}

}  // namespace pqc::mls
