#include "net/connection.h"

#include <utility>

#include <boost/asio/post.hpp>

#include "base/log.h"
#include "net/limits.h"

namespace pqc::net {

using boost::asio::ip::tcp;

Connection::Connection(ConnectionHost& host, tcp::socket socket, TlsSession tls, AddressKey address)
    : host_(host),
      socket_(std::move(socket)),
      tls_(std::move(tls)),
      reader_(Endpoint::server, max_frame_size_before_login),
      last_read_(Clock::now()),
      address_(address) {
  set_deadline(handshake_deadline);
}

void Connection::start() {
  wait_readable();
}

void Connection::wait_readable() {
  if (waiting_read_ || state_ == State::gone) return;
  waiting_read_ = true;
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](boost::system::error_code error) {
    self->waiting_read_ = false;
    if (error || self->state_ == State::gone) return;
    if (self->state_ == State::handshaking) {
      self->handshake();
    } else {
      self->read_turn();
    }
  });
}

void Connection::wait_writable() {
  if (waiting_write_ || state_ == State::gone) return;
  waiting_write_ = true;
  socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](boost::system::error_code error) {
    self->waiting_write_ = false;
    if (error || self->state_ == State::gone) return;
    if (self->state_ == State::handshaking) {
      self->handshake();
    } else {
      self->flush();
    }
  });
}

void Connection::handshake() {
  switch (tls_.handshake()) {
    case IoStatus::want_read:
      return wait_readable();
    case IoStatus::want_write:
      return wait_writable();
    case IoStatus::done:
      break;
    default:
      ++host_.counters().handshake_failures;
      return fail("TLS handshake");
  }
  ++host_.counters().handshakes;
  if (tls_.resumed()) ++host_.counters().resumed;
  state_ = State::head;
  set_deadline(http_head_deadline);
  read_turn();
}

// Some records, then the others get their turn.
void Connection::read_turn() {
  const auto buffer = host_.read_buffer();
  for (int i = 0; i < reads_per_turn; ++i) {
    if (state_ == State::gone || paused_ || is_clogged()) return;
    const auto read = tls_.read(buffer);
    if (read.status == IoStatus::want_read) return wait_readable();
    // TLS 1.3 has no renegotiation: what it may want to write (a key update) goes out with the next write.
    if (read.status == IoStatus::want_write) return wait_writable();
    if (read.status != IoStatus::done) {
      if (read.status == IoStatus::failed && state_ == State::open) log(LogLevel::debug, "connection_lost", {});
      return drop();
    }
    last_read_ = Clock::now();
    pinged_ = false;
    host_.counters().bytes_in += read.bytes;
    if (!consume(buffer.first(read.bytes))) return;
    if (!tls_.has_pending()) return wait_readable();
  }
  boost::asio::post(socket_.get_executor(), [self = shared_from_this()] { self->read_turn(); });
}

bool Connection::consume(ByteSpan bytes) {
  switch (state_) {
    case State::head:
      return consume_head(bytes);
    case State::body:
      return consume_body(bytes);
    case State::open:
    case State::closing:
      return consume_frames(bytes);
    default:
      return false;
  }
}

bool Connection::consume_head(ByteSpan bytes) {
  append(head_, bytes);
  const auto request = parse_request(head_);
  if (!request) {
    answer({static_cast<unsigned>(request.error()), "text/plain; charset=utf-8", "bad request\n"});
    return state_ != State::gone;
  }
  if (!*request) return true;
  Bytes rest(head_.begin() + static_cast<std::ptrdiff_t>((*request)->head_size), head_.end());
  Bytes().swap(head_);
  const bool is_websocket = !(*request)->websocket_key.empty() && (*request)->target == websocket_target;
  if (!is_websocket) {
    request_ = std::make_unique<HttpRequest>(std::move(**request));
    state_ = State::body;
    set_deadline(http_body_deadline);
    return consume_body(rest);
  }
  upgrade(**request);
  return rest.empty() || consume_frames(rest);
}

