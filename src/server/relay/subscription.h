// Which messages may be sent to one subscriber now (docs/spec/relay.md §6). Values in, decisions out: no I/O, no
// thread.
//
//   behind ──next_read(), read_done(empty)──► live ──the window is full──► behind
//
// Live: every message that is committed for the mailbox is offered here and sent at once, without reading it back.
// Behind: the mailbox is read page by page, as far as the window of unacknowledged messages has room.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "server/relay/limits.h"
#include "server/storage/store.h"

namespace pqc::server::relay {

struct ReadRequest {
  storage::MessageId after;
  std::size_t items = 0;
  std::size_t bytes = 0;
};

class Subscription {
 public:
  explicit Subscription(storage::MessageId after) : sent_(after) {}

  // A message that was just committed: true when it is to be sent now.
  [[nodiscard]] bool offer(storage::MessageId id, std::size_t size) {
    if (!live_ || id <= sent_) return false;
    if (!has_room()) {
      live_ = false;
      return false;
    }
    record(id, size);
    return true;
  }

  // What to read from the mailbox next, if anything; call after each change.
  [[nodiscard]] std::optional<ReadRequest> next_read() {
    if (live_ || reading_ || !has_room()) return std::nullopt;
    reading_ = true;
    return ReadRequest{sent_, std::min(page_items, window_items - unacknowledged_.size()), page_bytes};
  }
  // Each message of a page, in order; then the end of the page with how many there were.
  void read_one(storage::MessageId id, std::size_t size) { record(id, size); }
  void read_done(std::size_t count) {
    reading_ = false;
    // Reads and appends are one sequence: whatever is committed after an empty page will be offered.
    live_ = count == 0;
  }
  void read_failed() { reading_ = false; }

  void acknowledged(storage::MessageId cursor) {
    std::size_t count = 0;
    while (count < unacknowledged_.size() && unacknowledged_[count].id <= cursor) {
      bytes_ -= unacknowledged_[count].size;
      ++count;
    }
    unacknowledged_.erase(unacknowledged_.begin(), unacknowledged_.begin() + static_cast<std::ptrdiff_t>(count));
    if (unacknowledged_.empty()) std::vector<Sent>().swap(unacknowledged_);
  }

  [[nodiscard]] storage::MessageId sent() const { return sent_; }
  [[nodiscard]] bool live() const { return live_; }

 private:
  struct Sent {
    storage::MessageId id;
    std::size_t size;
  };

  [[nodiscard]] bool has_room() const { return unacknowledged_.size() < window_items && bytes_ < window_bytes; }
  void record(storage::MessageId id, std::size_t size) {
    sent_ = id;
    bytes_ += size;
    unacknowledged_.push_back({id, size});
  }

  storage::MessageId sent_;
  std::vector<Sent> unacknowledged_;
  std::size_t bytes_ = 0;
  bool live_ = false;
  bool reading_ = false;
};

}  // namespace pqc::server::relay
