// A device of an account in tests: a real profile, key agent and engine, which each thing it does drives to its end.
// One thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "client/client.h"
#include "client/engine.h"
#include "client/messages/content.h"
#include "client/profile.h"
#include "crypto/random.h"

namespace pqc::client {

using Texts = std::vector<std::string>;

// One device: its profile, and a client that is opened for each thing it does.
class Device {
 public:
  Device(const std::string& folder, std::string account, std::uint16_t port)
      : account_(std::move(account)), port_(port), paths_{std::filesystem::path(folder)} {}

  // From the next open().
  void serve(const CallService& service) { calls_.service = service; }

  void register_account() {
    RegisterOptions options;
    options.open.profile = paths_;
    options.name = account_;
    options.host = "127.0.0.1";
    options.port = port_;
    const auto made = Client::register_account(std::move(options));
    ASSERT_TRUE(made) << made.error().message;
    open();
  }

  // A further device of the same account, added by `primary`.
  void join(Device& primary, identity::DeviceId id) {
    ASSERT_TRUE(make_private_folder(paths_.folder));
    lock();
    auto profile = create_profile(paths_, *lock_, std::nullopt, {});
    ASSERT_TRUE(profile) << profile.error().message;
    engine_ = std::make_unique<Engine>(loop_, std::move(*profile), clock_, crypto::SystemRng::instance(), calls_);
    ASSERT_TRUE(engine_->load());
    auto& account = engine_->core().account;
    const auto& row = primary.engine().core().account.row();
    Account::New about{.name = row.name,
                       .server = row.server,
                       .host = row.host,
                       .port = row.port,
                       .fingerprint = {},
                       .suites = primary.engine().core().account.suites()};
    std::ranges::copy(row.pin, about.fingerprint.bytes.begin());
    const auto entry = account.create_device(about, id);
    ASSERT_TRUE(entry) << entry.error().message;
    primary.done([&](auto finish) { primary.engine().add_device(*entry, finish); });
    const auto joined = account.finish_device(about, id, primary.engine().core().account.row().record);
    ASSERT_TRUE(joined) << joined.error().message;
    catch_up();
  }

  void open() {
    lock();
    auto profile = open_profile(paths_, *lock_, {});
    ASSERT_TRUE(profile) << profile.error().message;
    engine_ = std::make_unique<Engine>(loop_, std::move(*profile), clock_, crypto::SystemRng::instance(), calls_);
    ASSERT_TRUE(engine_->load());
  }
  void close() {
    bool closed = false;
    engine_->go_offline([&closed] { closed = true; });
    loop_.run_until([&closed] { return closed; });
    engine_.reset();
    lock_.reset();
  }

  template <class Start>
  void done(Start&& start) {
    std::optional<Status> outcome;
    start([&outcome](const Status& status) { outcome = status; });
    loop_.run_until([&outcome] { return outcome.has_value(); });
    ASSERT_TRUE(*outcome) << outcome->error().message;
  }

  Result<Message> send(const std::string& peer, const std::string& text, Until until = Until::sent) {
    Draft draft;
    draft.id = crypto::SystemRng::instance().bytes<16>();
    draft.peer = peer;
    draft.text = text;
    auto message = engine_->send(draft);
    if (!message) return message;
    engine_->go_online({.subscribe = until == Until::delivered, .keep = false});
    std::optional<Result<Message>> outcome;
    engine_->await(message->seq, until, patience, [&](Result<Message> answer) { outcome = std::move(answer); });
    loop_.run_until([&outcome] { return outcome.has_value(); });
    return std::move(*outcome);
  }

  // Everything in the mailbox: a new connection asks for all of it.
  Status try_catch_up() {
    close();
    open();
    std::optional<Status> outcome;
    engine_->catch_up(patience, [&outcome](const Status& status) { outcome = status; });
    loop_.run_until([&outcome] { return outcome.has_value(); });
    return *outcome;
  }
  void catch_up() {
    const auto caught_up = try_catch_up();
    EXPECT_TRUE(caught_up) << caught_up.error().message;
  }
  // Until nothing that it asked the server for is open.
  void settle() {
    loop_.run_until([this] { return !core().relay->asking(); });
  }
  Texts texts_with(const std::string& peer) {
    MessageQuery query;
    query.peer = peer;
    query.limit = 100;
    Texts out;
    const auto found = engine_->find(query);
    if (!found) return out;
    for (const auto& message : *found)
      out.push_back((message.direction == Direction::outgoing ? "> " : "< ") + message.text);
    return out;
  }
  [[nodiscard]] bool was_told(NoticeKind kind, std::string_view peer) {
    const auto notices = engine_->notices();
    return notices && std::ranges::any_of(
                          *notices, [&](const Notice& notice) { return notice.kind == kind && notice.peer == peer; });
  }
  Result<FileTransfer> save(const std::string& id, const std::string& path) {
    std::optional<Result<FileTransfer>> outcome;
    engine_->save({.id = id, .peer = {}, .path = path}, patience,
                  [&outcome](Result<FileTransfer> answer) { outcome = std::move(answer); });
    loop_.run_until([&outcome] { return outcome.has_value(); });
    return std::move(*outcome);
  }
  Engine& engine() { return *engine_; }
  Core& core() { return engine_->core(); }

  // Content that our front ends would not make, to all devices of a contact with whom there are sessions.
  void send_content(const std::string& peer, decltype(Content::body) body) {
    const auto contact = core().store.contacts.find(peer);
    ASSERT_TRUE(contact && *contact) << peer;
    seal([&](const Content& content) { return engine_->outbox().add_to_all_devices(**contact, content).value(); },
         std::move(body));
  }
  // The same to another device of this account.
  void send_own(identity::DeviceId device, decltype(Content::body) body) {
    seal([&](const Content& content) { return engine_->outbox().add_own(device, content).has_value(); },
         std::move(body));
  }

 private:
  template <class Add>
  void seal(Add&& add, decltype(Content::body) body) {
    auto transaction = core().store.begin();
    ASSERT_TRUE(transaction);
    const Content content{.id = core().rng.bytes<16>(), .sent_at = clock_.now(), .body = std::move(body)};
    ASSERT_TRUE(add(content));
    ASSERT_TRUE(core().account.commit(*transaction));
    engine_->go_online({});
    engine_->outbox().pump();
    loop_.run_until([this] { return core().online() && engine_->outbox().idle(); });
  }

  void lock() {
    auto locked = ProfileLock::try_lock(paths_);
    ASSERT_TRUE(locked && *locked);
    lock_.emplace(std::move(**locked));
  }

  static constexpr std::chrono::seconds patience{60};

  std::string account_;
  std::uint16_t port_;
  ProfilePaths paths_;
  SystemClock clock_;
  CallOptions calls_;
  Loop loop_;
  std::optional<ProfileLock> lock_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace pqc::client
