#include "p2p/meeting.h"

#include <algorithm>

#include "p2p/limits.h"
#include "p2p/local_identity.h"

namespace pqc::p2p {

using client::Result;
using client::Status;

Result<Ticket> Meeting::make(Ticket::Kind kind, const Address& at) {
  if (const auto bound = transport_.bind(at); !bound) return std::unexpected(bound.error());
  constexpr std::int64_t minute = 60'000;
  const auto life = std::chrono::milliseconds(limits::ticket_life).count();
  ours_.kind = kind;
  ours_.expires = {(party_.clock.now().value + life) / minute * minute};
  std::ranges::copy(identity_hash(party_.record), ours_.identity.begin());
  ours_.certificate = transport_.fingerprint().bytes;
  ours_.candidates = transport_.candidates();
  if (ours_.candidates.size() > limits::candidates) ours_.candidates.resize(limits::candidates);
  if (ours_.candidates.empty())
    return client::fail(ExitCode::unreachable, "this machine has no address, not even its own: is a network up?");
  expiry_ = loop_.after(limits::ticket_life,
                        [this] { chat_.abandon({ExitCode::timed_out, "the ticket has expired, and nobody came"}); });
  return ours_;
}

Result<Ticket> Meeting::offer(const Address& at) {
  return make(Ticket::Kind::offer, at);
}

void Meeting::ask_for_answer() {
  chat_.ask([this](const std::string& line) { return take_answer(line); });
}

Status Meeting::take_answer(std::string_view text) {
  const auto answer = parse_ticket(text, party_.clock.now());
  if (!answer) return std::unexpected(answer.error());
  if (answer->kind != Ticket::Kind::answer)
    return client::fail(ExitCode::refused,
                        "this ticket is an offer too: one side has to join the other's, with pqc-chat p2p join TICKET");
  if (answer->answers != hash_of(ours_))
    return client::fail(ExitCode::refused, "this ticket answers another one than yours");
  know(*answer);
  transport_.connect_any(answer->candidates, chat_.connecting());
  return {};
}

Result<Ticket> Meeting::join(std::string_view offer, const Address& at) {
  const auto theirs = parse_ticket(offer, party_.clock.now());
  if (!theirs) return std::unexpected(theirs.error());
  if (theirs->kind != Ticket::Kind::offer)
    return client::fail(ExitCode::refused, "this ticket is an answer: it belongs into the chat of who offered");
  ours_.answers = hash_of(*theirs);
  const auto ticket = make(Ticket::Kind::answer, at);
  if (!ticket) return ticket;
  know(*theirs);
  if (const auto listening = chat_.listen(transport_, at); !listening) return std::unexpected(listening.error());
  return ticket;
}

void Meeting::know(const Ticket& peer) {
  transport_.pin({peer.certificate});
  chat_.expect(to_bytes(peer.identity));
}

}  // namespace pqc::p2p
