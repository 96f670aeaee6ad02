#include "client/remote/remote_client.h"

#include "client/limits.h"
#include "client/remote/local_codec.h"
#include "proto/local.pb.h"

namespace pqc::client {
namespace {

namespace v1 = pqc_chat::local::v1;

constexpr std::uint32_t version = 1;

std::uint32_t milliseconds(std::chrono::milliseconds wait) {
  return static_cast<std::uint32_t>(wait.count());
}

std::unexpected<Error> off_protocol() {
  return fail(ExitCode::protocol_mismatch, "the process that owns the profile is of another version: end it");
}

}  // namespace

RemoteClient::RemoteClient(FileDescriptor socket, Loop& loop, std::function<void()> on_ended) : loop_(loop) {
  socket_ = std::make_unique<FrameSocket>(
      loop_, std::move(socket), [this](const Bytes& frame) { on_frame(frame); },
      [this, on_ended = std::move(on_ended)] {
        closed_ = true;
        on_ended();
      });
}

RemoteClient::~RemoteClient() = default;

void RemoteClient::on_frame(const Bytes& frame) {
  auto reply = std::make_unique<v1::LocalReply>();
  if (!reply->ParseFromArray(frame.data(), static_cast<int>(frame.size()))) return;
  if (reply->request_id() != 0) {
    replies_[reply->request_id()] = std::move(reply);
    return;
  }
  const auto event = local::decode(reply->event());
  if (event && listener_) listener_(*event);
}

Result<RemoteClient::Reply> RemoteClient::ask(v1::LocalRequest& request, std::chrono::milliseconds wait) {
  const auto id = next_request_++;
  request.set_version(version);
  request.set_request_id(id);
  Bytes bytes(request.ByteSizeLong());
  request.SerializeToArray(bytes.data(), static_cast<int>(bytes.size()));
  socket_->send(bytes);
  const auto deadline = std::chrono::steady_clock::now() + wait + limits::request_deadline;
  ++asking_;
  loop_.run_until([&] { return closed_ || replies_.contains(id); }, deadline);
  --asking_;
  auto node = replies_.extract(id);
  if (node.empty())
    return fail(ExitCode::busy, closed_ ? "the process that owns the profile ended: try again"
                                        : "the process that owns the profile does not answer: end it");
  auto reply = std::move(node.mapped());
  if (reply->has_error()) return std::unexpected(local::decode(reply->error()));
  return reply;
}

Status RemoteClient::command(v1::LocalRequest& request, std::chrono::milliseconds wait) {
  auto reply = ask(request, wait);
  if (!reply) return pass(reply);
  return {};
}

Result<Message> RemoteClient::enqueue(const Draft& draft) {
  v1::LocalRequest request;
  local::encode(draft, *request.mutable_send());
  auto reply = ask(request);
  if (!reply) return pass(reply);
  return local::decode((*reply)->message());
}

Result<Message> RemoteClient::await(std::int64_t seq, Until until, std::chrono::milliseconds wait) {
  v1::LocalRequest request;
  request.mutable_await()->set_seq(seq);
  request.mutable_await()->set_delivered(until == Until::delivered);
  request.mutable_await()->set_wait_ms(milliseconds(wait));
  auto reply = ask(request, wait);
  if (!reply) return pass(reply);
  if (!(*reply)->has_message()) return off_protocol();
  return local::decode((*reply)->message());
}

Status RemoteClient::catch_up(std::chrono::milliseconds wait) {
  v1::LocalRequest request;
  request.mutable_catch_up()->set_wait_ms(milliseconds(wait));
  return command(request, wait);
}

Status RemoteClient::follow(Listener listener) {
  listener_ = std::move(listener);
  v1::LocalRequest request;
  request.mutable_subscribe();
  return command(request);
}

Result<Inbox> RemoteClient::inbox() {
  v1::LocalRequest request;
  request.mutable_receive();
  auto reply = ask(request);
  if (!reply) return pass(reply);
  Inbox out;
  for (const auto& message : (*reply)->messages().messages()) out.messages.push_back(local::decode(message));
  for (const auto& notice : (*reply)->messages().notices()) out.notices.push_back(local::decode(notice));
  return out;
}

Status RemoteClient::set_shown(const Inbox& inbox) {
  v1::LocalRequest request;
  for (const auto& message : inbox.messages) request.mutable_shown()->add_messages(message.seq);
  for (const auto& notice : inbox.notices) request.mutable_shown()->add_notices(notice.seq);
  if (!request.has_shown()) return {};
  return command(request);
}

Result<std::vector<Message>> RemoteClient::find(const MessageQuery& query) {
  v1::LocalRequest request;
  local::encode(query, *request.mutable_find());
  auto reply = ask(request);
  if (!reply) return pass(reply);
  std::vector<Message> out;
  for (const auto& message : (*reply)->messages().messages()) out.push_back(local::decode(message));
  return out;
}

Result<FileTransfer> RemoteClient::transfer(std::int64_t seq) {
  v1::LocalRequest request;
  request.mutable_transfer()->set_seq(seq);
  auto reply = ask(request);
  if (!reply) return pass(reply);
  return local::decode((*reply)->transfer());
}

Result<FileTransfer> RemoteClient::save(const SaveFile& save, std::chrono::milliseconds wait) {
  v1::LocalRequest request;
  local::encode(save, *request.mutable_save());
  request.mutable_save()->set_wait_ms(milliseconds(wait));
  auto reply = ask(request, wait);
  if (!reply) return pass(reply);
  return local::decode((*reply)->transfer());
}

Status RemoteClient::change(const Change& change) {
  v1::LocalRequest request;
  local::encode(change, *request.mutable_change());
  return command(request, limits::request_deadline);
}

Result<std::vector<Contact>> RemoteClient::contacts() {
  v1::LocalRequest request;
  request.mutable_contacts();
  auto reply = ask(request);
  if (!reply) return pass(reply);
  std::vector<Contact> out;
  for (const auto& contact : (*reply)->contacts().contacts()) out.push_back(local::decode(contact));
  return out;
}

Result<SafetyNumber> RemoteClient::safety_number(std::string_view peer) {
  v1::LocalRequest request;
  request.mutable_safety_number()->set_peer(std::string(peer));
  auto reply = ask(request, limits::request_deadline);
  if (!reply) return pass(reply);
  return local::decode((*reply)->safety_number());
}

Status RemoteClient::set_verified(std::string_view peer, bool verified) {
  v1::LocalRequest request;
  request.mutable_set_verified()->set_peer(std::string(peer));
  request.mutable_set_verified()->set_verified(verified);
  return command(request, limits::request_deadline);
}

Status RemoteClient::accept(std::string_view peer, bool changed) {
  v1::LocalRequest request;
  request.mutable_accept_contact()->set_peer(std::string(peer));
  request.mutable_accept_contact()->set_changed(changed);
  return command(request, limits::request_deadline);
}

Result<CallInfo> RemoteClient::call(const CallRequest& request) {
  v1::LocalRequest out;
  local::encode(request, *out.mutable_call());
  auto reply = ask(out, 2 * limits::request_deadline);
  if (!reply) return pass(reply);
  if (!(*reply)->has_call()) return off_protocol();
  return local::decode((*reply)->call());
}

Result<std::vector<CallRecord>> RemoteClient::calls(std::size_t limit) {
  v1::LocalRequest request;
  request.mutable_calls()->set_limit(static_cast<std::uint32_t>(limit));
  auto reply = ask(request);
  if (!reply) return pass(reply);
  std::vector<CallRecord> out;
  for (const auto& call : (*reply)->calls().calls()) out.push_back(local::decode(call));
  return out;
}

Result<SecretBytes> RemoteClient::recording_key(ByteView header) {
  v1::LocalRequest request;
  request.mutable_recording_key()->assign(header.begin(), header.end());
  auto reply = ask(request);
  if (!reply) return pass(reply);
  return SecretBytes(as_bytes((*reply)->recording_key()));
}

Result<AccountInfo> RemoteClient::whoami() {
  v1::LocalRequest request;
  request.mutable_whoami();
  auto reply = ask(request);
  if (!reply) return pass(reply);
  return local::decode((*reply)->account());
}

Result<std::vector<DeviceInfo>> RemoteClient::devices() {
  v1::LocalRequest request;
  request.mutable_devices();
  auto reply = ask(request);
  if (!reply) return pass(reply);
  std::vector<DeviceInfo> out;
  for (const auto& device : (*reply)->devices().devices()) out.push_back(local::decode(device));
  return out;
}

Result<std::uint32_t> RemoteClient::link_device(std::string_view code, bool history) {
  v1::LocalRequest request;
  request.mutable_link_device()->set_code(std::string(code));
  request.mutable_link_device()->set_history(history);
  auto reply = ask(request, limits::link_deadline);
  if (!reply) return pass(reply);
  return (*reply)->linked_device();
}

Status RemoteClient::revoke_device(std::uint32_t device) {
  v1::LocalRequest request;
  request.mutable_revoke_device()->set_device(device);
  return command(request, 2 * limits::request_deadline);
}

Result<HistoryState> RemoteClient::history_state(std::uint32_t device) {
  v1::LocalRequest request;
  request.mutable_history_state()->set_device(device);
  auto reply = ask(request);
  if (!reply) return pass(reply);
  return HistoryState{.open = (*reply)->history_state().open(), .messages = (*reply)->history_state().messages()};
}

Status RemoteClient::set_minimum_level(std::string_view level) {
  v1::LocalRequest request;
  request.mutable_set_minimum_level()->set_level(std::string(level));
  return command(request);
}

Result<TurnAccess> RemoteClient::turn_access(std::chrono::milliseconds wait) {
  v1::LocalRequest request;
  request.mutable_turn_access()->set_wait_ms(milliseconds(wait));
  auto reply = ask(request, wait + limits::request_deadline);
  if (!reply) return pass(reply);
  return local::decode((*reply)->turn_access());
}

Result<Connection> RemoteClient::connect(std::chrono::milliseconds wait) {
  v1::LocalRequest request;
  request.mutable_connect()->set_wait_ms(milliseconds(wait));
  auto reply = ask(request, wait);
  if (!reply) return pass(reply);
  return local::decode((*reply)->connection());
}

}  // namespace pqc::client
