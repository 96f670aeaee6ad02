#include "client/remote/switching_client.h"

#include <thread>

#include "client/limits.h"
#include "client/remote/local_client.h"
#include "crypto/random.h"

namespace pqc::client {
namespace {

constexpr std::chrono::milliseconds lock_poll{5};
// A profile whose owners keep ending under us is given up on.
constexpr int attempts = 20;

}  // namespace

Result<std::unique_ptr<Client>> SwitchingClient::open(const OpenOptions& options) {
  if (!options.profile.exists())
    return fail(ExitCode::not_registered, "there is no account in " + options.profile.folder.string() +
                                              ": pqc-chat register NAME --server HOST, or choose another --profile");
  std::unique_ptr<SwitchingClient> client(new SwitchingClient(options));
  if (auto attached = client->attach(); !attached) return pass(attached);
  return client;
}

SwitchingClient::~SwitchingClient() = default;

Status SwitchingClient::attach() {
  const auto deadline = std::chrono::steady_clock::now() + limits::profile_wait;
  for (;;) {
    auto lock = ProfileLock::try_lock(options_.profile);
    if (!lock) return pass(lock);
    if (*lock) {
      auto local = LocalClient::open(options_, std::move(**lock), loop_);
      if (!local) return pass(local);
      inner_ = std::move(*local);
      remote_ = nullptr;
      return {};
    }
    if (auto socket = connect_local(options_.profile.socket())) {
      auto remote = std::make_unique<RemoteClient>(std::move(*socket), loop_, [this] { on_owner_ended(); });
      remote_ = remote.get();
      inner_ = std::move(remote);
      return {};
    }
    if (std::chrono::steady_clock::now() >= deadline)
      return fail(ExitCode::busy, "another process holds the profile and does not answer: end it and try again");
    std::this_thread::sleep_for(lock_poll);
  }
}

Status SwitchingClient::attach_again() {
  for (int attempt = 0; attempt < attempts; ++attempt) {
    // A callback of the old one may be what runs now: it goes later.
    loop_.post([old = std::shared_ptr<Client>(std::move(inner_))] {});
    remote_ = nullptr;
    if (auto attached = attach(); !attached) return attached;
    if (!listener_) return {};
    auto followed = inner_->follow(listener_);
    if (followed || !cut_off()) return followed;
    // An owner that is about to die may still take a connection.
    std::this_thread::sleep_for(lock_poll);
  }
  return fail(ExitCode::busy, "the processes that own the profile keep ending: try again");
}

// Where an operation waits for the owner, it sees the end itself and asks again.
void SwitchingClient::on_owner_ended() {
  loop_.post([this] {
    if (!listener_ || !cut_off() || remote_->asking()) return;
    if (auto attached = attach_again(); !attached)
      listener_(Connection{.online = false, .group = {}, .cipher = {}, .failure = attached.error()});
  });
}

template <class F>
auto SwitchingClient::with(F&& operation) -> decltype(operation(std::declval<Client&>())) {
  for (int attempt = 0;; ++attempt) {
    if (!inner_ || cut_off())
      if (auto attached = attach_again(); !attached) return pass(attached);
    auto result = operation(*inner_);
    if (result || !cut_off() || attempt == attempts) return result;
    std::this_thread::sleep_for(lock_poll);
  }
}

Result<Message> SwitchingClient::enqueue(const Draft& draft) {
  return with([&](Client& client) { return client.enqueue(draft); });
}

Result<Message> SwitchingClient::await(std::int64_t seq, Until until, std::chrono::milliseconds wait) {
  return with([&](Client& client) { return client.await(seq, until, wait); });
}

Status SwitchingClient::catch_up(std::chrono::milliseconds wait) {
  return with([&](Client& client) { return client.catch_up(wait); });
}

Status SwitchingClient::follow(Listener listener) {
  listener_ = std::move(listener);
  return with([&](Client& client) { return client.follow(listener_); });
}

Result<Inbox> SwitchingClient::inbox() {
  return with([](Client& client) { return client.inbox(); });
}

Status SwitchingClient::set_shown(const Inbox& inbox) {
  return with([&](Client& client) { return client.set_shown(inbox); });
}

Result<std::vector<Message>> SwitchingClient::find(const MessageQuery& query) {
  return with([&](Client& client) { return client.find(query); });
}

Result<FileTransfer> SwitchingClient::transfer(std::int64_t seq) {
  return with([&](Client& client) { return client.transfer(seq); });
}

Result<FileTransfer> SwitchingClient::save(const SaveFile& request, std::chrono::milliseconds wait) {
  return with([&](Client& client) { return client.save(request, wait); });
}

Status SwitchingClient::change(const Change& change) {
  return with([&](Client& client) { return client.change(change); });
}

Result<std::vector<Contact>> SwitchingClient::contacts() {
  return with([](Client& client) { return client.contacts(); });
}

Result<SafetyNumber> SwitchingClient::safety_number(std::string_view peer) {
  return with([&](Client& client) { return client.safety_number(peer); });
}

Status SwitchingClient::set_verified(std::string_view peer, bool verified) {
  return with([&](Client& client) { return client.set_verified(peer, verified); });
}

Status SwitchingClient::accept(std::string_view peer, bool changed) {
  return with([&](Client& client) { return client.accept(peer, changed); });
}

// Not asked again where the owner ended over it: the call went with that one. But where the owner is a short command
// that makes no calls, its end is waited for a moment.
Result<CallInfo> SwitchingClient::call(const CallRequest& request) {
  const auto deadline = std::chrono::steady_clock::now() + limits::profile_wait;
  for (;;) {
    if (!inner_ || cut_off())
      if (auto attached = attach_again(); !attached) return pass(attached);
    auto answer = inner_->call(request);
    const auto* owner = remote_;
    const bool would = options_.calls.make_media && owner != nullptr && !cut_off();
    if (answer || answer.error().code != ExitCode::busy || !would) return answer;
    // A listener makes this process the owner meanwhile.
    if (!loop_.run_until([&] { return remote_ != owner || cut_off(); }, deadline)) return answer;
  }
}

Result<SecretBytes> SwitchingClient::recording_key(ByteView header) {
  return with([&](Client& client) { return client.recording_key(header); });
}

Result<std::vector<CallRecord>> SwitchingClient::calls(std::size_t limit) {
  return with([&](Client& client) { return client.calls(limit); });
}

Result<AccountInfo> SwitchingClient::whoami() {
  return with([](Client& client) { return client.whoami(); });
}

Result<std::vector<DeviceInfo>> SwitchingClient::devices() {
  return with([](Client& client) { return client.devices(); });
}

Result<std::uint32_t> SwitchingClient::link_device(std::string_view code, bool history) {
  return with([&](Client& client) { return client.link_device(code, history); });
}

Status SwitchingClient::revoke_device(std::uint32_t device) {
  return with([&](Client& client) { return client.revoke_device(device); });
}

Result<HistoryState> SwitchingClient::history_state(std::uint32_t device) {
  return with([&](Client& client) { return client.history_state(device); });
}

Status SwitchingClient::set_minimum_level(std::string_view level) {
  return with([&](Client& client) { return client.set_minimum_level(level); });
}

Result<TurnAccess> SwitchingClient::turn_access(std::chrono::milliseconds wait) {
  return with([&](Client& client) { return client.turn_access(wait); });
}

Result<Connection> SwitchingClient::connect(std::chrono::milliseconds wait) {
  return with([&](Client& client) { return client.connect(wait); });
}

Status SwitchingClient::check_store() {
  return with([](Client& client) { return client.check_store(); });
}

void SwitchingClient::close() {
  listener_ = {};
  if (inner_) inner_->close();
}

}  // namespace pqc::client
