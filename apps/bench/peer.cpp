#include "peer.h"

#include <algorithm>
#include <format>

#include "identity/account_name.h"
#include "proto/relay.pb.h"

namespace pqc::bench {

namespace proto = pqc_chat::v1;

namespace {

// Requests that a peer makes; an answer says which it belongs to.
enum RequestId : std::uint64_t { login_request = 1, subscribe_request = 2, append_request = 3 };
constexpr std::size_t id_size = 16;

Bytes serialize(const proto::ClientFrame& frame) {
  Bytes out(frame.ByteSizeLong());
  frame.SerializeWithCachedSizesToArray(out.data());
  return out;
}

void put(std::string& id, std::uint64_t value, int size) {
  for (int i = size - 1; i >= 0; --i) id += static_cast<char>(value >> (8 * i));
}

std::uint64_t number_in(std::string_view id) {
  std::uint64_t number = 0;
  for (const char c : id.substr(id_size - 8)) number = number << 8 | static_cast<std::uint8_t>(c);
  return number;
}

std::string text_of(const proto::Error& error) {
  return proto::ErrorCode_Name(error.code()) + (error.text().empty() ? "" : ": " + error.text());
}

ServerLimits limits_of(const proto::Limits& limits) {
  return {.append_items = std::max(1U, limits.append_items()),
          .body_bytes = limits.body_bytes(),
          .mailbox_items = limits.mailbox_items(),
          .mailbox_bytes = limits.mailbox_bytes(),
          .window_items = limits.window_items()};
}

}  // namespace

class Peer::Impl {
 public:
  Impl(Peer& peer, boost::asio::io_context& context, const DeviceKeys& device_keys, std::string own_name,
       std::uint64_t run_number, std::uint32_t own_index)
      : owner(peer), keys(device_keys), link(context), name(std::move(own_name)), run(run_number), index(own_index) {
    link.on_frame([this](ByteView bytes) { take(bytes); });
    link.on_closed([this](const net::LinkFailure& failure) { fail("the connection ended: " + failure.text); });
  }

  void connected(const net::LinkInfo& link_info) { info.link = link_info; }
  void fail(const std::string& text);
  void take(ByteView bytes);
  void hello(const proto::Hello& hello);
  std::expected<proto::ClientFrame, std::string> entry_frame(identity::LoginStatement statement) const;
  void logged_in();
  void answered(const proto::Accepted& accepted);
  void delivered(const proto::Deliver& deliver);

