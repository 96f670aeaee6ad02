// The agent as a real process (docs/spec/agent.md): the same keys as in process, its order, its life, crashes,
// roll-back, and what confines it.
#include <thread>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "keys/audit/log_file.h"
#include "keys/audit/refusal_limit.h"
#include "raw_connection.h"
#include "running_agent.h"

namespace pqc::keys::agent_client {
namespace {

using test::bundle_of;
using test::first_record;
using test::must;
using test::Person;
using test::start_time;

constexpr auto suite = crypto::SuiteId::pq;
const ByteView passphrase = as_bytes("a passphrase of the test");

template <class T>
T get(Result<T> result) {
  if (!result) throw std::runtime_error("agent: " + std::string(name_of(result.error().error)));
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

struct AgentProcess : testing::Test {
  test::RunningAgent agent;
  AgentClient client{agent.location()};
  AgentKeyHolder holder{client};
  identity::AccountName account = must(identity::AccountName::make("alice", "server.test"));

  void make_identity() {
    get(client.create_vault({}, true));
    must(holder.create(account, {1}, std::span(&suite, 1)));
  }
  identity::VerifiedRecord publish() {
    const auto record = first_record(must(holder.public_identity()));
    return must(identity::verify(must(holder.sign_record(record)), account, start_time));
  }
  void unlock() { get(client.unlock(Way::key_file, {})); }
  std::string audit() const {
    const int fd = open(agent.folder().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    std::string text;
    for (const auto& line : audit::read_lines(fd)) text += line + "\n";
    close(fd);
    return text;
  }
  bool holds(const std::string& name) {
    for (const auto& measure : get(client.status()).measures)
      if (measure.name == name) return measure.holds;
    return false;
  }
};

TEST_F(AgentProcess, GoesThroughItsStates) {
  EXPECT_EQ(get(client.status()).state, State::absent);
  EXPECT_EQ(client.unlock(Way::key_file, {}).error().error, Error::absent);
  EXPECT_EQ(holder.public_identity().error(), keys::Error::locked);
  get(client.create_vault({}, true));
  EXPECT_EQ(client.create_vault({}, true).error().error, Error::exists);
  EXPECT_EQ(get(client.status()).state, State::empty);
  EXPECT_EQ(holder.public_identity().error(), keys::Error::no_identity);
  must(holder.create(account, {1}, std::span(&suite, 1)));
  EXPECT_EQ(get(client.status()).state, State::ready);
  EXPECT_EQ(holder.create(account, {1}, std::span(&suite, 1)).error(), keys::Error::has_identity);
  EXPECT_EQ(client.unlock(Way::key_file, {}).error().error, Error::unlocked);
  get(client.lock());
  EXPECT_EQ(get(client.status()).state, State::locked);
  EXPECT_EQ(client.store_key().error().error, Error::locked);
  unlock();
  EXPECT_EQ(get(client.status()).state, State::ready);
}

TEST_F(AgentProcess, AgreesWithAHolderInProcessBothWays) {
  make_identity();
  const auto record = publish();
  const auto device = must(identity::VerifiedDevice::make(record, {1}, suite));
  Person bob("bob", 2, suite);

  const auto bobs = must(bob.holder.generate_batch(suite, 3, start_time));
  const auto started = must(holder.initiate(bundle_of(bobs, bob.device(suite), 1), record.version()));
  const auto part = must(pqxdh::InitialPart::decode(started.initial_part));
  const auto agreed = must(pqxdh::confirm(must(bob.holder.respond(part, device.identity())), device));
  EXPECT_TRUE(agreed.secret.equals(started.secret));
  EXPECT_EQ(agreed.id, started.id);

  for (const auto index : {std::optional<std::uint32_t>(2), std::optional<std::uint32_t>()}) {
    const auto ours = must(holder.generate_batch(suite, 5, start_time));
    const auto from_bob = must(bob.holder.initiate(bundle_of(ours, device, index), bob.record->version()));
    const auto bobs_part = must(pqxdh::InitialPart::decode(from_bob.initial_part));
    auto first = must(holder.respond(bobs_part, bob.device(suite).identity()));
    const auto again = must(holder.respond(bobs_part, bob.device(suite).identity()));
    EXPECT_TRUE(first.secret.equals(again.secret));
    const auto confirmed = must(pqxdh::confirm(std::move(first), bob.device(suite)));
    EXPECT_TRUE(confirmed.secret.equals(from_bob.secret));
    must(holder.forget(confirmed.prekeys, confirmed.id));
    EXPECT_EQ(holder.respond(bobs_part, bob.device(suite).identity()).error(),
              index ? keys::Error::unknown_prekey : keys::Error::replayed);
  }
  EXPECT_EQ(holder.batches().size(), 2);
}

TEST_F(AgentProcess, SignsStatementsOfItsOwnDeviceOnly) {
  make_identity();
  const auto device = must(identity::VerifiedDevice::make(publish(), {1}, suite));
  identity::LoginStatement login;
  login.account = account;
  login.device = {1};
  login.suite = suite;
  EXPECT_TRUE(identity::verify(login, must(holder.sign(login)), device));
  const identity::RegistrationStatement registration{login, {}};
  EXPECT_TRUE(identity::verify(registration, must(holder.sign(registration)), device));
  EXPECT_FALSE(identity::verify(login, must(holder.sign(registration)), device));
  login.device = {2};
  EXPECT_EQ(holder.sign(login).error(), keys::Error::mismatch);
}

TEST_F(AgentProcess, KilledAtAnyMomentItForgetsNothingThatItAnswered) {
  make_identity();
  const auto device = must(identity::VerifiedDevice::make(publish(), {1}, suite));
  const auto batch = must(holder.generate_batch(suite, 8, start_time));
  const auto store_key = get(client.store_key());
  Person bob("bob", 2, suite);
  for (std::uint32_t index = 0; index < 4; ++index) {
    const auto started = must(bob.holder.initiate(bundle_of(batch, device, index), bob.record->version()));
    const auto part = must(pqxdh::InitialPart::decode(started.initial_part));
    agent.kill(SIGKILL);
    EXPECT_EQ(holder.respond(part, bob.device(suite).identity()).error(), keys::Error::locked);
    unlock();
    EXPECT_TRUE(get(client.store_key()).equals(store_key));
    const auto session = must(holder.respond(part, bob.device(suite).identity()));
    EXPECT_TRUE(session.secret.equals(started.secret));
    must(holder.forget(session.prekeys, session.id));
    agent.kill(SIGKILL);
    EXPECT_FALSE(client.store_key());
    unlock();
    EXPECT_EQ(holder.respond(part, bob.device(suite).identity()).error(), keys::Error::unknown_prekey);
  }
}

TEST_F(AgentProcess, OneAgentServesAFolderHoweverManyStartAtOnce) {
  std::vector<std::jthread> threads;
  std::atomic<int> served = 0;
  for (int i = 0; i < 6; ++i)
    threads.emplace_back([&] {
      AgentClient another(agent.location());
      if (another.status()) ++served;
    });
  threads.clear();
  EXPECT_EQ(served, 6);
  std::string log = audit();
  EXPECT_NE(log.find("agent_started"), log.npos);
  EXPECT_EQ(log.find("agent_started"), log.rfind("agent_started"));
}

TEST_F(AgentProcess, EndsOnASignalAndIsStartedAgain) {
  get(client.create_vault({}, true));
  agent.kill(SIGTERM);
  EXPECT_NE(access(agent.path("agent.sock").c_str(), F_OK), 0);
  EXPECT_NE(audit().find("\"event\":\"locked\",\"reason\":\"signal\""), std::string::npos);
  EXPECT_EQ(get(client.status()).state, State::locked);
}

TEST_F(AgentProcess, PassphrasesOpenDelayAndChange) {
  get(client.create_vault(passphrase, false));
  get(client.lock());
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(client.unlock(Way::passphrase, as_bytes("guess")).error().error, Error::wrong_secret);
  agent.kill(SIGKILL);
  const auto early = client.unlock(Way::passphrase, passphrase);
  ASSERT_EQ(early.error().error, Error::wait);
  EXPECT_LE(early.error().wait, std::chrono::seconds(1));
  while (get(client.status()).wait.count() > 0) std::this_thread::yield();
  get(client.unlock(Way::passphrase, passphrase));
  EXPECT_EQ(get(client.status()).failed_attempts, 0);
  EXPECT_EQ(client.change_passphrase(as_bytes("guess"), as_bytes("new")).error().error, Error::wrong_secret);
  get(client.change_passphrase(passphrase, as_bytes("new")));
  get(client.lock());
  EXPECT_EQ(client.unlock(Way::passphrase, passphrase).error().error, Error::wrong_secret);
  get(client.unlock(Way::passphrase, as_bytes("new")));
  const auto log = audit();
  EXPECT_NE(log.find("\"event\":\"unlock_failed\",\"reason\":\"passphrase\",\"count\":3"), log.npos) << log;
  EXPECT_NE(log.find("passphrase_changed"), log.npos);
}

TEST_F(AgentProcess, AKeyringIsAnExtraWayThatNeedsThePassphrase) {
  get(client.create_vault(passphrase, false));
  EXPECT_EQ(client.enable_keyring(as_bytes("guess")).error().error, Error::wrong_secret);
  const auto secret = get(client.enable_keyring(passphrase));
  get(client.lock());
  get(client.unlock(Way::keyring, secret.view()));
  get(client.disable_keyring());
  get(client.lock());
  EXPECT_EQ(client.unlock(Way::keyring, secret.view()).error().error, Error::no_such_way);
  get(client.unlock(Way::passphrase, passphrase));
}

TEST_F(AgentProcess, NoticesAVaultThatWasPutBack) {
  make_identity();
  std::filesystem::copy_file(agent.path("vault"), agent.path("copy"));
  must(holder.generate_batch(suite, 1, start_time));
  const auto seen = get(client.status()).generation;
  agent.kill(SIGTERM);
  std::filesystem::rename(agent.path("copy"), agent.path("vault"));
  AgentClient knows(agent.location(), seen);
  get(knows.unlock(Way::key_file, {}));
  EXPECT_TRUE(get(knows.status()).vault_rolled_back);
  EXPECT_NE(audit().find("\"event\":\"rolled_back\",\"reason\":\"vault\""), std::string::npos);
}

TEST_F(AgentProcess, NoticesADatabaseThatWasPutBack) {
  get(client.create_vault({}, true));
  get(client.witness(7));
  get(client.witness(7));
  EXPECT_FALSE(get(client.status()).store_rolled_back);
  agent.kill(SIGKILL);
  unlock();
  get(client.witness(6));
  EXPECT_TRUE(get(client.status()).store_rolled_back);
  EXPECT_NE(audit().find("\"event\":\"rolled_back\",\"reason\":\"store\",\"count\":6"), std::string::npos);
}

TEST_F(AgentProcess, WritesWhatClientsReportAndNothingElse) {
  get(client.record({.kind = audit::Kind::verified, .peer = "bob@server.test"}));
  EXPECT_EQ(client.record({.kind = audit::Kind::unlocked}).error().error, Error::refused);
  EXPECT_NE(audit().find("\"source\":\"client\",\"event\":\"verified\",\"peer\":\"bob@server.test\""),
            std::string::npos);
}

TEST_F(AgentProcess, RefusalsPushNothingElseOutOfTheLog) {
  get(client.record({.kind = audit::Kind::verified, .peer = "bob@server.test"}));
  for (int i = 0; i < 500; ++i) get(client.record({.kind = audit::Kind::refused, .peer = "mallory@server.test"}));
  const auto log = audit();
  std::size_t lines = 0;
  for (auto at = log.find("mallory"); at != log.npos; at = log.find("mallory", at + 1)) ++lines;
  EXPECT_GE(lines, audit::refusals_at_once);
  EXPECT_LT(lines, audit::refusals_at_once + 50) << "a few more where this takes long";
}

TEST_F(AgentProcess, ADiscardedIdentityMakesRoomForAnother) {
  make_identity();
  must(holder.generate_batch(suite, 1, start_time));
  const auto first = must(holder.public_identity());
  must(holder.discard());
  EXPECT_EQ(get(client.status()).state, State::empty);
  EXPECT_EQ(holder.discard().error(), keys::Error::no_identity);
  // Also in the vault: what was discarded does not come back.
  agent.kill(SIGKILL);
  unlock();
  EXPECT_EQ(get(client.status()).state, State::empty);
  must(holder.create(account, {1}, std::span(&suite, 1)));
  EXPECT_NE(must(holder.public_identity()).identities, first.identities);
  EXPECT_TRUE(holder.batches().empty());
  EXPECT_NE(audit().find("identity_discarded"), std::string::npos);
}

TEST_F(AgentProcess, LockedMeanwhileItIsUnlockedByWhoeverMay) {
  make_identity();
  get(client.lock());
  EXPECT_EQ(holder.public_identity().error(), keys::Error::locked);
  int asked = 0;
  client.when_locked([&] {
    ++asked;
    return client.unlock(Way::key_file, {}).has_value();
  });
  must(holder.public_identity());
  agent.kill(SIGKILL);
  must(holder.public_identity());
  EXPECT_EQ(asked, 2);
  client.when_locked([&] { return ++asked, false; });
  get(client.lock());
  EXPECT_EQ(holder.public_identity().error(), keys::Error::locked);
  EXPECT_EQ(asked, 3);
}

TEST_F(AgentProcess, AnUnwritableFolderIsSaidAndChangesNothing) {
  make_identity();
  std::filesystem::create_directory(agent.path("vault.new"));
  EXPECT_EQ(holder.generate_batch(suite, 1, start_time).error(), keys::Error::unavailable);
  EXPECT_TRUE(holder.batches().empty());
  std::filesystem::remove(agent.path("vault.new"));
  must(holder.generate_batch(suite, 1, start_time));
  EXPECT_EQ(holder.batches().size(), 1);
}

TEST_F(AgentProcess, AFolderThatIsOpenToOthersIsRefused) {
  chmod(agent.folder().c_str(), 0755);
  EXPECT_EQ(client.status().error().error, Error::no_permission);
}

TEST_F(AgentProcess, SaysWhatConfinesIt) {
  for (const auto* name : {"core_dumps", "no_new_privileges", "seccomp", "capabilities"})
    EXPECT_TRUE(holds(name)) << name;
  const auto status = get(client.status());
  EXPECT_EQ(status.measures.size(), 9);
}

TEST_F(AgentProcess, TheSelfTestShowsThatEverythingIsRefused) {
  const auto command = std::string(PQC_KEYD) + " --self-test " + agent.folder();
  FILE* output = popen(command.c_str(), "r");
  ASSERT_NE(output, nullptr);
  std::string text;
  char buffer[4096];
  while (const auto n = fread(buffer, 1, sizeof buffer, output)) text.append(buffer, n);
  const int status = pclose(output);
  EXPECT_EQ(text.find("\"refused\":false"), text.npos) << text;
  for (const auto* name : {"socket_inet", "open_etc", "execve"})
    EXPECT_NE(text.find(std::string("\"name\":\"") + name + "\",\"refused\":true"), text.npos) << name;
  EXPECT_EQ(WEXITSTATUS(status), 0) << text;
}

TEST_F(AgentProcess, StaysSmall) {
  make_identity();
  must(holder.generate_batch(suite, 100, start_time));
  const auto status = test::read_file("/proc/" + std::to_string(agent.pid()) + "/status");
  const auto at = status.find("VmRSS:");
  ASSERT_NE(at, status.npos);
  const auto kib = std::stol(status.substr(at + 6));
  RecordProperty("rss_kib", static_cast<int>(kib));
  std::printf("resident: %ld KiB\n", kib);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LE(kib, 12 * 1024);
#endif
}

TEST_F(AgentProcess, ACrashLeavesNoCore) {
  make_identity();
  const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  setrlimit(RLIMIT_CORE, &unlimited);
  agent.kill(SIGSEGV);
  EXPECT_EQ(agent.pid(), 0);
  for (const auto& entry : std::filesystem::directory_iterator(agent.folder()))
    EXPECT_FALSE(entry.path().filename().string().starts_with("core")) << entry.path();
}

using agent_protocol::proto::Request;
using test::hello;
using test::RawConnection;

TEST_F(AgentProcess, RefusesWhatIsOutOfOrder) {
  get(client.status());
  Request status;
  status.mutable_get_status();
  const auto refused = [&](auto talk) {
    const RawConnection raw(agent.folder());
    talk(raw);
    EXPECT_EQ(raw.next(), agent_protocol::proto::MALFORMED);
    EXPECT_EQ(raw.next(), -1);
  };
  refused([&](const RawConnection& raw) { raw.send(status); });
  const std::array<std::uint8_t, 11> unknown_request{0, 0, 0, 3, 0, 0, 0, 0, 0xF8, 0x07, 0x01};
  refused([&](const RawConnection& raw) { raw.send(unknown_request); });
  refused([&](const RawConnection& raw) { raw.send(hello(), 1); });
  refused([&](const RawConnection& raw) {
    raw.send(to_bytes(ByteView(std::array<std::uint8_t, 9>{0, 0, 0, 1, 0, 0, 0, 0, 0xFF})));
  });
  refused([&](const RawConnection& raw) {
    raw.send(hello());
    EXPECT_EQ(raw.next(), 0);
    raw.send(hello());
  });
  const RawConnection other_version(agent.folder());
  other_version.send(hello(2));
  EXPECT_EQ(other_version.next(), agent_protocol::proto::VERSION);
  EXPECT_EQ(other_version.next(), -1);
}

TEST_F(AgentProcess, ClosesFramesBeyondTheLimitsAndServesOthersMeanwhile) {
  get(client.status());
  for (const auto& header : {agent_protocol::FrameHeader{0, 0},
                             {agent_protocol::max_request_size + 1, 0},
                             {1, agent_protocol::max_secret_size + 1},
                             {0xFFFFFFFF, 0xFFFFFFFF}}) {
    const RawConnection raw(agent.folder());
    raw.send(to_bytes(agent_protocol::encode(header)));
    EXPECT_EQ(raw.next(), -1);
  }
  const RawConnection slow(agent.folder());
  slow.send(ByteView(std::array<std::uint8_t, 3>{0, 0, 0}));
  get(client.status());
}

// More than fit, twice over: the client is among those that are given up, and does not notice.
TEST_F(AgentProcess, ConnectionsThatOnlySitThereKeepNobodyOut) {
  get(client.create_vault({}, true));
  std::vector<std::unique_ptr<RawConnection>> many;
  for (std::size_t i = 0; i < 2 * agent_protocol::max_connections; ++i) {
    many.push_back(std::make_unique<RawConnection>(agent.folder()));
    many.back()->send(hello());
    ASSERT_EQ(many.back()->next(), 0);
  }
  EXPECT_EQ(many.front()->next(), -1);
  AgentClient another(agent.location());
  EXPECT_EQ(get(another.status()).state, State::empty);
  EXPECT_EQ(get(client.status()).state, State::empty);
}

TEST_F(AgentProcess, AnotherUserIsClosedUnheard) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to become another user";
  get(client.status());
  chmod(agent.folder().c_str(), 0755);
  chmod(agent.path("agent.sock").c_str(), 0666);
  const auto child = fork();
  if (child == 0) {
    if (setuid(65534) != 0) _exit(1);
    const RawConnection raw(agent.folder());
    if (!raw.connected) _exit(2);
    raw.send(hello());
    _exit(raw.next() == -1 ? 0 : 3);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace pqc::keys::agent_client
