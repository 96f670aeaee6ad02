// One attempt of a RelayLink and the connection it becomes: resolve, TCP, TLS, upgrade, frames. It ends once, and a new
// attempt is a new object, so that nothing of an old one can reach into it.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/relay_link.h"
#include "net/tls_session.h"
#include "net/websocket.h"

namespace pqc::net {

class LinkConnection : public std::enable_shared_from_this<LinkConnection> {
 public:
  struct Callbacks {
    RelayLink::OnConnected connected;
    RelayLink::OnFrame frame;
    RelayLink::OnClosed closed;
    std::function<void(TlsTicket)> ticket;
  };

  LinkConnection(boost::asio::io_context& context, LinkOptions options, Callbacks callbacks);

  void start(TlsTicket ticket);
  [[nodiscard]] bool send(Bytes frame);
  [[nodiscard]] std::size_t queued_bytes() const { return out_.size() - sent_; }
  [[nodiscard]] bool open() const { return state_ == State::open; }
  // A close frame after what is queued; then `done`.
  void close(std::function<void()> done);
  // Ends without any callback.
  void abandon();

 private:
  enum class State : std::uint8_t { connecting, handshaking, upgrading, open, closing, gone };

  void resolved(const boost::asio::ip::tcp::resolver::results_type& addresses);
  void connected();
  void handshake();
  void handshaken();
  void read_turn();
  bool consume(ByteSpan bytes);
  bool consume_answer(ByteSpan bytes);
  bool consume_frames(ByteSpan bytes);
  bool handle(const WebSocketMessage& message);
  void report_connected();
  void queue_frame(FrameKind kind, ByteView payload);
  void want_flush();
  void forget_sent();
  void flush();
  void wait_readable();
  void wait_writable();
  void fail(LinkError error, std::string text);
  void shut();

  boost::asio::ip::tcp::resolver resolver_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer deadline_;
  LinkOptions options_;
  std::shared_ptr<Callbacks> callbacks_;  // shared: a callback may end the connection that runs it
  std::optional<TlsClientContext> context_;
  std::optional<TlsSession> tls_;
  TlsTicket ticket_;
  WebSocketReader reader_;
  std::string key_;
  Bytes buffer_;
  Bytes head_;
  Bytes out_;
  std::size_t sent_ = 0;
  std::function<void()> closed_;
  State state_ = State::connecting;
  bool waiting_read_ = false;
  bool waiting_write_ = false;
  bool flush_posted_ = false;
};

}  // namespace pqc::net
