#include "p2p/quic_engine.h"

#include <algorithm>
#include <array>

#include "p2p/frame_reader.h"
#include "p2p/labels.h"
#include "p2p/limits.h"

namespace pqc::p2p {
namespace {

using client::Error;
using client::Result;
using net::QuicConnection;
using std::chrono::steady_clock;
using State = QuicConnection::State;
using ConnectionPtr = std::unique_ptr<QuicConnection>;

constexpr std::size_t read_size = 65536;
// Reads of one link before the others have their turn.
constexpr int reads_a_turn = 16;

Error lost() {
  return {ExitCode::unreachable, "the other side closed the connection, or it was lost"};
}

Error refused_there() {
  return {ExitCode::refused, "the other side refuses this connection: it awaits somebody else, or nobody any more"};
}

}  // namespace

class QuicLink final : public Link {
 public:
  QuicLink(std::shared_ptr<QuicEngine> engine, ConnectionPtr connection, Address address)
      : engine_(std::move(engine)), connection_(std::move(connection)), address_(std::move(address)) {}
  ~QuicLink() override { engine_->remove(this, std::move(connection_)); }

  void start(Handlers handlers, std::size_t longest) override {
    handlers_ = std::move(handlers);
    in_.set_longest(longest);
    engine_->add(this);
    engine_->kick();
  }
  void set_longest(std::size_t longest) override { in_.set_longest(longest); }
  void send(ByteView frame) override;
  [[nodiscard]] std::size_t queued() const override { return out_.size() - written_; }
  [[nodiscard]] Address local() const override { return engine_->wire().local(); }
  [[nodiscard]] Address remote() const override { return engine_->wire().remote(address_); }
  [[nodiscard]] LinkPath path() const override { return engine_->wire().path(); }
  [[nodiscard]] std::string relay() const override { return engine_->wire().relay(); }
  [[nodiscard]] Bytes binding() const override { return to_bytes(connection_->binding(labels::quic_binding)); }
  [[nodiscard]] Bytes exported(std::string_view label) const override { return to_bytes(connection_->binding(label)); }
  [[nodiscard]] std::string security() const override { return connection_->security(); }

  // After every step of the endpoint.
  void step();

 private:
  void read();
  void write();
  void close(Error why);

  std::shared_ptr<QuicEngine> engine_;
  ConnectionPtr connection_;
  Address address_;
  Handlers handlers_;
  FrameReader in_;
  Bytes out_;
  std::size_t written_ = 0;  // of it, by QUIC already
  // Not on the stack, where each turn would wipe it.
  std::array<std::uint8_t, read_size> buffer_;
  std::optional<Error> failure_;
  bool closed_ = false;
};

void QuicLink::send(ByteView frame) {
  if (closed_) return;
  if (queued() + frame.size() > limits::queued)
    failure_ = {ExitCode::timed_out, "the other side does not read what is sent to it"};
  else
    append_frame(out_, frame);
  write();
  engine_->kick();
}

// What is left moves to the front once it is the smaller part, so that each byte moves about once.
void QuicLink::write() {
  while (written_ < out_.size()) {
    const auto taken = connection_->write(ByteView(out_).subspan(written_));
    if (taken == 0) break;
    written_ += taken;
  }
  if (written_ * 2 < out_.size()) return;
  out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(std::exchange(written_, 0)));
}

void QuicLink::read() {
  for (int turn = 0; turn < reads_a_turn; ++turn) {
    const auto got = connection_->read(buffer_);
    if (got == 0) return;
    in_.append(ByteView(buffer_).first(got));
    while (!failure_) {
      const auto frame = in_.next();
      if (!frame) break;
      handlers_.frame(*frame);
    }
    if (in_.broken()) failure_ = {ExitCode::protocol_mismatch, "the other side does not speak this protocol"};
    if (failure_) return;
  }
  engine_->kick();
}

void QuicLink::step() {
  if (closed_) return;
  const auto state = connection_->step();
  if (!failure_) read();
  const bool full = queued() >= limits::file_ahead;
  if (!failure_) write();
  if (!failure_ && full && queued() < limits::file_ahead) handlers_.drained();
  if (failure_) return close(*failure_);
  if (state == State::closed || connection_->state() == State::closed)
    close(connection_->end() == QuicConnection::End::refused ? refused_there() : lost());
}

void QuicLink::close(Error why) {
  if (std::exchange(closed_, true)) return;
  out_.clear();
  written_ = 0;
  if (handlers_.closed) handlers_.closed(std::move(why));
}

client::Status QuicEngine::start(net::QuicRole role) {
  auto endpoint = wire_->make_endpoint(role, certificate_);
  if (!endpoint) return client::fail(ExitCode::unexpected, "cannot start QUIC: " + endpoint.error());
  endpoint_ = std::move(*endpoint);
  if (pin_) endpoint_->set_pin(*pin_);
  wire_->watch([this] { pump(); });
  return {};
}

void QuicEngine::pin(const net::Fingerprint& key) {
  pin_ = key;
  if (endpoint_) endpoint_->set_pin(key);
}

// Without a loop to wait in: the other side is told where QUIC lets a packet go now.
QuicEngine::~QuicEngine() {
  if (closing_.empty()) return;
  step_endpoint();
  for (auto& closing : closing_) closing.connection->close();
  step_endpoint();
}

void QuicEngine::remove(QuicLink* link, ConnectionPtr connection) {
  std::erase(links_, link);
  closing_.push_back({std::move(connection), steady_clock::now() + limits::closing_time});
  kick();
}

