#include "p2p/udp_transport.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>

#include <netinet/in.h>

#include "client/files.h"
#include "net/quic.h"
#include "p2p/frame_reader.h"
#include "p2p/labels.h"
#include "p2p/limits.h"
#include "p2p/registry.h"
#include "p2p/sockets.h"

namespace pqc::p2p {
namespace {

using client::Error;
using client::FileDescriptor;
using client::Loop;
using client::Result;
using net::QuicConnection;
using std::chrono::steady_clock;
using State = QuicConnection::State;
using ConnectionPtr = std::unique_ptr<QuicConnection>;

constexpr std::size_t read_size = 65536;
// Reads of one link before the others have their turn.
constexpr int reads_a_turn = 16;
constexpr int socket_buffer = 4 << 20;

class UdpLink;

// The bytes of a numeric address that a socket of this family sends to; empty where it cannot.
Bytes ip_for(const addrinfo& at) {
  if (at.ai_family == AF_INET) {
    const auto& ip = reinterpret_cast<const sockaddr_in*>(at.ai_addr)->sin_addr;
    const auto* first = reinterpret_cast<const std::uint8_t*>(&ip);
    return {first, first + sizeof ip};
  }
  const auto& ip = reinterpret_cast<const sockaddr_in6*>(at.ai_addr)->sin6_addr;
  return {ip.s6_addr, ip.s6_addr + sizeof ip.s6_addr};
}

}  // namespace

// Socket, QUIC and timer. Shared by the transport and its links, since a link may outlive the transport.
class UdpTransport::Engine : public std::enable_shared_from_this<Engine> {
 public:
  Engine(Loop& loop, FileDescriptor fd, net::Certificate certificate, Address local)
      : loop_(loop), fd_(std::move(fd)), certificate_(std::move(certificate)), local_(std::move(local)) {}

  client::Status start(net::QuicRole role);
  void listen(std::function<void(LinkPtr)> accepted) { accepted_ = std::move(accepted); }
  void connect(std::deque<Address> addresses, std::function<void(Result<LinkPtr>)> done);
  // No more connections; links go on.
  void stop();

  void add(UdpLink* link) { links_.push_back(link); }
  void remove(UdpLink* link) { std::erase(links_, link); }
  // Soon, and never from inside the caller.
  void kick();

  [[nodiscard]] const net::Certificate& certificate() const { return certificate_; }
  [[nodiscard]] const Address& local() const { return local_; }
  void pin(const net::Fingerprint& key);

 private:
  struct Attempt {
    Address address;
    ConnectionPtr connection;
    steady_clock::time_point deadline;
  };

  void pump();
  void take_new();
  void step_accepted();
  void step_attempts();
  void try_next();
  void finish(Result<LinkPtr> result);
  void rearm();

  Loop& loop_;
  FileDescriptor fd_;
  net::Certificate certificate_;
  Address local_;
  std::optional<net::Fingerprint> pin_;
  std::unique_ptr<net::QuicEndpoint> endpoint_;
  Loop::HandlePtr readable_;
  Loop::HandlePtr writable_;
  Loop::HandlePtr timer_;
  bool kicked_ = false;

  std::function<void(LinkPtr)> accepted_;
  std::vector<Attempt> incoming_;

  std::deque<Address> untried_;
  std::vector<Attempt> attempts_;
  std::function<void(Result<LinkPtr>)> done_;
  Loop::HandlePtr next_;
  Loop::HandlePtr give_up_;

  std::vector<UdpLink*> links_;
  std::vector<ConnectionPtr> ended_;
};

namespace {

class UdpLink final : public Link {
 public:
  UdpLink(std::shared_ptr<UdpTransport::Engine> engine, ConnectionPtr connection, Address remote)
      : engine_(std::move(engine)), connection_(std::move(connection)), remote_(std::move(remote)) {}
  ~UdpLink() override { engine_->remove(this); }

  void start(Handlers handlers, std::size_t longest) override {
    handlers_ = std::move(handlers);
    in_.set_longest(longest);
    engine_->add(this);
    engine_->kick();
  }
  void set_longest(std::size_t longest) override { in_.set_longest(longest); }
  void send(ByteView frame) override;
  [[nodiscard]] std::size_t queued() const override { return out_.size(); }
  [[nodiscard]] Address local() const override { return engine_->local(); }
  [[nodiscard]] Address remote() const override { return remote_; }
  [[nodiscard]] Bytes binding() const override { return to_bytes(connection_->binding(labels::quic_binding)); }
  [[nodiscard]] std::string security() const override { return connection_->security(); }

  // After every step of the endpoint.
  void step();

 private:
  void read();
  void write();
  void close(Error why);

