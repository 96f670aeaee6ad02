#include "server/stun/responder.h"

namespace pqc::server::stun {
namespace {

// One thread writes, so no locked instruction is needed.
void count(std::atomic<std::uint64_t>& counter) {
  counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

}  // namespace

std::size_t Responder::answer(ByteView request, const net::stun::Address& source, Time now, ByteSpan out) {
  const auto parsed = net::stun::parse_request(request);
  if (!parsed) {
    count(counters_.ignored);
    return 0;
  }
  if (!limits_.take(source, now)) {
    count(counters_.rate_limited);
    return 0;
  }
  if (parsed->unknown_count > 0) {
    count(counters_.refused);
    return net::stun::write_unknown(*parsed, out);
  }
  count(counters_.answers);
  return net::stun::write_mapped(*parsed, source, out);
}

}  // namespace pqc::server::stun
