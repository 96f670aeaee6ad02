#include "hostile_server.h"

#include <deque>
#include <future>
#include <map>
#include <stdexcept>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "base/clock.h"
#include "crypto/random.h"
#include "identity/record_codec.h"
#include "net/certificate.h"
#include "net/listener.h"

namespace pqc::test {

namespace v1 = pqc_chat::v1;

namespace {

constexpr std::uint32_t frame_bytes = 1 << 20;
constexpr std::uint32_t body_bytes = 128 << 10;

struct Stored {
  std::uint64_t message_id = 0;
  Item item;
};

using DeviceKey = std::pair<std::string, std::uint32_t>;

DeviceKey key_of(const v1::Device& device) {
  return {device.account(), device.device()};
}

v1::Limits limits() {
  v1::Limits limits;
  limits.set_frame_bytes(frame_bytes);
  limits.set_body_bytes(body_bytes);
  limits.set_append_items(256);
  limits.set_mailbox_items(100'000);
  limits.set_mailbox_bytes(256 << 20);
  limits.set_one_time_pairs(400);
  limits.set_window_items(512);
  limits.set_blob_bytes(std::uint64_t{4} << 30);
  limits.set_blob_part_bytes(512 << 10);
  return limits;
}

}  // namespace

class HostileServer::Impl {
 public:
  class Visitor;

  Impl();
  ~Impl();

  // Runs on the server's thread; the answer, or its exception.
  template <class F>
  auto on_thread(F f) const {
    std::packaged_task<decltype(f())()> task(std::move(f));
    auto answer = task.get_future();
    boost::asio::post(context, [&task] { task(); });
    return answer.get();
  }
  void put(const Item& item);

  mutable boost::asio::io_context context;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
  net::Certificate certificate = net::Certificate::make(net::CertificateKind::ml_dsa_65, name, {}).value();
  std::unique_ptr<net::Listener> listener;

  Behaviour behaviour;
  std::map<std::string, std::vector<std::string>> records;
  std::map<std::pair<DeviceKey, std::uint32_t>, v1::PublishPrekeys> prekeys;
  std::map<DeviceKey, std::uint64_t> generations;
  std::map<DeviceKey, std::deque<Stored>> mailboxes;
  std::map<DeviceKey, Visitor*> subscribers;
  std::vector<Item> appended;
  std::uint64_t next_message_id = 1;
  std::uint64_t bundles = 0;
  std::uint64_t accounts = 0;
  std::uint64_t parts = 0;
  std::thread thread;
};

// One connection.
class HostileServer::Impl::Visitor final : public net::ConnectionUser {
 public:
  Visitor(Impl& server, net::ServerConnection& connection) : server_(server), connection_(&connection) {
    v1::ServerFrame frame;
    auto& hello = *frame.mutable_hello();
    hello.set_protocol(1);
    hello.set_server_name(name);
    const auto challenge = crypto::SystemRng::instance().bytes<32>();
    hello.set_challenge(challenge.data(), challenge.size());
    hello.set_server_time((SystemClock().now() + server.behaviour.ahead).value);
    hello.set_registration(v1::REGISTRATION_OPEN);
    *hello.mutable_limits() = limits();
    send(frame);
  }

  void on_frame(net::FrameKind, ByteView payload) override;
  void on_drained() override {}
  void on_closed() override {
    connection_ = nullptr;
    if (const auto it = server_.subscribers.find(self_); it != server_.subscribers.end() && it->second == this) {
      server_.subscribers.erase(it);
    }
  }

  void deliver(const Stored& stored) {
    v1::ServerFrame frame;
    auto& item = *frame.mutable_deliver()->add_items();
    item.set_message_id(stored.message_id);
    *item.mutable_from() = stored.item.from;
    item.set_received_at(SystemClock().now().value);
    item.set_id(stored.item.id);
    item.set_body(stored.item.body);
    send(frame);
  }

 private:
  void send(const v1::ServerFrame& frame) {
    if (connection_ == nullptr) return;
    const auto text = frame.SerializeAsString();
    connection_->send(net::FrameKind::binary, as_bytes(text));
  }
  void error(v1::ServerFrame& answer, v1::ErrorCode code) { answer.mutable_error()->set_code(code); }
  [[nodiscard]] v1::Device device() const;

  void enter(const std::string& account, std::uint32_t device, std::uint64_t generation, v1::ServerFrame& answer);
  void register_account(const v1::Register& request, v1::ServerFrame& answer);
  void append(const v1::Append& request, v1::ServerFrame& answer);
  void acknowledge(const v1::Acknowledge& request, v1::ServerFrame& answer);
  void subscribe(const v1::Subscribe& request, v1::ServerFrame answer);
  void fetch_account(const v1::FetchAccount& request, v1::ServerFrame& answer);
  void fetch_bundle(const v1::FetchBundle& request, v1::ServerFrame& answer);
  void read_blob(const v1::ReadBlob& request, v1::ServerFrame& answer);
  template <class Counts>
  void count_prekeys(Counts& counts) const;