  Peer& owner;
  const DeviceKeys& keys;
  net::RelayLink link;
  std::string name;
  std::string account;
  std::uint64_t run;
  std::uint32_t index;
  Entry entry = Entry::login;
  std::uint64_t generation = 0;
  PeerInfo info;
  Ready ready;
  std::function<void()> subscribed;
  proto::ServerFrame received;
  std::vector<Answer> answers;
  std::vector<Arrival> arrivals;
};

void Peer::Impl::fail(const std::string& text) {
  link.close();
  if (const auto callback = std::exchange(ready, nullptr)) return callback(std::unexpected(name + ": " + text));
  if (owner.on_failure) owner.on_failure(name + ": " + text);
}

void Peer::Impl::take(ByteView bytes) {
  if (!received.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return fail("the server sent a frame that does not parse");
  }
  switch (received.body_case()) {
    case proto::ServerFrame::kHello:
      return hello(received.hello());
    case proto::ServerFrame::kLoggedIn:
      return logged_in();
    case proto::ServerFrame::kAccepted:
      return answered(received.accepted());
    case proto::ServerFrame::kDeliver:
      return delivered(received.deliver());
    case proto::ServerFrame::kSubscribed:
      if (const auto callback = std::exchange(subscribed, nullptr)) callback();
      return;
    case proto::ServerFrame::kError:
      return fail(text_of(received.error()));
    default:
      return;
  }
}

void Peer::Impl::hello(const proto::Hello& hello) {
  info.limits = limits_of(hello.limits());
  const auto account_name = identity::AccountName::make(name, hello.server_name());
  identity::LoginStatement statement;
  if (!account_name || hello.challenge().size() != statement.challenge.size()) {
    return fail("the server's first frame is not what it should be");
  }
  account = account_name->text();
  statement.server = info.link.fingerprint.bytes;
  statement.account = *account_name;
  statement.device = DeviceKeys::device;
  statement.suite = keys.suite().id;
  std::ranges::copy(hello.challenge(), statement.challenge.begin());
  statement.exporter = info.link.exporter;
  auto frame = entry_frame(std::move(statement));
  if (!frame) return fail(frame.error());
  frame->set_request_id(login_request);
  if (!link.send(serialize(*frame))) fail("the connection ended before the login");
}

std::expected<proto::ClientFrame, std::string> Peer::Impl::entry_frame(identity::LoginStatement statement) const {
  proto::ClientFrame frame;
  if (entry == Entry::login) {
    const auto signature = keys.login(std::move(statement));
    if (!signature) return std::unexpected(signature.error());
    auto& login = *frame.mutable_login();
    login.set_account(account);
    login.set_device(DeviceKeys::device.value);
    login.set_suite(crypto::number(keys.suite().id));
    login.set_signature(signature->data(), signature->size());
    login.set_generation(generation);
    return frame;
  }
  const auto registration = keys.registration(std::move(statement));
  if (!registration) return std::unexpected(registration.error());
  auto& entering = *frame.mutable_register_();
  entering.set_account_record(registration->account_record.data(), registration->account_record.size());
  entering.set_device(DeviceKeys::device.value);
  entering.set_suite(crypto::number(keys.suite().id));
  entering.set_signature(registration->signature.data(), registration->signature.size());
  entering.set_generation(generation);
  return frame;
}

void Peer::Impl::logged_in() {
  if (const auto callback = std::exchange(ready, nullptr)) callback(info);
}

void Peer::Impl::answered(const proto::Accepted& accepted) {
  answers.clear();
  for (const auto& item : accepted.items()) {
    if (item.id().size() != id_size) return fail("the server answered an id that was not sent");
    answers.push_back({.number = number_in(item.id()), .accepted = item.message_id() != 0, .error = item.error()});
  }
  if (owner.on_answers) owner.on_answers(answers);
}

void Peer::Impl::delivered(const proto::Deliver& deliver) {
  arrivals.clear();
  for (const auto& item : deliver.items()) {
    arrivals.push_back({.message_id = item.message_id(), .body = as_bytes(item.body())});
  }
  if (owner.on_arrivals) owner.on_arrivals(arrivals);
}

Peer::Peer(boost::asio::io_context& context, const DeviceKeys& keys, std::string name, std::uint64_t run,
           std::uint32_t index)
    : impl_(std::make_unique<Impl>(*this, context, keys, std::move(name), run, index)) {}

Peer::~Peer() = default;

void Peer::connect(const net::LinkOptions& options, Entry entry, Ready ready) {
  impl_->ready = std::move(ready);
  impl_->entry = entry;
  ++impl_->generation;
  impl_->link.connect(options, [impl = impl_.get()](const std::expected<net::LinkInfo, net::LinkFailure>& answer) {
    if (!answer) return impl->fail("no connection: " + answer.error().text);
    impl->connected(*answer);
  });
}

void Peer::subscribe(std::uint64_t after, std::function<void()> subscribed) {
  proto::ClientFrame frame;
  frame.set_request_id(subscribe_request);
  frame.mutable_subscribe()->set_after(after);
  impl_->subscribed = std::move(subscribed);
  if (!impl_->link.send(serialize(frame))) impl_->fail("the connection ended before the subscription");
}

bool Peer::append(const std::string& recipient, std::span<const Outgoing> items) {
  proto::ClientFrame frame;
  frame.set_request_id(append_request);
  auto& append = *frame.mutable_append();
  for (const auto& outgoing : items) {
    auto& item = *append.add_items();
    auto& id = *item.mutable_id();
    id.reserve(id_size);
    put(id, impl_->run, 4);
    put(id, impl_->index, 4);
    put(id, outgoing.number, 8);
    item.mutable_to()->set_account(recipient);
    item.mutable_to()->set_device(DeviceKeys::device.value);
    item.set_body(outgoing.body.data(), outgoing.body.size());
  }
  return impl_->link.send(serialize(frame));
}

void Peer::acknowledge(std::uint64_t cursor) {
  proto::ClientFrame frame;
  frame.mutable_acknowledge()->set_cursor(cursor);
  // A full queue means that the server does not read; a later acknowledgement covers this one.
  if (!impl_->link.send(serialize(frame))) return;
}

void Peer::close() {
  impl_->link.close();
}

const std::string& Peer::name() const {
  return impl_->name;
}

const std::string& Peer::account() const {
  return impl_->account;
}

}  // namespace pqc::bench
