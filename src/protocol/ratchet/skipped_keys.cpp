#include "protocol/ratchet/skipped_keys.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "protocol/ratchet/limits.h"

namespace pqc::ratchet {
namespace {

using Place = std::pair<std::uint64_t, std::uint32_t>;

Place place_of(const SkippedKey& key) {
  return {key.turn, key.number};
}

}  // namespace

bool SkippedKeys::has_turn(std::uint64_t turn) const {
  const auto at = std::ranges::lower_bound(keys_, turn, {}, &SkippedKey::turn);
  return at != keys_.end() && at->turn == turn;
}

std::optional<std::size_t> SkippedKeys::find(std::uint64_t turn, std::uint32_t number) const {
  const Place place{turn, number};
  const auto at = std::ranges::lower_bound(keys_, place, {}, place_of);
  if (at == keys_.end() || place_of(*at) != place) return std::nullopt;
  return static_cast<std::size_t>(at - keys_.begin());
}

bool SkippedKeys::add(SkippedKey key) {
  if (!keys_.empty() && place_of(keys_.back()) >= place_of(key)) return false;
  keys_.push_back(std::move(key));
  return true;
}

void SkippedKeys::erase(std::size_t position) {
  keys_.erase(keys_.begin() + static_cast<std::ptrdiff_t>(position));
}

void SkippedKeys::erase_turn(std::uint64_t turn) {
  const auto range = std::ranges::equal_range(keys_, turn, {}, &SkippedKey::turn);
  keys_.erase(range.begin(), range.end());
}

void SkippedKeys::reserve_for(std::size_t more) {
  const auto wanted = std::min(keys_.size() + more, max_skipped_keys);
  if (wanted > keys_.capacity()) keys_.reserve(std::min(std::max(wanted, 2 * keys_.capacity()), max_skipped_keys));
}

void SkippedKeys::drop_first(std::size_t count) noexcept {
  keys_.erase(keys_.begin(), keys_.begin() + static_cast<std::ptrdiff_t>(std::min(count, keys_.size())));
}

void SkippedKeys::append(SkippedKeys&& newer) noexcept {
  if (newer.size() > max_skipped_keys) newer.drop_first(newer.size() - max_skipped_keys);
  const auto total = size() + newer.size();
  if (total > max_skipped_keys) drop_first(total - max_skipped_keys);
  std::ranges::move(newer.keys_, std::back_inserter(keys_));
  newer.keys_.clear();
}

}  // namespace pqc::ratchet
