#include "protocol/mls/pending_choice.h"

#include <algorithm>
#include <span>

#include "protocol/mls/proposal_list.h"

namespace pqc::mls {
namespace {

template <class T>
const T* as(const PendingProposal& pending) {
  return std::get_if<T>(&pending.proposal.body);
}

// The leaf that a proposal is about.
std::optional<LeafIndex> target(const PendingProposal& pending) {
  if (as<Update>(pending) != nullptr) return pending.sender.leaf();
  if (const auto* remove = as<Remove>(pending)) return remove->removed;
  return std::nullopt;
}

// Whether a later proposal about the same leaf, or an earlier or later Remove before an Update, takes its place.
bool superseded(const std::vector<PendingProposal>& all, std::size_t index) {
  const auto leaf = target(all[index]);
  if (!leaf) return false;
  const bool is_remove = as<Remove>(all[index]) != nullptr;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i == index || target(all[i]) != leaf) continue;
    const bool other_is_remove = as<Remove>(all[i]) != nullptr;
    if (other_is_remove && !is_remove) return true;
    if (other_is_remove == is_remove && i > index) return true;
  }
  return false;
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
                  std::vector<ProposalRef>& chosen, const Environment& environment) {
  if (candidates.empty()) return;
  const auto before = static_cast<std::ptrdiff_t>(list.size());
  for (const auto* one : candidates) list.push_back({&one->proposal, one->sender, true});
  if (valid(state, list, environment)) {
    for (const auto* one : candidates) chosen.push_back(one->ref);
    return;
  }
  list.erase(list.begin() + before, list.end());
  if (candidates.size() == 1) return;
  const auto half = candidates.size() / 2;
  choose_among(state, candidates.first(half), list, chosen, environment);
  choose_among(state, candidates.subspan(half), list, chosen, environment);
}

}  // namespace

std::vector<ProposalRef> choose_pending(const GroupState& state, const std::vector<Proposal>& by_value,
                                        const Environment& environment) {
  const auto& all = state.pending;
  const bool only_reinit =
      by_value.empty() && std::ranges::all_of(all, [](const auto& one) { return as<ReInit>(one) != nullptr; });
  std::vector<const PendingProposal*> candidates;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (target(all[i]) == state.self || superseded(all, i)) continue;
    if (as<ReInit>(all[i]) == nullptr || only_reinit) candidates.push_back(&all[i]);
  }
  // Those by value are checked whole when the commit is made.
  List list;
  for (const auto& proposal : by_value) list.push_back({&proposal, {SenderType::member, state.self.value}, true});
  std::vector<ProposalRef> chosen;
  choose_among(state, candidates, list, chosen, environment);
  return chosen;
}

}  // namespace pqc::mls
