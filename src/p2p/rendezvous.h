// Two who share a code meet at a server, which introduces them and is out of it then (docs/spec/rendezvous.md §2):
//
//   connecting ──> greeting ──> offer ──> answer ──> introduced
//
// The greeting decides whose ticket is the offer; what is done with tickets is the handlers'. Any error ends it, once.
// Loop thread only.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/rng.h"
#include "client/loop.h"
#include "client/meeting_place.h"
#include "p2p/meeting_seal.h"

namespace pqc::p2p {

class Rendezvous {
 public:
  using TakeTicket = std::function<void(client::Result<std::string>)>;
  struct Handlers {
    // The server is there, with this key; now the other side is waited for.
    std::function<void(const net::Fingerprint& server)> waiting;
    // Makes our offer.
    std::function<void(TakeTicket)> offer;
    // Answers theirs.
    std::function<void(std::string_view offer, TakeTicket)> join;
    // Theirs to our offer.
    std::function<client::Status(std::string_view answer)> connect;
    // Once, at the end: introduced, or why not.
    std::function<void(client::Status)> done;
  };

  // All outlive it. `identity` is the hash of our own keys (docs/spec/p2p.md §10).
  Rendezvous(client::Loop& loop, client::MeetingPlace& place, Rng& rng, Bytes identity, Handlers handlers)
      : loop_(loop), place_(place), rng_(rng), identity_(std::move(identity)), handlers_(std::move(handlers)) {}

  // Once. Errors come to done: those of the place, of tickets, refused, timed_out.
  void start(MeetingCode code);

 private:
  using Next = std::function<client::Status(ByteView content)>;

  void on_connected(const MeetingCode& code, client::Result<net::Fingerprint> server);
  void exchange(Round round, ByteView content, Next next);
  client::Status take(Round round, client::Result<Bytes> theirs, const Next& next);
  client::Status on_greeting(ByteView content);
  void offer();
  client::Status join(ByteView offer);
  client::Status introduced();
  void finish(client::Status outcome);

  client::Loop& loop_;
  client::MeetingPlace& place_;
  Rng& rng_;
  Bytes identity_;
  Handlers handlers_;
  std::optional<MeetingSeal> seal_;
  Bytes ours_;    // sealed, of this round
  Bytes theirs_;  // the same
  client::Loop::HandlePtr expiry_;
};

}  // namespace pqc::p2p
