// STUN: what a server reads from strangers, what a client reads from servers, and that a client understands every
// answer that is written.
#include <algorithm>
#include <cstdlib>

#include "net/stun/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pqc;
  namespace stun = net::stun;
  const ByteView input(data, size);
  static_cast<void>(stun::message_size(input));
  if (size >= stun::header_size) {
    // With the id that the message itself has, so that it gets past the comparison.
    stun::TransactionId id{};
    std::copy_n(data + 8, id.size(), id.begin());
    static_cast<void>(stun::parse_answer(input, id));
  }
  const auto request = stun::parse_request(input);
  if (!request) return 0;
  std::array<std::uint8_t, stun::max_answer> out{};
  const stun::Address source{.bytes = {}, .is_v6 = size % 8 == 0, .port = 7};
  const auto mapped = stun::write_mapped(*request, source, out);
  if (request->cookie != 0x2112A442) return 0;
  if (stun::parse_answer(ByteView(out).first(mapped), request->id) != stun::Answer(stun::Mapped{source})) std::abort();
  if (request->unknown_count == 0) return 0;
  const auto unknown = stun::write_unknown(*request, out);
  if (unknown + 28 > 2 * (size + 28)) std::abort();
  if (stun::parse_answer(ByteView(out).first(unknown), request->id) != stun::Answer(stun::Refusal{420})) std::abort();
  return 0;
}
