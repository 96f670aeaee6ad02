#include "net/link_connection.h"

#include <utility>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <openssl/rand.h>

#include "net/http.h"
#include "net/limits.h"
#include "net/listener.h"

namespace pqc::net {

using boost::asio::ip::tcp;
using boost::system::error_code;

namespace {

template <std::size_t N>
std::array<std::uint8_t, N> random_bytes() {
  std::array<std::uint8_t, N> out{};
  if (RAND_bytes(out.data(), N) != 1) std::abort();  // no randomness: nothing may go on
  return out;
}

}  // namespace

LinkConnection::LinkConnection(boost::asio::io_context& context, LinkOptions options, Callbacks callbacks)
    : resolver_(context),
      socket_(context),
      deadline_(context),
      options_(std::move(options)),
      callbacks_(std::make_shared<Callbacks>(std::move(callbacks))),
      reader_(Endpoint::client, max_frame_size),
      buffer_(read_chunk) {}

void LinkConnection::start(TlsTicket ticket) {
  ticket_ = std::move(ticket);
  auto context = TlsClientContext::make(options_.allow_classical);
  if (!context) {
    boost::asio::post(socket_.get_executor(),
                      [self = shared_from_this(), text = context.error()] { self->fail(LinkError::tls, text); });
    return;
  }
  context_ = std::move(*context);
  deadline_.expires_after(options_.connect_deadline);
  deadline_.async_wait([self = shared_from_this()](error_code cancelled) {
    if (!cancelled) self->fail(LinkError::timeout, "the server did not answer in time");
  });
  resolver_.async_resolve(options_.host, std::to_string(options_.port),
                          [self = shared_from_this()](error_code error, const tcp::resolver::results_type& addresses) {
                            if (self->state_ == State::gone) return;
                            if (error) return self->fail(LinkError::resolve, error.message());
                            self->resolved(addresses);
                          });
}

void LinkConnection::resolved(const tcp::resolver::results_type& addresses) {
  boost::asio::async_connect(socket_, addresses, [self = shared_from_this()](error_code error, const tcp::endpoint&) {
    if (self->state_ == State::gone) return;
    if (error) return self->fail(LinkError::connect, error.message());
    self->connected();
  });
}

void LinkConnection::connected() {
  error_code error;
  socket_.non_blocking(true, error);
  if (!error) socket_.set_option(tcp::no_delay(true), error);
  if (error) return fail(LinkError::connect, error.message());
  auto tls = TlsSession::connect(*context_, socket_.native_handle(), options_.host, options_.pin, std::move(ticket_));
  if (!tls) return fail(LinkError::tls, tls.error());
  tls_ = std::move(*tls);
  state_ = State::handshaking;
  handshake();
}

void LinkConnection::handshake() {
  switch (tls_->handshake()) {
    case IoStatus::want_read:
      return wait_readable();
    case IoStatus::want_write:
      return wait_writable();
    case IoStatus::done:
      return handshaken();
    default:
      if (tls_->wrong_server()) {
        return fail(LinkError::wrong_server, "the server's key is not the pinned one");
      }
      return fail(LinkError::tls, tls_->failure_text());
  }
}

void LinkConnection::handshaken() {
  const auto fingerprint = tls_->peer_fingerprint();
  if (!fingerprint) return fail(LinkError::tls, "the server showed no certificate");
  // A resumed session is checked too: its ticket may be older than the pin.
  if (options_.pin && *options_.pin != *fingerprint) {
    return fail(LinkError::wrong_server, "the server's key is not the pinned one");
  }
  key_ = to_base64(random_bytes<16>());
  state_ = State::upgrading;
  append(out_, as_bytes(encode_upgrade_request(options_.host, options_.port, websocket_target, key_)));
  flush();
  if (state_ != State::gone) wait_readable();
}

void LinkConnection::wait_readable() {
  if (waiting_read_ || state_ == State::gone) return;
  waiting_read_ = true;
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](error_code error) {
    self->waiting_read_ = false;
    if (error || self->state_ == State::gone) return;
    self->state_ == State::handshaking ? self->handshake() : self->read_turn();
  });
}

void LinkConnection::wait_writable() {
  if (waiting_write_ || state_ == State::gone) return;
  waiting_write_ = true;
  socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](error_code error) {
    self->waiting_write_ = false;
    if (error || self->state_ == State::gone) return;
    self->state_ == State::handshaking ? self->handshake() : self->flush();
  });
}

void LinkConnection::read_turn() {
  for (int i = 0; i < reads_per_turn; ++i) {
    if (state_ == State::gone) return;
    const auto read = tls_->read(buffer_);
    auto ticket = tls_->take_ticket();
    if (ticket.impl && callbacks_->ticket) callbacks_->ticket(std::move(ticket));
    if (read.status == IoStatus::want_read) return wait_readable();
    if (read.status == IoStatus::want_write) return wait_writable();
    if (read.status != IoStatus::done) {
      return fail(state_ == State::upgrading ? LinkError::websocket : LinkError::closed,
                  read.status == IoStatus::closed ? "the server ended the connection" : tls_->failure_text());
    }
    if (!consume(ByteSpan(buffer_).first(read.bytes))) return;
    if (!tls_->has_pending()) return wait_readable();
  }
  boost::asio::post(socket_.get_executor(), [self = shared_from_this()] { self->read_turn(); });
}

