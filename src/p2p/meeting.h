// Two people meet with tickets (docs/spec/p2p.md §13): the one who offers has a ticket and waits for the answer; the
// one who joins has the offer, answers it, and is connected to. Loop thread only.
#pragma once

#include <functional>
#include <string_view>

#include "base/clock.h"
#include "client/loop.h"
#include "p2p/chat.h"
#include "p2p/encryptor.h"
#include "p2p/ice_transport.h"
#include "p2p/ticket.h"

namespace pqc::p2p {

class Meeting {
 public:
  // All outlive it. The chat is for this meeting only.
  Meeting(client::Loop& loop, IceTransport& transport, Chat& chat, const Party& party)
      : loop_(loop), transport_(transport), chat_(chat), party_(party) {}

  using TakeTicket = std::function<void(client::Result<Ticket>)>;

  // Our ticket, which someone has to answer; an empty address stands for every address of this machine. Errors: those
  // of IceTransport::gather.
  void offer(const Address& at, TakeTicket take);
  // The answer to our offer as a line of the user's.
  void ask_for_answer();
  // The answer to our offer; connects. Errors: refused (no ticket, expired, or not the answer).
  client::Status take_answer(std::string_view text);
  // The answer to that ticket. Errors also: refused (no ticket, expired, not an offer).
  void join(std::string_view offer, const Address& at, TakeTicket take);

 private:
  void make(Ticket::Kind kind, const Address& at, TakeTicket take);
  client::Result<Ticket> complete();
  client::Result<Ticket> answer(const Ticket& offer);

  client::Loop& loop_;
  IceTransport& transport_;
  Chat& chat_;
  const Party& party_;
  Ticket ours_;
  client::Loop::HandlePtr expiry_;
};

}  // namespace pqc::p2p