// What is behind the body is not read: the connection closes after the answer.
bool Connection::consume_body(ByteView bytes) {
  const auto missing = request_->body_size - request_->body.size();
  request_->body += as_text(bytes.first(std::min(missing, bytes.size())));
  if (request_->body.size() < request_->body_size) return true;
  const auto request = std::move(request_);
  answer(host_.callbacks().request(*request));
  return state_ != State::gone;
}

void Connection::upgrade(const HttpRequest& request) {
  std::string_view protocol;
  if (has_token(request.websocket_protocols, json_protocol)) {
    protocol = json_protocol;
    preferred_kind_ = FrameKind::text;
  } else if (has_token(request.websocket_protocols, binary_protocol)) {
    protocol = binary_protocol;
  }
  queue_text(encode_upgrade(request.websocket_key, protocol));
  state_ = State::open;
  ++host_.counters().websockets;
  set_deadline(login_deadline);
  user_ = host_.callbacks().opened(*this);
}

void Connection::answer(const HttpResponse& response) {
  queue_text(encode(response));
  state_ = State::closing;
  close_sent_ = close_received_ = true;  // HTTP has no goodbye
  set_deadline(close_deadline);
}

bool Connection::consume_frames(ByteSpan bytes) {
  while (true) {
    const auto message = reader_.next(bytes);
    if (state_ == State::gone || (state_ == State::closing && close_received_)) return false;
    if (!message) {
      close(message.error(), "");
      close_received_ = true;  // nothing more can be read from it
      finish_if_sent();
      return false;
    }
    if (!*message) break;
    handle(**message);
    if (state_ == State::gone) return false;
  }
  const bool in_the_middle = reader_.in_the_middle();
  if (in_the_middle && !frame_begun_) frame_deadline_ = Clock::now() + frame_deadline;
  frame_begun_ = in_the_middle;
  return true;
}

void Connection::handle(const WebSocketMessage& message) {
  switch (message.kind) {
    case FrameKind::text:
    case FrameKind::binary:
      frame_begun_ = false;
      if (state_ == State::open && user_) user_->on_frame(message.kind, message.payload);
      return;
    case FrameKind::ping:
      if (state_ == State::open && queued_bytes() < write_queue_high) send(FrameKind::pong, message.payload);
      return;
    case FrameKind::pong:
      return;
    case FrameKind::close:
      close_received_ = true;
      close(message.close_code == CloseCode::no_status ? CloseCode::normal : message.close_code, "");
      finish_if_sent();
  }
}

void Connection::queue_text(std::string_view text) {
  if (queued_bytes() == 0) write_deadline_ = Clock::now() + write_deadline;
  append(out_, as_bytes(text));
  want_flush();
}

void Connection::send(FrameKind kind, ByteView payload) {
  const auto place = send_in_place(kind, payload.size());
  if (!place.empty()) std::ranges::copy(payload, place.begin());
}

ByteSpan Connection::send_in_place(FrameKind kind, std::size_t size) {
  if (state_ != State::open) return {};
  if (queued_bytes() == 0) write_deadline_ = Clock::now() + write_deadline;
  append_server_frame_header(out_, kind, size);
  out_.resize(out_.size() + size);
  want_flush();
  return ByteSpan(out_).last(size);
}

void Connection::want_flush() {
  if (std::exchange(dirty_, true)) return;
  host_.mark_dirty(shared_from_this());
}

// A peer that sends requests and does not read the answers: they are not made before it reads again.
bool Connection::is_clogged() {
  clogged_ = state_ == State::open && queued_bytes() > write_queue_high;
  return clogged_;
}

void Connection::go_on_reading() {
  if (!clogged_ || is_clogged() || paused_) return;
  // Records may be waiting inside TLS, which the socket does not announce.
  boost::asio::post(socket_.get_executor(), [self = shared_from_this()] {
    if (!self->waiting_read_) self->read_turn();
  });
}

// Nothing moves before at least as much can be given back, so a queue that never empties costs twice its size.
void Connection::forget_sent() {
  if (sent_ < queued_bytes()) return;
  out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(sent_));
  sent_ = 0;
}

