// Who sent what, what the server accepted, and what arrived: decides whether every accepted message arrived exactly
// once and each sender's messages in the order they were accepted. One thread at a time.
//
// A body begins with a stamp: run, sender, number (from 0, counted up by the sender), send time. The rest is random
// bytes, as sealed messages are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"

namespace pqc::bench {

struct Stamp {
  std::uint64_t run = 0;
  std::uint32_t sender = 0;
  std::uint64_t number = 0;
  std::uint64_t sent_at = 0;  // nanoseconds of the monotonic clock
  friend bool operator==(const Stamp&, const Stamp&) = default;
};

inline constexpr std::size_t stamp_size = 28;

// `body` has at least stamp_size bytes.
void write_stamp(const Stamp& stamp, ByteSpan body);
std::optional<Stamp> read_stamp(ByteView body);

struct Verdict {
  std::uint64_t accepted = 0;      // the server answered that it has them
  std::uint64_t refused = 0;       // the server answered that it does not take them
  std::uint64_t unanswered = 0;    // sent, no answer
  std::uint64_t arrived = 0;       // different messages
  std::uint64_t lost = 0;          // accepted, never arrived
  std::uint64_t duplicated = 0;    // arrived more than once
  std::uint64_t out_of_order = 0;  // arrived after a later one of the same sender
  std::uint64_t foreign = 0;       // arrived, but never sent in this run, or to another receiver
  [[nodiscard]] bool ok() const { return lost + duplicated + out_of_order + foreign == 0; }
};

class Ledger {
 public:
  Ledger(std::uint64_t run, std::uint32_t senders);

  // The number for the sender's next message.
  std::uint64_t send(std::uint32_t sender);
  void accepted(std::uint32_t sender, std::uint64_t number);
  void refused(std::uint32_t sender, std::uint64_t number);
  // `receiver_of` is the sender whose messages this receiver gets.
  void arrived(const std::optional<Stamp>& stamp, std::uint32_t receiver_of);

  [[nodiscard]] std::uint64_t run() const { return run_; }
  [[nodiscard]] std::uint64_t total_accepted() const { return accepted_; }
  [[nodiscard]] std::uint64_t total_arrived() const { return arrived_; }
  // Whether all that was sent was answered.
  [[nodiscard]] bool all_answered() const { return accepted_ + refused_ == sent_; }
  // And all that was accepted arrived.
  [[nodiscard]] bool settled() const;
  [[nodiscard]] Verdict verdict() const;

 private:
  enum State : std::uint8_t { was_accepted = 1, was_refused = 2, has_arrived = 4 };
  struct Sender {
    std::vector<std::uint8_t> states;  // of each number
    std::uint64_t next_in_order = 0;   // one above the highest that arrived
  };
  std::uint8_t* state_of(std::uint32_t sender, std::uint64_t number);

  std::uint64_t run_;
  std::vector<Sender> senders_;
  std::uint64_t sent_ = 0;
  std::uint64_t accepted_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t arrived_ = 0;
  std::uint64_t accepted_and_arrived_ = 0;
  std::uint64_t duplicated_ = 0;
  std::uint64_t out_of_order_ = 0;
  std::uint64_t foreign_ = 0;
};

}  // namespace pqc::bench
