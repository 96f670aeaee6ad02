#include "p2p/meeting.h"

#include <algorithm>

#include "p2p/limits.h"
#include "p2p/local_identity.h"

namespace pqc::p2p {

using client::Result;
using client::Status;

void Meeting::make(Ticket::Kind kind, const Address& at, TakeTicket take) {
  ours_.kind = kind;
  const auto role = kind == Ticket::Kind::offer ? net::QuicRole::client : net::QuicRole::server;
  transport_.gather(at, role, [this, take = std::move(take)](const Status& gathered) {
    take(gathered ? complete() : std::unexpected(gathered.error()));
  });
}

Result<Ticket> Meeting::complete() {
  constexpr std::int64_t minute = 60'000;
  const auto life = std::chrono::milliseconds(limits::ticket_life).count();
  ours_.expires = {(party_.clock.now().value + life) / minute * minute};
  std::ranges::copy(identity_hash(party_.record), ours_.identity.begin());
  ours_.certificate = transport_.fingerprint().bytes;
  ours_.ice = transport_.keys();
  ours_.candidates = by_need(transport_.candidates());
  if (ours_.candidates.empty())
    return client::fail(ExitCode::unreachable, "this machine has no address, not even its own: is a network up?");
  expiry_ = loop_.after(limits::ticket_life,
                        [this] { chat_.abandon({ExitCode::timed_out, "the ticket has expired, and nobody came"}); });
  return ours_;
}

void Meeting::offer(const Address& at, TakeTicket take) {
  make(Ticket::Kind::offer, at, std::move(take));
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
  chat_.expect(to_bytes(answer->identity));
  transport_.connect(*answer, chat_.connecting());
  return {};
}

void Meeting::join(std::string_view offer, const Address& at, TakeTicket take) {
  const auto theirs = parse_ticket(offer, party_.clock.now());
  if (!theirs) return take(std::unexpected(theirs.error()));
  if (theirs->kind != Ticket::Kind::offer)
    return take(client::fail(ExitCode::refused, "this ticket is an answer: it belongs into the chat of who offered"));
  ours_.answers = hash_of(*theirs);
  make(Ticket::Kind::answer, at, [this, offered = *theirs, take = std::move(take)](const Result<Ticket>& made) {
    take(made ? answer(offered) : made);
  });
}

Result<Ticket> Meeting::answer(const Ticket& offer) {
  chat_.expect(to_bytes(offer.identity));
  if (const auto begun = transport_.accept(offer, chat_.listening()); !begun) return std::unexpected(begun.error());
  return ours_;
}

}  // namespace pqc::p2p
