// Message ids: 0 ‖ epoch(14) ‖ shard(9) ‖ sequence(40), docs/spec/relay.md §6. Within a mailbox ids rise: the epoch
// goes up when a mailbox moves between shards or a database was restored, so what comes later is always higher.
#pragma once

#include <cstdint>

#include "server/storage/limits.h"
#include "server/storage/store.h"

namespace pqc::server::storage {

struct MessageIdParts {
  std::uint64_t epoch = 0;
  std::uint64_t shard = 0;
  std::uint64_t sequence = 0;
  friend bool operator==(const MessageIdParts&, const MessageIdParts&) = default;
};

static_assert(1 + epoch_bits + shard_bits + sequence_bits == 64);

constexpr MessageId pack(const MessageIdParts& parts) {
  return {parts.epoch << (shard_bits + sequence_bits) | parts.shard << sequence_bits | parts.sequence};
}

constexpr MessageIdParts unpack(MessageId id) {
  return {id.value >> (shard_bits + sequence_bits), id.value >> sequence_bits & ((1u << shard_bits) - 1),
          id.value & ((std::uint64_t{1} << sequence_bits) - 1)};
}

// Gives out ids below a mark that is on disk already; says when the mark has to be moved.
class MessageIds {
 public:
  void start(std::uint64_t epoch, std::uint64_t shard, std::uint64_t next_sequence) {
    next_ = {epoch, shard, next_sequence};
    reserved_ = next_sequence;
  }
  // The mark to store before next() may be called, or 0 when there are ids left.
  [[nodiscard]] std::uint64_t wanted_mark() const {
    return next_.sequence < reserved_ ? 0 : next_.sequence + sequence_block;
  }
  void reserved(std::uint64_t mark) { reserved_ = mark; }
  // The transaction that stored the mark was rolled back, perhaps: it has to be stored again.
  void forget_reservation() { reserved_ = next_.sequence; }
  [[nodiscard]] MessageId next() {
    const auto id = pack(next_);
    ++next_.sequence;
    return id;
  }

 private:
  MessageIdParts next_;
  std::uint64_t reserved_ = 0;
};

}  // namespace pqc::server::storage