  std::shared_ptr<UdpTransport::Engine> engine_;
  ConnectionPtr connection_;
  Address remote_;
  Handlers handlers_;
  FrameReader in_;
  Bytes out_;
  std::optional<Error> failure_;
  bool closed_ = false;
};

void UdpLink::send(ByteView frame) {
  if (closed_) return;
  if (out_.size() + frame.size() > limits::queued)
    failure_ = {ExitCode::timed_out, "the other side does not read what is sent to it"};
  else
    append_frame(out_, frame);
  write();
  engine_->kick();
}

void UdpLink::write() {
  std::size_t sent = 0;
  while (sent < out_.size()) {
    const auto taken = connection_->write(ByteView(out_).subspan(sent));
    if (taken == 0) break;
    sent += taken;
  }
  out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(sent));
}

void UdpLink::read() {
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

void UdpLink::step() {
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

void UdpLink::close(Error why) {
  if (std::exchange(closed_, true)) return;
  out_.clear();
  if (handlers_.closed) handlers_.closed(std::move(why));
}

}  // namespace

client::Status UdpTransport::Engine::start(net::QuicRole role) {
  auto endpoint = net::QuicEndpoint::make(fd_.get(), role, certificate_);
  if (!endpoint) return client::fail(ExitCode::unexpected, "cannot start QUIC: " + endpoint.error());
  endpoint_ = std::move(*endpoint);
  if (pin_) endpoint_->set_pin(*pin_);
  readable_ = loop_.when_readable(fd_.get(), [this] { pump(); });
  return {};
}

void UdpTransport::Engine::pin(const net::Fingerprint& key) {
  pin_ = key;
  if (endpoint_) endpoint_->set_pin(key);
}

void UdpTransport::Engine::stop() {
  accepted_ = nullptr;
  done_ = nullptr;
  incoming_.clear();
  attempts_.clear();
  untried_.clear();
  next_.reset();
  give_up_.reset();
}

void UdpTransport::Engine::kick() {
  if (std::exchange(kicked_, true)) return;
  loop_.post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->kicked_ = false;
      self->pump();
    }
  });
}

void UdpTransport::Engine::pump() {
  const auto alive = shared_from_this();
  endpoint_->step();
  take_new();
  step_accepted();
  step_attempts();
  for (auto* link : std::vector(links_)) link->step();
  // What was read makes room for more, of which the other side is told; and what has failed is told that it has.
  endpoint_->step();
  ended_.clear();
  rearm();
}

void UdpTransport::Engine::take_new() {
  while (auto connection = endpoint_->accept()) {
    // One too many is closed at once (THREATS 22).
    if (!accepted_ || incoming_.size() >= limits::handshakes) continue;
    incoming_.push_back({Address{}, std::move(connection), steady_clock::now() + limits::handshake_time});
  }
}

void UdpTransport::Engine::step_accepted() {
  const auto now = steady_clock::now();
  std::vector<ConnectionPtr> open;
  for (auto& attempt : incoming_) {
    const auto state = attempt.connection->step();
    if (state == State::open) open.push_back(std::move(attempt.connection));
    if (state == State::closed || now > attempt.deadline) ended_.push_back(std::move(attempt.connection));
  }
  std::erase_if(incoming_, [](const auto& attempt) { return !attempt.connection; });
  for (auto& connection : open)
    if (accepted_) accepted_(std::make_unique<UdpLink>(shared_from_this(), std::move(connection), Address{}));
}

void UdpTransport::Engine::connect(std::deque<Address> addresses, std::function<void(Result<LinkPtr>)> done) {
  untried_ = std::move(addresses);
  done_ = std::move(done);
  give_up_ =
      loop_.after(limits::connect_time, [this] { finish(client::fail(ExitCode::timed_out, "nobody answers there")); });
  next_ = loop_.after(std::chrono::milliseconds(0), [this] { try_next(); });
}

void UdpTransport::Engine::try_next() {
  if (!done_ || untried_.empty()) return;
  const auto address = std::move(untried_.front());
  untried_.pop_front();
  const int family = local_.host.find(':') == std::string::npos ? AF_INET : AF_INET6;
  if (const auto at = resolve(address, SOCK_DGRAM, AI_NUMERICHOST | AI_V4MAPPED, family))
    if (auto connection = endpoint_->connect(ip_for(**at), address.port))
      attempts_.push_back({address, std::move(connection), {}});
  next_ = loop_.after(limits::next_candidate, [this] { try_next(); });
  kick();
}

void UdpTransport::Engine::step_attempts() {
  if (!done_) return;
  for (auto& attempt : attempts_) {
    const auto state = attempt.connection->step();
    if (state == State::open)
      return finish(std::make_unique<UdpLink>(shared_from_this(), std::move(attempt.connection), attempt.address));
    if (state == State::closed) ended_.push_back(std::move(attempt.connection));
  }
  std::erase_if(attempts_, [](const auto& attempt) { return !attempt.connection; });
  if (endpoint_->saw_other_key())
    return finish(client::fail(ExitCode::refused, "somebody else answers there, with another key than the ticket's"));
}