bool LinkConnection::consume(ByteSpan bytes) {
  return state_ == State::upgrading ? consume_answer(bytes) : consume_frames(bytes);
}

bool LinkConnection::consume_answer(ByteSpan bytes) {
  append(head_, bytes);
  const auto head_size = check_upgrade_answer(head_, key_);
  if (!head_size) {
    fail(LinkError::websocket, head_size.error());
    return false;
  }
  if (!*head_size) return true;
  Bytes rest(head_.begin() + static_cast<std::ptrdiff_t>(**head_size), head_.end());
  Bytes().swap(head_);
  report_connected();
  return state_ != State::gone && consume_frames(rest);
}

void LinkConnection::report_connected() {
  LinkInfo info;
  const auto exporter = tls_->exporter(login_exporter_label);
  if (!exporter) return fail(LinkError::tls, exporter.error());
  info.exporter = *exporter;
  info.fingerprint = tls_->peer_fingerprint().value_or(Fingerprint{});  // handshaken() has seen it
  info.group = tls_->group();
  info.cipher = tls_->cipher();
  info.resumed = tls_->resumed();
  error_code ignored;
  const auto remote = socket_.remote_endpoint(ignored);
  info.remote = remote.address().to_string() + ":" + std::to_string(remote.port());
  deadline_.cancel();
  state_ = State::open;
  std::exchange(callbacks_->connected, nullptr)(std::move(info));
}

bool LinkConnection::consume_frames(ByteSpan bytes) {
  while (true) {
    const auto message = reader_.next(bytes);
    if (!message) {
      fail(message.error() == CloseCode::too_large ? LinkError::too_large : LinkError::websocket,
           "the server sent a frame that is not allowed");
      return false;
    }
    if (!*message) return true;
    if (!handle(**message) || state_ == State::gone) return false;
  }
}

bool LinkConnection::handle(const WebSocketMessage& message) {
  switch (message.kind) {
    case FrameKind::text:
    case FrameKind::binary:
      if (const auto callbacks = callbacks_; state_ == State::open && callbacks->frame)
        callbacks->frame(message.payload);
      break;
    case FrameKind::ping:
      queue_frame(FrameKind::pong, message.payload);
      break;
    case FrameKind::pong:
      break;
    case FrameKind::close: {
      const auto payload = close_payload(CloseCode::normal, "");
      if (state_ == State::open) queue_frame(FrameKind::close, payload);
      flush();
      fail(LinkError::closed,
           "the server closed the connection (" + std::to_string(static_cast<unsigned>(message.close_code)) + ")");
      return false;
    }
  }
  return state_ != State::gone;
}

bool LinkConnection::send(Bytes frame) {
  if (state_ != State::open || queued_bytes() + frame.size() > link_queue_bytes) return false;
  queue_frame(FrameKind::binary, frame);
  return true;
}

void LinkConnection::queue_frame(FrameKind kind, ByteView payload) {
  append_client_frame(out_, kind, payload, random_bytes<4>());
  want_flush();
}

void LinkConnection::want_flush() {
  if (std::exchange(flush_posted_, true)) return;
  boost::asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->flush_posted_ = false;
    self->flush();
  });
}

// Nothing moves before at least as much can be given back.
void LinkConnection::forget_sent() {
  if (sent_ < queued_bytes()) return;
  out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(sent_));
  sent_ = 0;
}

void LinkConnection::flush() {
  if (state_ == State::gone || waiting_write_) return;
  while (sent_ < out_.size()) {
    const auto written = tls_->write(ByteView(out_).subspan(sent_));
    if (written.status == IoStatus::want_write) {
      forget_sent();
      return wait_writable();
    }
    if (written.status != IoStatus::done) return fail(LinkError::closed, tls_->failure_text());
    sent_ += written.bytes;
  }
  out_.clear();
  sent_ = 0;
  if (state_ != State::closing) return wait_readable();
  shut();
  if (const auto done = std::exchange(closed_, nullptr)) done();
}

void LinkConnection::close(std::function<void()> done) {
  callbacks_ = std::make_shared<Callbacks>();
  if (state_ != State::open) {
    shut();
    if (done) boost::asio::post(socket_.get_executor(), std::move(done));
    return;
  }
  closed_ = std::move(done);
  queue_frame(FrameKind::close, close_payload(CloseCode::normal, ""));
  state_ = State::closing;
  deadline_.expires_after(close_deadline);
  deadline_.async_wait([self = shared_from_this()](error_code cancelled) {
    if (!cancelled) self->fail(LinkError::timeout, "");
  });
}

void LinkConnection::abandon() {
  callbacks_ = std::make_shared<Callbacks>();
  closed_ = nullptr;
  shut();
}

void LinkConnection::fail(LinkError error, std::string text) {
  if (state_ == State::gone) return;
  const auto callbacks = std::exchange(callbacks_, std::make_shared<Callbacks>());
  const auto done = std::exchange(closed_, nullptr);
  shut();
  if (done) return done();
  if (callbacks->connected) return callbacks->connected(std::unexpected(LinkFailure{error, std::move(text)}));
  if (callbacks->closed) callbacks->closed({error, std::move(text)});
}

void LinkConnection::shut() {
  if (std::exchange(state_, State::gone) == State::gone) return;
  if (tls_) tls_->shutdown();
  error_code ignored;  // it is going away either way
  resolver_.cancel();
  deadline_.cancel();
  socket_.shutdown(tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
}

}  // namespace pqc::net
