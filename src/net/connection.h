// One accepted TCP connection on its way: TLS handshake, HTTP head, then a WebSocket or one HTTP answer.
//
//   handshaking ──► head ──► open ──► closing ──► gone
//                     └────────────────► closing (an HTTP answer)
//
// An idle connection holds no buffer of ours: bytes are read into the thread's one buffer and used there, and what was
// queued is given back as soon as it is sent.
#pragma once

#include <chrono>
#include <memory>

#include <boost/asio/ip/tcp.hpp>

#include "net/address_limits.h"
#include "net/http.h"
#include "net/listener.h"
#include "net/tls_session.h"
#include "net/websocket.h"

namespace pqc::net {

class Connection;

// What connections share; the listener is one.
class ConnectionHost {
 public:
  virtual ~ConnectionHost() = default;
  [[nodiscard]] virtual const ListenerCallbacks& callbacks() const = 0;
  virtual ListenerStats& counters() = 0;
  // The connection wants to flush at the end of this turn.
  virtual void mark_dirty(std::shared_ptr<Connection> connection) = 0;
  virtual void no_longer_stranger(const AddressKey& address) = 0;
  // The connection is gone; forgets it.
  virtual void remove(Connection& connection) = 0;
  // One buffer for the reads of all connections.
  virtual ByteSpan read_buffer() = 0;
};

class Connection final : public ServerConnection, public std::enable_shared_from_this<Connection> {
 public:
  using Clock = std::chrono::steady_clock;

  Connection(ConnectionHost& host, boost::asio::ip::tcp::socket socket, TlsSession tls, AddressKey address);

  void start();
  // Looks at the deadlines; called every deadline_tick.
  void check_deadlines(Clock::time_point now);
  void flush();
  // Closes at once, without a word.
  void drop();

  [[nodiscard]] const AddressKey& address() const override { return address_; }
  [[nodiscard]] bool stranger() const { return !logged_in_; }

  void send(FrameKind kind, ByteView payload) override;
  ByteSpan send_in_place(FrameKind kind, std::size_t size) override;
  [[nodiscard]] std::size_t queued_bytes() const override { return out_.size() - sent_; }
  [[nodiscard]] bool is_open() const override { return state_ == State::open; }
  void close(CloseCode code, std::string_view reason) override;
  void set_paused(bool paused) override;
  void set_logged_in() override;
  void extend_login_deadline(std::chrono::seconds deadline) override;
  [[nodiscard]] std::expected<std::array<std::uint8_t, 32>, std::string> exporter(const char* label) const override;
  [[nodiscard]] std::string remote() const override;
  [[nodiscard]] FrameKind preferred_kind() const override { return preferred_kind_; }

 private:
  enum class State : std::uint8_t { handshaking, head, body, open, closing, gone };

  void handshake();
  void read_turn();
  bool consume(ByteSpan bytes);  // false: read no more now
  bool consume_head(ByteSpan bytes);
  bool consume_body(ByteView bytes);
  bool consume_frames(ByteSpan bytes);
  void handle(const WebSocketMessage& message);
  void upgrade(const HttpRequest& request);
  void answer(const HttpResponse& response);
  [[nodiscard]] bool is_clogged();
  void go_on_reading();
  void forget_sent();
  void queue_text(std::string_view text);
  void want_flush();
  void wait_readable();
  void wait_writable();
  void finish_if_sent();
  void fail(std::string_view why);
  void set_deadline(std::chrono::milliseconds from_now) { deadline_ = Clock::now() + from_now; }

  ConnectionHost& host_;
  boost::asio::ip::tcp::socket socket_;
  TlsSession tls_;
  WebSocketReader reader_;
  std::shared_ptr<ConnectionUser> user_;
  Bytes head_;                            // of the HTTP request, until it is complete
  std::unique_ptr<HttpRequest> request_;  // that waits for its body
  Bytes out_;
  std::size_t sent_ = 0;
  Clock::time_point deadline_;        // of the state, but for an open connection that is logged in
  Clock::time_point write_deadline_;  // while something is queued
  Clock::time_point frame_deadline_;  // while frame_begun_
  Clock::time_point last_read_;
  AddressKey address_;
  State state_ = State::handshaking;
  FrameKind preferred_kind_ = FrameKind::binary;
  bool waiting_read_ = false;
  bool waiting_write_ = false;
  bool dirty_ = false;
  bool paused_ = false;
  bool clogged_ = false;  // not read from since too much is queued for it
  bool logged_in_ = false;
  bool pinged_ = false;
  bool close_sent_ = false;
  bool close_received_ = false;
  bool frame_begun_ = false;
};

}  // namespace pqc::net