void UdpTransport::Engine::finish(Result<LinkPtr> result) {
  next_.reset();
  give_up_.reset();
  untried_.clear();
  attempts_.clear();
  if (const auto done = std::exchange(done_, {})) done(std::move(result));
}

void UdpTransport::Engine::rearm() {
  timer_.reset();
  if (const auto wait = endpoint_->next_step())
    timer_ = loop_.after(std::max(*wait, std::chrono::milliseconds(1)), [this] { pump(); });
  if (!endpoint_->wants_write()) return;
  writable_ = loop_.when_writable(fd_.get(), [this] { pump(); });
}

UdpTransport::UdpTransport(Loop& loop) : loop_(loop) {}
UdpTransport::~UdpTransport() {
  if (engine_) engine_->stop();
}

namespace {

Result<FileDescriptor> bound_socket(const Address& address) {
  const auto found = resolve(address, SOCK_DGRAM, AI_PASSIVE);
  if (!found) return std::unexpected(found.error());
  const auto& at = **found;
  FileDescriptor fd(::socket(at.ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return client::fail(ExitCode::unreachable, std::string("no socket: ") + std::strerror(errno));
  const int off = 0;
  // Smaller buffers, where the system gives no more, only cost speed.
  static_cast<void>(::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &socket_buffer, sizeof socket_buffer));
  static_cast<void>(::setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUF, &socket_buffer, sizeof socket_buffer));
  if (at.ai_family == AF_INET6) static_cast<void>(::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off));
  if (::bind(fd.get(), at.ai_addr, at.ai_addrlen) == 0) return fd;
  const auto code = errno == EADDRINUSE ? ExitCode::address_in_use
                    : errno == EACCES   ? ExitCode::no_permission
                                        : ExitCode::unreachable;
  return client::fail(code, "cannot listen at " + to_text(address) + ": " + std::strerror(errno));
}

}  // namespace

Result<Address> UdpTransport::bind(const Address& address) {
  auto where = address;
  if (where.host.empty()) where.host = "::";
  auto fd = bound_socket(where);
  if (!fd && address.host.empty()) {
    where.host = "0.0.0.0";
    fd = bound_socket(where);
  }
  if (!fd) return client::pass(fd);
  auto certificate = net::Certificate::make(net::CertificateKind::ml_dsa_65, "pqc-chat p2p", {});
  if (!certificate) return client::fail(ExitCode::unexpected, certificate.error().text);
  auto local = local_address(fd->get());
  engine_ = std::make_shared<Engine>(loop_, std::move(*fd), std::move(*certificate), local);
  return local;
}

net::Fingerprint UdpTransport::fingerprint() const {
  return engine_->certificate().fingerprint();
}

std::vector<Address> UdpTransport::candidates() const {
  const auto& local = engine_->local();
  if (local.host != "::" && local.host != "0.0.0.0") return {local};
  return addresses_of_this_machine(local.port, local.host == "::");
}

void UdpTransport::pin(const net::Fingerprint& peer) {
  engine_->pin(peer);
}

Result<Address> UdpTransport::listen(const Address& address, std::function<void(LinkPtr)> accepted) {
  if (!engine_)
    if (auto bound = bind(address); !bound) return bound;
  if (auto started = engine_->start(net::QuicRole::server); !started) return client::pass(started);
  engine_->listen(std::move(accepted));
  return engine_->local();
}

void UdpTransport::connect(const Address& address, std::function<void(Result<LinkPtr>)> done) {
  const auto found = resolve(address, SOCK_DGRAM, 0);
  if (!found) {
    loop_.post([done = std::move(done), error = found.error()] { done(std::unexpected(error)); });
    return;
  }
  std::vector<Address> addresses;
  for (const auto* at = found->get(); at != nullptr; at = at->ai_next)
    addresses.push_back(name_of(at->ai_addr, at->ai_addrlen));
  connect_any(addresses, std::move(done));
}

void UdpTransport::connect_any(const std::vector<Address>& addresses, std::function<void(Result<LinkPtr>)> done) {
  client::Status ready;
  if (!engine_)
    if (const auto bound = bind({}); !bound) ready = std::unexpected(bound.error());
  if (ready) ready = engine_->start(net::QuicRole::client);
  if (!ready) {
    loop_.post([done = std::move(done), error = ready.error()] { done(std::unexpected(error)); });
    return;
  }
  engine_->connect({addresses.begin(), addresses.end()}, std::move(done));
}

namespace {

std::unique_ptr<Transport> make(Loop& loop) {
  return std::make_unique<UdpTransport>(loop);
}

constexpr TransportKind udp_kind{"udp", make};

}  // namespace

const TransportKind& udp_transport() {
  return udp_kind;
}

}  // namespace pqc::p2p
