#include "client/remote/local_client.h"

#include "client/limits.h"
#include "crypto/random.h"

namespace pqc::client {
namespace {

const SystemClock system_clock;

constexpr std::chrono::milliseconds close_deadline = std::chrono::seconds(2);

}  // namespace

Result<std::unique_ptr<Client>> LocalClient::open(const OpenOptions& options, ProfileLock lock, Loop& loop) {
  auto opened = open_profile(options.profile, lock, key_access(options));
  if (!opened) return pass(opened);
  std::unique_ptr<LocalClient> client(new LocalClient(std::move(lock), options.profile.socket(), options.direct, loop));
  Rng& rng = options.rng != nullptr ? *options.rng : crypto::SystemRng::instance();
  client->engine_ = std::make_unique<Engine>(
      client->loop_, std::move(*opened), options.clock != nullptr ? *options.clock : system_clock, rng, options.calls);
  if (auto loaded = client->engine_->load(); !loaded) return pass(loaded);
  if (!client->engine_->core().account.exists())
    return fail(ExitCode::not_registered, "there is no account in " + options.profile.folder.string() +
                                              ": pqc-chat register NAME --server HOST, or choose another --profile");
  return client;
}

Status LocalClient::serve() {
  if (server_) return {};
  auto server = LocalServer::start(*engine_, socket_);
  if (!server) return pass(server);
  server_ = std::move(*server);
  return {};
}

template <class T, class Start>
Result<T> LocalClient::run(Start&& start) {
  if (auto served = serve(); !served) return pass(served);
  std::optional<Result<T>> answer;
  start([&answer](Result<T> result) { answer.emplace(std::move(result)); });
  loop_.run_until([&answer] { return answer.has_value(); });
  return std::move(*answer);
}

Result<Message> LocalClient::enqueue(const Draft& draft) {
  return engine_->send(draft);
}

Result<Message> LocalClient::await(std::int64_t seq, Until until, std::chrono::milliseconds wait) {
  engine_->go_online({.subscribe = until == Until::delivered, .keep = false});
  return run<Message>([&](auto answer) { engine_->await(seq, until, wait, std::move(answer)); });
}

Status LocalClient::catch_up(std::chrono::milliseconds wait) {
  return run<void>([&](auto answer) { engine_->catch_up(wait, std::move(answer)); });
}

Status LocalClient::follow(Listener listener) {
  if (auto served = serve(); !served) return served;
  listener_ = engine_->listen(std::move(listener));
  engine_->go_direct(direct_);
  engine_->go_online({.subscribe = true, .keep = true});
  return {};
}

Result<Inbox> LocalClient::inbox() {
  auto messages = engine_->not_shown();
  if (!messages) return pass(messages);
  auto notices = engine_->notices();
  if (!notices) return pass(notices);
  return Inbox{std::move(*messages), std::move(*notices)};
}

Status LocalClient::set_shown(const Inbox& inbox) {
  std::vector<std::int64_t> messages;
  std::vector<std::int64_t> notices;
  for (const auto& message : inbox.messages) messages.push_back(message.seq);
  for (const auto& notice : inbox.notices) notices.push_back(notice.seq);
  return engine_->set_shown(messages, notices);
}

Result<std::vector<Message>> LocalClient::find(const MessageQuery& query) {
  return engine_->find(query);
}

Result<FileTransfer> LocalClient::transfer(std::int64_t seq) {
  return engine_->transfer(seq);
}

Result<FileTransfer> LocalClient::save(const SaveFile& request, std::chrono::milliseconds wait) {
  return run<FileTransfer>([&](auto answer) { engine_->save(request, wait, std::move(answer)); });
}

Status LocalClient::change(const Change& change) {
  return engine_->change(change);
}

Result<std::vector<Contact>> LocalClient::contacts() {
  return engine_->contacts();
}

Result<SafetyNumber> LocalClient::safety_number(std::string_view peer) {
  return run<SafetyNumber>([&](auto answer) { engine_->safety_number(peer, std::move(answer)); });
}

Status LocalClient::set_verified(std::string_view peer, bool verified) {
  return run<void>([&](auto answer) { engine_->set_verified(peer, verified, std::move(answer)); });
}

Status LocalClient::accept(std::string_view peer, bool changed) {
  return run<void>([&](auto answer) { engine_->accept(peer, changed, std::move(answer)); });
}

Result<CallInfo> LocalClient::call(const CallRequest& request) {
  return run<CallInfo>([&](auto answer) { engine_->call(request, std::move(answer)); });
}

Result<SecretBytes> LocalClient::recording_key(ByteView header) {
  return engine_->recording_key(header);
}

Result<std::vector<CallRecord>> LocalClient::calls(std::size_t limit) {
  return engine_->calls(limit);
}

Result<AccountInfo> LocalClient::whoami() {
  return engine_->whoami();
}

Result<std::vector<DeviceInfo>> LocalClient::devices() {
  return engine_->devices();
}

Result<std::uint32_t> LocalClient::link_device(std::string_view code, bool history) {
  return run<std::uint32_t>([&](auto answer) { engine_->link_device(code, history, std::move(answer)); });
}

Status LocalClient::revoke_device(std::uint32_t device) {
  return run<void>([&](auto answer) { engine_->revoke_device({device}, std::move(answer)); });
}

Result<HistoryState> LocalClient::history_state(std::uint32_t device) {
  return engine_->history_state(device);
}

Status LocalClient::set_minimum_level(std::string_view level) {
  return engine_->set_minimum_level(level);
}

Result<TurnAccess> LocalClient::turn_access(std::chrono::milliseconds wait) {
  return run<TurnAccess>([&](auto answer) { engine_->turn_access(wait, std::move(answer)); });
}

Result<Connection> LocalClient::connect(std::chrono::milliseconds wait) {
  return run<Connection>([&](auto answer) { engine_->connect(wait, std::move(answer)); });
}

Status LocalClient::check_store() {
  return engine_->core().store.database->check_integrity();
}

void LocalClient::close() {
  listener_.reset();
  // The other side need not find out by itself.
  if (engine_->end_call() && engine_->core().online())
    loop_.run_until([this] { return engine_->outbox().idle(); }, std::chrono::steady_clock::now() + close_deadline);
  bool closed = false;
  engine_->go_offline([&closed] { closed = true; });
  loop_.run_until([&closed] { return closed; }, std::chrono::steady_clock::now() + close_deadline);
  server_.reset();
}

}  // namespace pqc::client
