// QUIC over a path that ICE finds (docs/spec/p2p.md §14), for two who have exchanged tickets (§13): it knows beforehand
// where the other side may be, by which credentials it answers there, and which key it has. When a side moves to
// another address, both look for a new path (§15), of which QUIC learns nothing. Loop thread only.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/rng.h"
#include "net/fingerprint.h"
#include "net/ice/agent.h"
#include "net/ice/candidate.h"
#include "net/ice/farewells.h"
#include "net/quic.h"
#include "p2p/stun_search.h"
#include "p2p/ticket.h"
#include "p2p/transport.h"
#include "p2p/turn_uri.h"

namespace pqc::p2p {

struct TurnAccess {
  TurnUri uri;  // between the relay and the peer it is UDP
  std::string username;
  std::string password;
};

// Who is asked for help; nobody who is not named here.
struct IceServers {
  std::vector<Address> stun;
  std::vector<TurnAccess> turn;
};

class IceWire;
class QuicEngine;

class IceTransport {
 public:
  IceTransport(client::Loop& loop, Rng& rng, IceServers servers);
  ~IceTransport();
  IceTransport(const IceTransport&) = delete;
  IceTransport& operator=(const IceTransport&) = delete;

  // Makes key and sockets, and answers when the servers have answered, after limits::gather_time at most; once. Who
  // connects is QUIC's client and controls ICE. Empty address: all of this machine. A name of this machine may block.
  // Errors: address_in_use, unreachable, invalid_name.
  void gather(const Address& at, net::QuicRole role, std::function<void(client::Status)> done);
  // The same for who can tell more later (RFC 8838): answers after limits::trickle_wait at most. Then `more` is called
  // whenever there are other candidates, and a last time with `true`, unless all were there already. Of STUN servers
  // the first that has an address is taken.
  void gather_as_found(const Address& at, net::QuicRole role, std::function<void(client::Status)> begun,
                       std::function<void(bool last)> more);

  // What our ticket tells. Once gathered.
  [[nodiscard]] net::Fingerprint fingerprint() const;
  [[nodiscard]] const IceKeys& keys() const { return keys_; }
  [[nodiscard]] std::vector<net::ice::Candidate> candidates() const;
  // Whether `more` is not called any more.
  [[nodiscard]] bool all_found() const { return !more_; }

  // Lets in who has this ticket's keys, whenever it comes. As long as nobody does, checks are repeated, which keeps the
  // way open through NATs.
  client::Status accept(const Ticket& peer, std::function<void(LinkPtr)> accepted);
  // Answers once. Errors: timed_out; refused: who answers has another key than the ticket's.
  void connect(const Ticket& peer, std::function<void(client::Result<LinkPtr>)> done);
  // More of that peer's; after accept or connect. Beyond limits::candidates_in_all they are passed over.
  void add_candidates(std::span<const net::ice::Candidate> candidates);

 private:
  void begin_gathering(const Address& at, net::QuicRole role, std::function<void(client::Status)> done);
  void on_names(const client::Resolver::Answers& answers);
  client::Status open_sockets(const std::optional<Address>& stun);
  client::Result<std::unique_ptr<net::ice::Agent>> make_agent(const std::optional<Address>& stun);
  void on_stun_server(const std::optional<Address>& stun);
  void on_gathered();
  void look_for_more();
  void tell_last();
  client::Status begin(const Ticket& peer);
  void check();
  void on_change();
  void on_link(const Link& link);
  void beat();
  void find_new_path();

  client::Loop& loop_;
  Rng& rng_;
  IceServers servers_;
  client::Resolver resolver_;
  StunSearch search_;
  std::vector<Address> stun_;                 // numeric
  std::vector<net::ice::TurnServer> relays_;  // one for each address that a name has
  net::QuicRole role_{};
  IceKeys keys_;
  Address at_;
  std::vector<std::string> ips_;
  // Of the agent's relays, for people.
  std::shared_ptr<std::vector<std::string>> relay_names_ = std::make_shared<std::vector<std::string>>();
  std::shared_ptr<net::ice::Farewells> farewells_ = std::make_shared<net::ice::Farewells>();
  std::shared_ptr<QuicEngine> engine_;
  IceWire* wire_ = nullptr;  // the engine's
  std::function<void(client::Status)> gathered_;
  std::function<void(bool last)> more_;
  std::size_t found_ = 0;  // candidates that were told of
  Ticket peer_;
  std::function<void(client::Result<LinkPtr>)> done_;
  client::Loop::HandlePtr again_;
  client::Loop::HandlePtr give_up_;
  client::Loop::HandlePtr no_more_;
  client::Loop::HandlePtr beat_;
  IceKeys their_keys_;  // of the next generation
  std::chrono::steady_clock::time_point sought_;
};

}  // namespace pqc::p2p
