// Keys of messages that were passed over and may still come (docs/spec/ratchet.md §6).
//
// Sorted by (turn, number); keys are only ever added behind all others, so a look-up is a binary search. In locked
// memory, none is allocated as long as nothing is passed over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/locked_arena.h"
#include "protocol/ratchet/key_schedule.h"

namespace pqc::ratchet {

struct SkippedKey {
  std::uint64_t turn = 0;
  std::uint32_t number = 0;
  MessageKey key;
};

class SkippedKeys {
 public:
  [[nodiscard]] std::size_t size() const { return keys_.size(); }
  [[nodiscard]] bool empty() const { return keys_.empty(); }
  [[nodiscard]] std::span<const SkippedKey> all() const { return keys_; }
  [[nodiscard]] bool has_turn(std::uint64_t turn) const;
  // The position of a key, valid until the next change.
  [[nodiscard]] std::optional<std::size_t> find(std::uint64_t turn, std::uint32_t number) const;

  // False, and nothing added, unless (turn, number) comes behind all keys that are there.
  bool add(SkippedKey key);
  void erase(std::size_t position);
  void erase_turn(std::uint64_t turn);
  // Makes room, so that append() of `more` keys cannot fail.
  void reserve_for(std::size_t more);
  // Takes over all keys of `newer`; over max_skipped_keys the first of all are dropped.
  void append(SkippedKeys&& newer) noexcept;

 private:
  void drop_first(std::size_t count) noexcept;

  std::vector<SkippedKey, LockedAllocator<SkippedKey>> keys_;
};

}  // namespace pqc::ratchet
