// One QUIC endpoint with its connections and timers, over whatever carries its datagrams: a socket (udp) or a path that
// ICE found. Makes the links. Shared by the transport and its links, since a link may outlive the transport. Loop
// thread only.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "net/certificate.h"
#include "net/fingerprint.h"
#include "net/quic.h"
#include "p2p/transport.h"

namespace pqc::p2p {

// What carries the datagrams of an engine.
class QuicWire {
 public:
  virtual ~QuicWire() = default;
  virtual std::expected<std::unique_ptr<net::QuicEndpoint>, std::string> make_endpoint(
      net::QuicRole role, const net::Certificate& certificate) = 0;
  // Calls `work` whenever something came; as long as the wire lives.
  virtual void watch(std::function<void()> work) = 0;
  // Before and after each step of the endpoint: moves datagrams, where the endpoint does not do it by itself.
  virtual void before_step(net::QuicEndpoint& endpoint) = 0;
  virtual void after_step(net::QuicEndpoint& endpoint) = 0;
  virtual std::unique_ptr<net::QuicConnection> connect(net::QuicEndpoint& endpoint, const Address& address) = 0;
  [[nodiscard]] virtual Address local() const = 0;
  // Of a connection that was made to `address`, or accepted where that is empty.
  [[nodiscard]] virtual Address remote(const Address& address) const = 0;
  [[nodiscard]] virtual LinkPath path() const = 0;
  // As Link::relay.
  [[nodiscard]] virtual std::string relay() const { return {}; }
};

class QuicLink;

class QuicEngine : public std::enable_shared_from_this<QuicEngine> {
 public:
  QuicEngine(client::Loop& loop, std::unique_ptr<QuicWire> wire, net::Certificate certificate)
      : loop_(loop), wire_(std::move(wire)), certificate_(std::move(certificate)) {}
  ~QuicEngine();
  QuicEngine(const QuicEngine&) = delete;
  QuicEngine& operator=(const QuicEngine&) = delete;

  // Once.
  client::Status start(net::QuicRole role);
  void listen(std::function<void(LinkPtr)> accepted) { accepted_ = std::move(accepted); }
  // The first of these addresses where the handshake is done, tried a moment after another.
  void connect(std::deque<Address> addresses, std::function<void(client::Result<LinkPtr>)> done);
  // No more connections, and those whose handshake is under way are told so; links go on.
  void stop();
  // From now on only who has this key.
  void pin(const net::Fingerprint& key);

  // For links.
  void add(QuicLink* link) { links_.push_back(link); }
  // `connection` is the link's: it is closed as soon as the other side has acknowledged what was sent, so that QUIC
  // lets the packet go that says so; at the latest after limits::closing_time, or when the engine ends.
  void remove(QuicLink* link, std::unique_ptr<net::QuicConnection> connection);
  // Steps soon, and never from inside the caller.
  void kick();

  [[nodiscard]] const net::Certificate& certificate() const { return certificate_; }
  [[nodiscard]] const QuicWire& wire() const { return *wire_; }

 private:
  struct Attempt {
    Address address;
    std::unique_ptr<net::QuicConnection> connection;
    std::chrono::steady_clock::time_point deadline;
  };

  void pump();
  void step_endpoint();
  void take_new();
  void step_accepted();
  void step_attempts();
  void step_closing();
  void note_failure(const net::QuicConnection& ended);
  void end(std::unique_ptr<net::QuicConnection> connection, net::QuicClose why);
  void end_all(std::vector<Attempt>& attempts, net::QuicClose why);
  void try_next();
  void finish(client::Result<LinkPtr> result);
  void rearm();

  client::Loop& loop_;
  std::unique_ptr<QuicWire> wire_;
  net::Certificate certificate_;
  std::optional<net::Fingerprint> pin_;
  std::unique_ptr<net::QuicEndpoint> endpoint_;
  client::Loop::HandlePtr timer_;
  bool kicked_ = false;

  std::function<void(LinkPtr)> accepted_;
  std::vector<Attempt> incoming_;

  std::deque<Address> untried_;
  std::vector<Attempt> attempts_;
  std::function<void(client::Result<LinkPtr>)> done_;
  std::optional<client::Error> failure_;  // why attempts failed so far
  client::Loop::HandlePtr next_;
  client::Loop::HandlePtr give_up_;

  std::vector<QuicLink*> links_;
  struct Ending {
    std::unique_ptr<net::QuicConnection> connection;
    std::chrono::steady_clock::time_point until;
  };
  // Of links that are gone, while the other side has not acknowledged all.
  std::deque<Ending> closing_;
  // Closed and failed ones stay for a moment: each further packet of the other side would else begin a new one.
  std::deque<Ending> ended_;
};

}  // namespace pqc::p2p
