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
  [[nodiscard]] std::size_t queued() const override { return out_.size(); }
  [[nodiscard]] Address local() const override { return engine_->wire().local(); }
  [[nodiscard]] Address remote() const override { return engine_->wire().remote(address_); }
  [[nodiscard]] LinkPath path() const override { return engine_->wire().path(); }
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
  std::optional<Error> failure_;
  bool closed_ = false;
};

void QuicLink::send(ByteView frame) {
  if (closed_) return;
  if (out_.size() + frame.size() > limits::queued)
    failure_ = {ExitCode::timed_out, "the other side does not read what is sent to it"};
  else
    append_frame(out_, frame);
  write();
  engine_->kick();
}

void QuicLink::write() {
  std::size_t sent = 0;
  while (sent < out_.size()) {
    const auto taken = connection_->write(ByteView(out_).subspan(sent));
    if (taken == 0) break;
    sent += taken;
  }
  out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(sent));
}

void QuicLink::read() {
  std::array<std::uint8_t, read_size> buffer;
  for (int turn = 0; turn < reads_a_turn; ++turn) {
    const auto got = connection_->read(buffer);
    if (got == 0) return;
    in_.append(ByteView(buffer).first(got));
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
  const bool full = out_.size() >= limits::file_ahead;
  if (!failure_) write();
  if (!failure_ && full && out_.size() < limits::file_ahead) handlers_.drained();
  if (failure_) return close(*failure_);
  if (state == State::closed || connection_->state() == State::closed)
    close({ExitCode::unreachable, "the other side closed the connection, or it was lost"});
}

void QuicLink::close(Error why) {
  if (std::exchange(closed_, true)) return;
  out_.clear();
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

void QuicEngine::remove(QuicLink* link, ConnectionPtr connection) {
  std::erase(links_, link);
  // First what has come: acknowledgements make room for the packet that says so.
  step_endpoint();
  connection->close();
  step_endpoint();
}

void QuicEngine::stop() {
  accepted_ = nullptr;
  done_ = nullptr;
  incoming_.clear();
  attempts_.clear();
  untried_.clear();
  next_.reset();
  give_up_.reset();
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
    // One too many is closed at once (THREATS 22).
    if (!accepted_ || incoming_.size() >= limits::handshakes) continue;
    incoming_.push_back({Address{}, std::move(connection), steady_clock::now() + limits::handshake_time});
  }
}

void QuicEngine::step_accepted() {
  const auto now = steady_clock::now();
  std::vector<ConnectionPtr> open;
  for (auto& attempt : incoming_) {
    const auto state = attempt.connection->step();
    if (state == State::open) open.push_back(std::move(attempt.connection));
    if (state == State::closed || now > attempt.deadline)
      ended_.push_back({std::move(attempt.connection), now + limits::ended_time});
  }
  std::erase_if(incoming_, [](const auto& attempt) { return !attempt.connection; });
  for (auto& connection : open)
    if (accepted_) accepted_(std::make_unique<QuicLink>(shared_from_this(), std::move(connection), Address{}));
}

void QuicEngine::connect(std::deque<Address> addresses, std::function<void(Result<LinkPtr>)> done) {
  untried_ = std::move(addresses);
  done_ = std::move(done);
  give_up_ =
      loop_.after(limits::connect_time, [this] { finish(client::fail(ExitCode::timed_out, "nobody answers there")); });
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
    if (state == State::closed)
      ended_.push_back({std::move(attempt.connection), steady_clock::now() + limits::ended_time});
  }
  std::erase_if(attempts_, [](const auto& attempt) { return !attempt.connection; });
  if (endpoint_->saw_other_key())
    return finish(client::fail(ExitCode::refused, "somebody else answers there, with another key than the ticket's"));
}

void QuicEngine::finish(Result<LinkPtr> result) {
  next_.reset();
  give_up_.reset();
  untried_.clear();
  attempts_.clear();
  if (const auto done = std::exchange(done_, {})) done(std::move(result));
}

void QuicEngine::rearm() {
  timer_.reset();
  if (const auto wait = endpoint_->next_step())
    timer_ = loop_.after(std::max(*wait, std::chrono::milliseconds(1)), [this] { pump(); });
}

}  // namespace pqc::p2p
