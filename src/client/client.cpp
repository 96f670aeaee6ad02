#include "client/client.h"

#include <algorithm>
#include <csignal>

#include "base/log.h"
#include "client/engine.h"
#include "client/limits.h"
#include "client/linking/link_guest.h"
#include "client/new_profile.h"
#include "client/remote/switching_client.h"
#include "crypto/random.h"
#include "crypto/suite.h"

namespace pqc::client {
namespace {

const SystemClock system_clock;

Rng& rng_of(const OpenOptions& options) {
  return options.rng != nullptr ? *options.rng : crypto::SystemRng::instance();
}

Result<std::vector<crypto::SuiteId>> parse_suites(const std::vector<std::string>& names) {
  std::vector<crypto::SuiteId> out;
  for (const auto& name : names.empty() ? std::vector<std::string>{"pq"} : names) {
    const auto* suite = crypto::find_suite(std::string_view(name));
    if (suite == nullptr)
      return fail(ExitCode::usage,
                  "'" + printable(name) + "' is no suite of this program: pq, pq-falcon, enhanced or standard");
    if (!std::ranges::contains(out, suite->id)) out.push_back(suite->id);
  }
  std::ranges::sort(out);
  return out;
}

// While it lives, a signal that would end the program ends what is waited for, so that no half-made profile is left.
class Interruption {
 public:
  explicit Interruption(Loop& loop)
      : handle_(loop.on_signals({SIGINT, SIGTERM, SIGHUP}, [this](int) { came_ = true; })) {}
  [[nodiscard]] bool came() const { return came_; }

 private:
  bool came_ = false;
  Loop::HandlePtr handle_;
};

Status run_registration(Engine& engine, Loop& loop, const Interruption& interruption,
                        const Engine::Registration& registration) {
  std::optional<Status> outcome;
  engine.register_account(registration, [&outcome](const Status& status) { outcome = status; });
  loop.run_until([&] { return outcome.has_value() || interruption.came(); });
  bool closed = false;
  engine.go_offline([&closed] { closed = true; });
  loop.run_until([&closed] { return closed; }, std::chrono::steady_clock::now() + std::chrono::seconds(2));
  if (outcome) return *outcome;
  return fail(ExitCode::interrupted, engine.core().account.exists()
                                         ? "interrupted: the same command goes on"
                                         : "interrupted before the server was asked: nothing was made");
}

Status run_link(Engine& engine, Loop& loop, const Interruption& interruption, const LinkOptions& options) {
  std::optional<Status> outcome;
  LinkGuest guest(engine.core(),
                  {.host = options.host,
                   .port = options.port,
                   .pin = options.fingerprint,
                   .allow_classical = options.allow_classical},
                  options.on_code, [&outcome](const Status& status) { outcome = status; });
  guest.start();
  loop.run_until([&] { return outcome.has_value() || interruption.came(); });
  bool closed = false;
  guest.stop([&closed] { closed = true; });
  loop.run_until([&closed] { return closed; }, std::chrono::steady_clock::now() + std::chrono::seconds(2));
  return outcome.value_or(fail(ExitCode::interrupted, "interrupted before the device was linked"));
}

}  // namespace

Result<std::unique_ptr<Client>> Client::open(const OpenOptions& options) {
  return SwitchingClient::open(options);
}

Result<Message> Client::send(std::string_view peer, std::string_view text) {
  return send(peer, text, crypto::SystemRng::instance().bytes<16>());
}

Result<Message> Client::send(std::string_view peer, std::string_view text, const MessageId& id) {
  Draft draft;
  draft.id = id;
  draft.peer = peer;
  draft.text = text;
  return enqueue(draft);
}

Result<Message> Client::send(Draft draft) {
  if (draft.id == MessageId{}) draft.id = crypto::SystemRng::instance().bytes<16>();
  return enqueue(draft);
}

Result<std::vector<Message>> Client::history(std::string_view peer, std::size_t limit) {
  return find({.peer = std::string(peer),
               .words = {},
               .since = {},
               .before = {},
               .after = {},
               .limit = static_cast<std::uint32_t>(std::min(limit, limits::history_rows))});
}

Result<AccountInfo> Client::register_account(RegisterOptions options) {
  const auto& paths = options.open.profile;
  auto suites = parse_suites(options.suites);
  if (!suites) return pass(suites);
  Loop loop;
  const Interruption interruption(loop);
  NewProfile made(paths, options.open.agent_program);
  if (auto begun = made.begin(); !begun) return pass(begun);
  Rng& rng = rng_of(options.open);
  auto opened = create_profile(paths, made.lock(), options.passphrase, key_access(options.open));
  if (!opened) return pass(opened);
  Engine engine(loop, std::move(*opened), options.open.clock != nullptr ? *options.open.clock : system_clock, rng);
  if (auto loaded = engine.load(); !loaded) return pass(loaded);
  auto& account = engine.core().account;
  if (account.exists() && account.row().registered)
    return fail(ExitCode::already_registered, "this profile is registered as " + account.name().text() +
                                                  ": use another --profile for another account");
  // What an interrupted attempt left is only good for the same name at the same server, whatever its address is now.
  const auto& row = account.row();
  const bool same = account.exists() && row.name == options.name &&
                    (!options.fingerprint || std::ranges::equal(row.pin, options.fingerprint->bytes));
  const bool elsewhere = same && !options.fingerprint && (row.host != options.host || row.port != options.port);
  if (account.exists() && !same)
    if (auto discarded = account.discard(); !discarded) return pass(discarded);
  const Engine::Registration registration{.name = options.name,
                                          .address = {.host = options.host,
                                                      .port = options.port,
                                                      .pin = options.fingerprint,
                                                      .allow_classical = options.allow_classical},
                                          .suites = std::move(*suites),
                                          .invite = options.invite};
  auto done = run_registration(engine, loop, interruption, registration);
  if (!done && done.error().code == ExitCode::wrong_server && elsewhere) {
    if (auto discarded = account.discard(); !discarded) return pass(discarded);
    done = run_registration(engine, loop, interruption, registration);
  }
  // Keys that the server has, or may have, are not thrown away.
  if (done || account.exists()) made.keep();
  if (!done) return pass(done);
  return engine.whoami();
}

Result<AccountInfo> Client::link(LinkOptions options) {
  const auto& paths = options.open.profile;
  Loop loop;
  const Interruption interruption(loop);
  NewProfile made(paths, options.open.agent_program);
  if (auto begun = made.begin(); !begun) return pass(begun);
  auto opened = create_profile(paths, made.lock(), options.passphrase, key_access(options.open));
  if (!opened) return pass(opened);
  Engine engine(loop, std::move(*opened), options.open.clock != nullptr ? *options.open.clock : system_clock,
                rng_of(options.open));
  if (auto loaded = engine.load(); !loaded) return pass(loaded);
  if (engine.core().account.exists())
    return fail(ExitCode::already_registered, "this profile belongs to " + engine.core().account.name().text() +
                                                  ": use another --profile for a new device");
  auto done = run_link(engine, loop, interruption, options);
  if (done || engine.core().account.exists()) made.keep();
  if (!done) return pass(done);
  return engine.whoami();
}

}  // namespace pqc::client