  Impl& server_;
  net::ServerConnection* connection_;
  DeviceKey self_;
};

void HostileServer::Impl::Visitor::on_frame(net::FrameKind, ByteView payload) {
  v1::ClientFrame frame;
  if (!frame.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) return;
  v1::ServerFrame answer;
  answer.set_request_id(frame.request_id());
  switch (frame.body_case()) {
    case v1::ClientFrame::kLogin:
      enter(frame.login().account(), frame.login().device(), frame.login().generation(), answer);
      break;
    case v1::ClientFrame::kRegister:
      register_account(frame.register_(), answer);
      break;
    case v1::ClientFrame::kAppend:
      append(frame.append(), answer);
      break;
    case v1::ClientFrame::kAcknowledge:
      acknowledge(frame.acknowledge(), answer);
      if (frame.request_id() == 0) return;
      break;
    case v1::ClientFrame::kSubscribe:
      return subscribe(frame.subscribe(), answer);
    case v1::ClientFrame::kFetchAccount:
      fetch_account(frame.fetch_account(), answer);
      break;
    case v1::ClientFrame::kFetchBundle:
      fetch_bundle(frame.fetch_bundle(), answer);
      break;
    case v1::ClientFrame::kPublishPrekeys:
      server_.prekeys[{self_, frame.publish_prekeys().suite()}] = frame.publish_prekeys();
      count_prekeys(*answer.mutable_prekeys());
      break;
    case v1::ClientFrame::kPrekeyStatus:
      count_prekeys(*answer.mutable_prekeys());
      break;
    case v1::ClientFrame::kPublishAccountRecord:
      server_.records[self_.first].push_back(frame.publish_account_record().account_record());
      answer.mutable_record_published()->set_version(server_.records[self_.first].size());
      break;
    case v1::ClientFrame::kReadBlob:
      read_blob(frame.read_blob(), answer);
      break;
    case v1::ClientFrame::kPing:
      answer.mutable_pong()->set_server_time(SystemClock().now().value);
      if (frame.request_id() == 0) return;
      break;
    default:
      error(answer, v1::ERROR_MALFORMED);
  }
  send(answer);
}

v1::Device HostileServer::Impl::Visitor::device() const {
  v1::Device device;
  device.set_account(self_.first);
  device.set_device(self_.second);
  return device;
}

void HostileServer::Impl::Visitor::enter(const std::string& account, std::uint32_t device, std::uint64_t generation,
                                         v1::ServerFrame& answer) {
  if (!server_.records.contains(account)) return error(answer, v1::ERROR_REFUSED);
  self_ = {account, device};
  auto& logged_in = *answer.mutable_logged_in();
  logged_in.set_account(account);
  logged_in.set_device(device);
  logged_in.set_record_version(server_.records[account].size());
  auto& highest = server_.generations[self_];
  logged_in.set_last_generation(highest);
  highest = std::max(highest, generation);
  count_prekeys(logged_in);
  if (server_.behaviour.logged_in) server_.behaviour.logged_in(logged_in);
  connection_->set_logged_in();
}

void HostileServer::Impl::Visitor::register_account(const v1::Register& request, v1::ServerFrame& answer) {
  const auto parsed = identity::parse_signed(as_bytes(request.account_record()));
  if (!parsed) return error(answer, v1::ERROR_MALFORMED);
  const auto account = parsed->record.account.text();
  const bool known = server_.records.contains(account);
  const auto refusal = server_.behaviour.registration ? server_.behaviour.registration(known) : std::nullopt;
  if (!known || !refusal) server_.records[account] = {request.account_record()};
  if (refusal) return error(answer, *refusal);
  enter(account, request.device(), request.generation(), answer);
}

void HostileServer::Impl::Visitor::append(const v1::Append& request, v1::ServerFrame& answer) {
  auto& accepted = *answer.mutable_accepted();
  for (const auto& wanted : request.items()) {
    const Item item{.id = wanted.id(), .from = device(), .to = wanted.to(), .body = wanted.body()};
    server_.appended.push_back(item);
    auto& told = *accepted.add_items();
    told.set_id(item.id);
    told.set_message_id(server_.next_message_id++);
    if (!server_.behaviour.relay) {
      server_.put(item);
      continue;
    }
    for (const auto& instead : server_.behaviour.relay(item)) server_.put(instead);
  }
}

void HostileServer::Impl::Visitor::acknowledge(const v1::Acknowledge& request, v1::ServerFrame& answer) {
  auto& mailbox = server_.mailboxes[self_];
  while (!mailbox.empty() && mailbox.front().message_id <= request.cursor()) mailbox.pop_front();
  answer.mutable_acknowledged()->set_cursor(request.cursor());
}

void HostileServer::Impl::Visitor::subscribe(const v1::Subscribe& request, v1::ServerFrame answer) {
  const auto& mailbox = server_.mailboxes[self_];
  answer.mutable_subscribed()->set_newest(mailbox.empty() ? 0 : mailbox.back().message_id);
  send(answer);
  for (const auto& stored : mailbox) {
    if (stored.message_id > request.after()) deliver(stored);
  }
  server_.subscribers[self_] = this;
}

void HostileServer::Impl::Visitor::fetch_account(const v1::FetchAccount& request, v1::ServerFrame& answer) {
  ++server_.accounts;
  const auto found = server_.records.find(request.account());
  if (found == server_.records.end()) return error(answer, v1::ERROR_UNKNOWN_ACCOUNT);
  auto& account = *answer.mutable_account();
  account.set_version(found->second.size());
  if (request.known_version() < found->second.size()) account.set_account_record(found->second.back());
  if (server_.behaviour.account) server_.behaviour.account(self_.first, account);
}

void HostileServer::Impl::Visitor::fetch_bundle(const v1::FetchBundle& request, v1::ServerFrame& answer) {
  const auto found = server_.prekeys.find({{request.account(), request.device()}, request.suite()});
  if (found == server_.prekeys.end()) return error(answer, v1::ERROR_NO_PREKEYS);
  auto& published = found->second;
  auto& bundle = *answer.mutable_bundle();
  bundle.set_device(request.device());
  bundle.set_suite(request.suite());
  bundle.set_batch_id(published.batch_id());
  bundle.set_batch(published.batch());
  bundle.set_last_resort(published.one_time_pairs().empty());
  if (published.one_time_pairs().empty()) {
    bundle.set_prekey(published.last_resort());
  } else {
    bundle.set_prekey(published.one_time_pairs(0));
    published.mutable_one_time_pairs()->DeleteSubrange(0, 1);
  }
  bundle.set_record_version(server_.records[request.account()].size());
  ++server_.bundles;
  if (server_.behaviour.bundle) server_.behaviour.bundle(self_.first, bundle);
}

void HostileServer::Impl::Visitor::read_blob(const v1::ReadBlob& request, v1::ServerFrame& answer) {
  ++server_.parts;
  if (!server_.behaviour.blob) return error(answer, v1::ERROR_UNKNOWN_BLOB);
  server_.behaviour.blob(request, *answer.mutable_blob_part());
}

template <class Counts>
void HostileServer::Impl::Visitor::count_prekeys(Counts& counts) const {
  for (const auto& [key, published] : server_.prekeys) {
    if (key.first != self_) continue;
    auto& count = *counts.add_prekeys();
    count.set_suite(key.second);
    count.set_batch_id(published.batch_id());
    count.set_one_time_left(static_cast<std::uint32_t>(published.one_time_pairs_size()));
    count.set_expires_at(published.expires_at());
  }
}

HostileServer::Impl::Impl() {
  auto tls = net::TlsServerContext::make({certificate}, false);
  if (!tls) throw std::runtime_error(tls.error());
  net::ListenerCallbacks callbacks;
  callbacks.opened = [this](net::ServerConnection& connection) { return std::make_shared<Visitor>(*this, connection); };
  callbacks.request = [](const net::HttpRequest&) { return net::HttpResponse{404, "text/plain", "no\n"}; };
  auto started = net::Listener::start(context, std::move(*tls), "127.0.0.1", 0, std::move(callbacks));
  if (!started) throw std::runtime_error(started.error().text);
  listener = std::move(*started);
  thread = std::thread([this] { context.run(); });
}

HostileServer::Impl::~Impl() {
  on_thread([this] { listener.reset(); });
  work.reset();
  context.stop();
  thread.join();
}

void HostileServer::Impl::put(const Item& item) {
  const auto key = key_of(item.to);
  auto& mailbox = mailboxes[key];
  mailbox.push_back({next_message_id++, item});
  if (const auto it = subscribers.find(key); it != subscribers.end()) it->second->deliver(mailbox.back());
}

HostileServer::HostileServer() : impl_(std::make_unique<Impl>()) {}
HostileServer::~HostileServer() = default;

std::uint16_t HostileServer::port() const {
  return impl_->listener->port();
}

net::Fingerprint HostileServer::fingerprint() const {
  return impl_->certificate.fingerprint();
}

void HostileServer::behave(Behaviour behaviour) {
  impl_->on_thread([&] { impl_->behaviour = std::move(behaviour); });
}

void HostileServer::inject(const Item& item) {
  impl_->on_thread([&] { impl_->put(item); });
}

std::vector<Item> HostileServer::appended() const {
  return impl_->on_thread([&] { return impl_->appended; });
}

std::vector<std::string> HostileServer::records(const std::string& account) const {
  return impl_->on_thread([&] { return impl_->records[account]; });
}

v1::PublishPrekeys HostileServer::prekeys(const std::string& account, std::uint32_t suite) const {
  return impl_->on_thread([&] { return impl_->prekeys[{{account, 1}, suite}]; });
}

std::uint64_t HostileServer::bundles_fetched() const {
  return impl_->on_thread([&] { return impl_->bundles; });
}

std::uint64_t HostileServer::accounts_fetched() const {
  return impl_->on_thread([&] { return impl_->accounts; });
}

std::uint64_t HostileServer::parts_fetched() const {
  return impl_->on_thread([&] { return impl_->parts; });
}

}  // namespace pqc::test
