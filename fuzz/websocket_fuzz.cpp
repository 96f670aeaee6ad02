// WebSocket frames in pieces of any size: the same messages, or the same error, as in one piece.
#include <cstdlib>

#include "net/websocket.h"

namespace {

using namespace pqc;

struct Outcome {
  std::vector<Bytes> messages;
  bool failed = false;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome read_all(Bytes bytes, net::Endpoint endpoint, std::size_t piece_size) {
  net::WebSocketReader reader(endpoint, 4096);
  Outcome outcome;
  ByteSpan rest(bytes);
  while (!rest.empty()) {
    auto piece = rest.first(std::min(piece_size, rest.size()));
    rest = rest.subspan(piece.size());
    while (true) {
      const auto message = reader.next(piece);
      if (!message) {
        outcome.failed = true;
        return outcome;
      }
      if (!*message) break;
      outcome.messages.push_back(to_bytes((*message)->payload));
    }
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto endpoint = (data[0] & 1) != 0 ? net::Endpoint::server : net::Endpoint::client;
  const Bytes bytes(data + 2, data + size);
  if (read_all(bytes, endpoint, bytes.size() + 1) != read_all(bytes, endpoint, 1u + data[1])) std::abort();
  return 0;
}
