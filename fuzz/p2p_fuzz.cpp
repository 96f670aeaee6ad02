// What direct chats read from outside: hellos, contents, addresses, relays, tickets, codes, what lies in a slot,
// frames, the file of known peers, what others nearby announce. What decodes, encodes to the same bytes again.
#include <algorithm>
#include <cstdlib>

#include "p2p/address.h"
#include "p2p/content.h"
#include "p2p/frame_reader.h"
#include "p2p/hello.h"
#include "p2p/limits.h"
#include "p2p/meeting_seal.h"
#include "p2p/nearby.h"
#include "p2p/peers.h"
#include "p2p/ticket.h"
#include "p2p/turn_uri.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pqc;
  const ByteView input(data, size);
  if (const auto hello = p2p::decode_hello(input); hello && p2p::encode(*hello) != to_bytes(input)) std::abort();
  if (const auto content = p2p::decode_content(input);
      content && !std::holds_alternative<p2p::Unknown>(*content) && p2p::encode(*content) != to_bytes(input))
    std::abort();
  if (const auto peers = p2p::decode_peers(input); peers && p2p::decode_peers(p2p::encode(*peers)) != *peers)
    std::abort();
  if (const auto address = p2p::parse_address(as_text(input), true);
      address && p2p::parse_address(p2p::to_text(*address), true) != *address)
    std::abort();
  if (const auto ticket = p2p::parse_ticket(as_text(input), {0});
      ticket && p2p::parse_ticket(p2p::to_text(*ticket), {0}) != *ticket)
    std::abort();
  if (const auto candidates = p2p::decode_candidates(input);
      candidates && p2p::encode_candidates(*candidates) != to_bytes(input))
    std::abort();
  if (const auto code = p2p::parse_meeting_code(as_text(input))) {
    const auto again = p2p::parse_meeting_code(p2p::to_text(*code));
    if (!again || !again->equals(*code)) std::abort();
  }
  static const auto seal = p2p::MeetingSeal::make(p2p::MeetingCode(), {}).value();
  if (seal.open(p2p::Round::offer, input)) std::abort();
  if (const auto uri = p2p::parse_turn_uri(as_text(input)); uri && uri->server.port == 0) std::abort();
  std::vector<std::string> texts;
  for (std::size_t at = 0; at < size; at += 39)
    texts.emplace_back(as_text(input.subspan(at, std::min<std::size_t>(39, size - at))));
  if (const auto tag = p2p::parse_texts(texts)) {
    const auto again = p2p::parse_texts(p2p::to_texts(*tag));
    if (!again || again->salt != tag->salt || again->tag != tag->tag) std::abort();
  }
  if (p2p::check_nearby_name(as_text(input)) && size > p2p::limits::nearby_name) std::abort();
  p2p::FrameReader frames;
  frames.set_longest(256);
  for (std::size_t at = 0; at < size; at += 7) {
    frames.append(input.subspan(at, std::min<std::size_t>(7, size - at)));
    while (const auto frame = frames.next())
      if (frame->empty() || frame->size() > 256) std::abort();
  }
  return 0;
}