void QuicEngine::step_closing() {
  const auto now = steady_clock::now();
  for (auto& closing : closing_)
    if (closing.connection->step() == State::closed || closing.connection->acknowledged() || closing.until < now)
      end(std::move(closing.connection), net::QuicClose::end_of_chat);
  std::erase_if(closing_, [](const auto& closing) { return !closing.connection; });
  for (; closing_.size() > limits::handshakes; closing_.pop_front())
    end(std::move(closing_.front().connection), net::QuicClose::end_of_chat);
}

void QuicEngine::end(ConnectionPtr connection, net::QuicClose why) {
  connection->close(why);
  ended_.push_back({std::move(connection), steady_clock::now() + limits::ended_time});
}

void QuicEngine::end_all(std::vector<Attempt>& attempts, net::QuicClose why) {
  for (auto& attempt : attempts)
    if (attempt.connection) end(std::move(attempt.connection), why);
  attempts.clear();
}

void QuicEngine::stop() {
  accepted_ = nullptr;
  done_ = nullptr;
  untried_.clear();
  next_.reset();
  give_up_.reset();
  if (incoming_.empty() && attempts_.empty()) return;
  end_all(incoming_, net::QuicClose::refused);
  end_all(attempts_, net::QuicClose::end_of_chat);
  step_endpoint();
}

void QuicEngine::kick() {
  if (std::exchange(kicked_, true)) return;
  loop_.post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->kicked_ = false;
      self->pump();
    }
  });
}

void QuicEngine::pump() {
  const auto alive = shared_from_this();
  step_endpoint();
  take_new();
  step_accepted();
  step_attempts();
  for (auto* link : std::vector(links_)) link->step();
  step_closing();
  // What was read makes room for more, of which the other side is told; and what has failed is told that it has.
  step_endpoint();
  while (!ended_.empty() && (ended_.front().until < steady_clock::now() || ended_.size() > limits::handshakes))
    ended_.pop_front();
  rearm();
}

void QuicEngine::step_endpoint() {
  wire_->before_step(*endpoint_);
  endpoint_->step();
  wire_->after_step(*endpoint_);
}

void QuicEngine::take_new() {
  while (auto connection = endpoint_->accept()) {
    if (!accepted_) {
      end(std::move(connection), net::QuicClose::refused);
      continue;
    }
    // One too many is dropped, and comes again with its next packet (THREATS 22).
    if (incoming_.size() >= limits::handshakes) continue;
    incoming_.push_back({Address{}, std::move(connection), steady_clock::now() + limits::handshake_time});
  }
}

void QuicEngine::step_accepted() {
  const auto now = steady_clock::now();
  std::vector<ConnectionPtr> open;
  for (auto& attempt : incoming_) {
    const auto state = attempt.connection->step();
    if (state == State::open) open.push_back(std::move(attempt.connection));
    if (state == State::closed || now > attempt.deadline) end(std::move(attempt.connection), net::QuicClose::refused);
  }
  std::erase_if(incoming_, [](const auto& attempt) { return !attempt.connection; });
  for (auto& connection : open)
    if (accepted_) accepted_(std::make_unique<QuicLink>(shared_from_this(), std::move(connection), Address{}));
}

void QuicEngine::connect(std::deque<Address> addresses, std::function<void(Result<LinkPtr>)> done) {
  untried_ = std::move(addresses);
  done_ = std::move(done);
  failure_.reset();
  give_up_ = loop_.after(limits::connect_time, [this] {
    finish(std::unexpected(failure_.value_or(Error{ExitCode::timed_out, "nobody answers there"})));
  });
  next_ = loop_.after(std::chrono::milliseconds(0), [this] { try_next(); });
}

void QuicEngine::try_next() {
  if (!done_ || untried_.empty()) return;
  const auto address = std::move(untried_.front());
  untried_.pop_front();
  if (auto connection = wire_->connect(*endpoint_, address)) attempts_.push_back({address, std::move(connection), {}});
  next_ = loop_.after(limits::next_candidate, [this] { try_next(); });
  kick();
}

void QuicEngine::step_attempts() {
  if (!done_) return;
  for (auto& attempt : attempts_) {
    const auto state = attempt.connection->step();
    if (state == State::open)
      return finish(std::make_unique<QuicLink>(shared_from_this(), std::move(attempt.connection), attempt.address));
    if (state == State::closed) {
      note_failure(*attempt.connection);
      end(std::move(attempt.connection), net::QuicClose::end_of_chat);
    }
  }
  std::erase_if(attempts_, [](const auto& attempt) { return !attempt.connection; });
  if (attempts_.empty() && untried_.empty()) finish(std::unexpected(failure_.value_or(lost())));
}

// Of several addresses one may be somebody else's now, or one that this machine cannot reach: the others go on.
void QuicEngine::note_failure(const QuicConnection& ended) {
  if (failure_ && failure_->code == ExitCode::refused) return;
  switch (ended.end()) {
    case QuicConnection::End::other_key:
      failure_ = {ExitCode::refused, "somebody else answers there, with another key than the ticket's"};
      break;
    case QuicConnection::End::refused:
      failure_ = refused_there();
      break;
    case QuicConnection::End::closed:
      failure_ = lost();
  }
}

void QuicEngine::finish(Result<LinkPtr> result) {
  next_.reset();
  give_up_.reset();
  untried_.clear();
  end_all(attempts_, net::QuicClose::end_of_chat);
  if (const auto done = std::exchange(done_, {})) done(std::move(result));
}

void QuicEngine::rearm() {
  timer_.reset();
  auto wait = endpoint_->next_step();
  if (!closing_.empty()) wait = std::min(wait.value_or(limits::closing_time), limits::closing_time);
  if (wait) timer_ = loop_.after(std::max(*wait, std::chrono::milliseconds(1)), [this] { pump(); });
}

}  // namespace pqc::p2p
