// Interactive Connectivity Establishment (RFC 8445) by libnice: one stream with one component. Host, server-reflexive
// and relayed candidates, IPv4 and IPv6, UDP between the peers; consent freshness (RFC 7675). A relay is reached over
// UDP, TCP or TLS (RFC 8656); TLS, which libnice cannot, through a tunnel of ours (tls_tunnel.h).
//
//   gathering ──> gathered ──> connecting ──> connected
//                    (start_checks, again at will)   └──> lost ──> connecting
//
// libnice runs on a thread of the agent's own. Its owner sees none of that: it watches ready_fd(), and then asks. One
// thread, but for send(). Who polls anyway can adopt() the agent, and spares that thread and each datagram's way out of
// it. Nothing that comes out of here is authenticated further than ICE does it: what is sent on has to protect itself.
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <poll.h>

#include "base/bytes.h"
#include "net/fingerprint.h"
#include "net/ice/candidate.h"
#include "net/ice/turn_uri.h"

namespace pqc::net::ice {

class Farewells;

struct StunServer {
  std::string ip;
  std::uint16_t port = 0;
};

struct TurnServer {
  std::string ip;
  std::uint16_t port = 0;
  TurnTransport transport{};
  std::string username;
  std::string password;
  // TLS: what the certificate has to say, or whose key it has to be.
  std::string name;
  std::optional<Fingerprint> pin;
};

struct Settings {
  bool controlling = false;
  std::vector<std::string> local_ips;  // numeric, at least one
  std::uint16_t port = 0;              // 0: any
  Credentials credentials;             // ours
  std::optional<StunServer> stun;
  std::vector<TurnServer> turn;
  // The peer is to learn no address of this machine: only relayed candidates are there, and nothing goes to the peer or
  // is taken from it but through a relay.
  bool relay_only = false;
  // Who tells relays of the agent's end, and outlives the agent; without it that end waits until they were told.
  Farewells* farewells = nullptr;
};

enum class State : std::uint8_t { gathering, gathered, connecting, connected, lost };

// Ours and theirs.
using Path = std::pair<Candidate, Candidate>;

class Agent {
 public:
  // Begins to gather. The error is for people.
  static std::expected<std::unique_ptr<Agent>, std::string> start(const Settings& settings);
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // Readable when the state changed, candidates were found or a datagram came. clear() it first, then look.
  [[nodiscard]] int ready_fd() const;
  void clear();

  [[nodiscard]] State state() const;
  // Whether no more candidates of ours are looked for.
  [[nodiscard]] bool gathered() const;
  // What there is by now, the most preferred first.
  [[nodiscard]] std::vector<Candidate> candidates() const;

  // Ours, from the next start_checks on.
  void set_credentials(const Credentials& ours);
  // From now on with this peer. Again: begins all checks anew on the same sockets (RFC 8445 §9); until they are done,
  // datagrams go on by the path that was there.
  void start_checks(const Credentials& peer, std::span<const Candidate> candidates);
  // More of the same peer's, as it finds them (RFC 8838); after start_checks.
  void add_candidates(std::span<const Candidate> candidates);
  [[nodiscard]] std::optional<Path> path() const;
  // Which of Settings::turn our end of the path goes through; nothing where it goes through none.
  [[nodiscard]] std::optional<std::size_t> relay() const;
  // How that one is reached.
  [[nodiscard]] std::optional<TurnTransport> relay_over() const;

  // Once connected. What the system does not take is lost, as UDP may. Any thread.
  void send(ByteView datagram);
  // A datagram that came from the peer's candidates.
  std::optional<Bytes> receive();

  // With a datagram: how long ago the system took it; zero where that is not known (tells_age).
  using OnDatagram = std::function<void(ByteView datagram, std::chrono::nanoseconds age)>;
  // Ends the agent's own thread: from now on libnice works only in work(), turn() and take(), on any thread, but one at
  // a time, from prepare() to the work() that follows. Datagrams go to `on_datagram` from there, and ready_fd() tells
  // nothing any more; what came before is still to be received.
  void adopt(OnDatagram on_datagram);
  // Nothing comes any more.
  void release();
  // Whether the system says when it took what comes by the path: not where that is a relay over TCP or TLS.
  [[nodiscard]] bool tells_age() const;
  // Adds what is to be polled for; answers for how long at most.
  std::chrono::milliseconds prepare(std::vector<pollfd>& polled);
  // What became of those that prepare() added; after each of its calls.
  void work(std::span<const pollfd> polled);
  // In place of both, for who comes by every few milliseconds: takes what has come, and waits for nothing.
  void turn();
  // The same for who is in a hurry: leaves to a turn() by another, now and then, what is not urgent; and, which it
  // answers, what is too much.
  [[nodiscard]] bool take();

 private:
  struct Impl;
  explicit Agent(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pqc::net::ice
