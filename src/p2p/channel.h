// One link with its handshake: exchanges the hellos, runs the Encryptor, then carries contents (docs/spec/p2p.md §3 to
// §5).
//
//   AwaitingHello ──> Handshaking ──> Open ──> Closed
//
// Any error closes it, at once and for good. Loop thread only; its owner destroys it outside of its handlers only.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "client/error.h"
#include "p2p/content.h"
#include "p2p/encryptor.h"
#include "p2p/hello.h"
#include "p2p/transport.h"

namespace pqc::p2p {

class Channel {
 public:
  struct Handlers {
    std::function<void()> open;
    std::function<void(const Content&)> content;
    // There is room() again.
    std::function<void()> drained;
    // Once. Nothing is called afterwards.
    std::function<void(client::Error)> closed;
  };

  // `hello` is ours, without what the encryptor adds.
  Channel(LinkPtr link, std::unique_ptr<Encryptor> encryptor, Hello hello);

  void start(Handlers handlers);
  // Only while open.
  void send(const Content& content);
  // Whether more of a file may be sent now.
  [[nodiscard]] bool room() const;
  [[nodiscard]] bool is_open() const { return state_ == State::open; }
  [[nodiscard]] bool is_closed() const { return state_ == State::closed; }
  [[nodiscard]] const Peer& peer() const { return encryptor_->peer(); }
  [[nodiscard]] const Link& link() const { return *link_; }

 private:
  enum class State : std::uint8_t { awaiting_hello, handshaking, open, closed };

  void on_frame(ByteView frame);
  client::Status on_hello(ByteView body);
  client::Status take(client::Result<Encryptor::Step> step);
  void on_sealed(ByteView body);
  void send_frame(std::uint8_t type, ByteView body);
  void close(client::Error why);

  LinkPtr link_;
  std::unique_ptr<Encryptor> encryptor_;
  Hello ours_;
  Bytes ours_sent_;
  Handlers handlers_;
  State state_ = State::awaiting_hello;
};

}  // namespace pqc::p2p