void Connection::flush() {
  dirty_ = false;
  if (state_ == State::gone) return;
  if (queued_bytes() > write_queue_limit && waiting_write_) return fail("its queue is full");
  if (waiting_write_) return;
  const auto before = sent_;
  while (sent_ < out_.size()) {
    const auto written = tls_.write(ByteView(out_).subspan(sent_));
    if (written.status == IoStatus::want_write) {
      if (sent_ != before) write_deadline_ = Clock::now() + write_deadline;
      if (queued_bytes() > write_queue_limit) return fail("its queue is full");
      forget_sent();
      go_on_reading();
      return wait_writable();
    }
    if (written.status != IoStatus::done) return drop();
    sent_ += written.bytes;
    host_.counters().bytes_out += written.bytes;
  }
  Bytes().swap(out_);
  sent_ = 0;
  if (user_ && state_ == State::open) user_->on_drained();
  // A read that had to stop for a write goes on.
  if (!paused_ && state_ != State::gone) clogged_ ? go_on_reading() : wait_readable();
  finish_if_sent();
}

void Connection::close(CloseCode code, std::string_view reason) {
  if (state_ == State::handshaking || state_ == State::head || state_ == State::body) return drop();
  if (state_ != State::open) return;
  const auto payload = close_payload(code, reason);
  send(FrameKind::close, payload);
  close_sent_ = true;
  state_ = State::closing;
  paused_ = false;
  wait_readable();
  set_deadline(close_deadline);
}

void Connection::finish_if_sent() {
  if (state_ == State::closing && close_received_ && out_.empty()) drop();
}

void Connection::set_paused(bool paused) {
  if (std::exchange(paused_, paused) == paused || paused || state_ == State::gone) return;
  // Records may be waiting inside TLS, which the socket does not announce.
  boost::asio::post(socket_.get_executor(), [self = shared_from_this()] {
    if (!self->waiting_read_) self->read_turn();
  });
}

void Connection::set_logged_in() {
  if (std::exchange(logged_in_, true)) return;
  reader_.set_max_message(max_frame_size);
  host_.no_longer_stranger(address_);
}

void Connection::extend_login_deadline(std::chrono::seconds deadline) {
  if (state_ == State::open && !logged_in_) set_deadline(deadline);
}

std::expected<std::array<std::uint8_t, 32>, std::string> Connection::exporter(const char* label) const {
  return tls_.exporter(label);
}

std::string Connection::remote() const {
  boost::system::error_code error;
  const auto endpoint = socket_.remote_endpoint(error);
  if (error) return "gone";
  return endpoint.address().to_string() + ":" + std::to_string(endpoint.port());
}

void Connection::check_deadlines(Clock::time_point now) {
  const bool bounded = state_ != State::open || !logged_in_;
  if ((bounded && now > deadline_) || (queued_bytes() > 0 && now > write_deadline_) ||
      (frame_begun_ && now > frame_deadline_)) {
    if (state_ != State::closing) ++host_.counters().deadlines_missed;
    return fail("a deadline passed");
  }
  if (state_ != State::open || !logged_in_ || paused_) return;
  const auto silent = now - last_read_;
  if (silent > idle_close_after) return fail("silent");
  if (silent > idle_ping_after && !std::exchange(pinged_, true)) send(FrameKind::ping, {});
}

void Connection::fail(std::string_view why) {
  if (state_ == State::open && log_enabled(LogLevel::debug)) {
    log(LogLevel::debug, "connection_dropped", {{"why", why}, {"remote", remote()}});
  }
  drop();
}

void Connection::drop() {
  if (state_ == State::gone) return;
  const auto self = shared_from_this();
  if (user_) --host_.counters().websockets;
  state_ = State::gone;
  tls_.shutdown();
  boost::system::error_code ignored;  // it is going away either way
  socket_.shutdown(tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
  if (const auto user = std::exchange(user_, nullptr)) user->on_closed();
  host_.remove(*this);
}

}  // namespace pqc::net
