#include "protocol/mls/pending_choice.h"

#include <algorithm>
#include <set>

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

}  // namespace

std::vector<ProposalRef> choose_pending(const GroupState& state, bool others_by_value) {
  const auto& all = state.pending;
  const bool only_reinit = !others_by_value && std::ranges::all_of(all, [](const auto& one) {
    return std::holds_alternative<ReInit>(one.proposal.body);
  });
  std::vector<ProposalRef> out;
  std::set<Bytes> added, psks;
  bool has_extensions = false;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& pending = all[i];
    if (target(pending) == state.self || superseded(all, i)) continue;
    if (as<ReInit>(pending) != nullptr && (!only_reinit || !out.empty())) continue;
    if (as<GroupContextExtensions>(pending) != nullptr && std::exchange(has_extensions, true)) continue;
    if (const auto* add = as<Add>(pending); add != nullptr) {
      if (!added.insert(add->key_package.leaf_node.signature_key).second) continue;
    }
    if (const auto* psk = as<PreSharedKey>(pending); psk != nullptr && !psks.insert(encode(psk->psk)).second) continue;
    out.push_back(pending.ref);
  }
  return out;
}

}  // namespace pqc::mls
