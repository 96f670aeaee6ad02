// One request in, one answer out: what the UDP and the TCP port share (docs/spec/stun.md). Does no I/O; remembers
// nothing about anybody but the rate of sources. One thread; the counters may be read from any.
#pragma once

#include <atomic>
#include <cstdint>

#include "server/stun/source_limits.h"

namespace pqc::server::stun {

struct Counters {
  std::atomic<std::uint64_t> answers{0};
  std::atomic<std::uint64_t> refused{0};  // answered 420
  std::atomic<std::uint64_t> ignored{0};  // no binding request
  std::atomic<std::uint64_t> rate_limited{0};
  std::atomic<std::uint64_t> connections{0};  // accepted on TCP
};

class Responder {
 public:
  using Time = SourceLimits::Time;
  Responder(Rng& rng, Time start, Counters& counters) : limits_(rng, start), counters_(counters) {}

  // Writes the answer into `out`, of net::stun::max_answer bytes, and says its size; 0: there is none.
  std::size_t answer(ByteView request, const net::stun::Address& source, Time now, ByteSpan out);
  Counters& counters() { return counters_; }

 private:
  SourceLimits limits_;
  Counters& counters_;
};

}  // namespace pqc::server::stun
