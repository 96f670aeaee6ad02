// What strangers and users can do to a real server process, settings as shipped (docs/THREAT-MODEL.md).
#include <algorithm>
#include <format>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "process.h"
#include "server_process.h"
#include "stranger.h"

namespace pqc::test {
namespace {

using std::chrono::steady_clock;

// One server for all tests of this file; each uses names of its own.
class ServerAttack : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new bench::TemporaryFolder(bench::TemporaryFolder::make().value());
    auto started = bench::ServerProcess::start(PQC_SERVER_PROGRAM, folder_->path() / "data", std::nullopt);
    ASSERT_TRUE(started) << started.error();
    server_ = new bench::ServerProcess(std::move(*started));
    address_.host = "127.0.0.1";
    address_.port = server_->port();
    const auto& suite = *crypto::find_suite(crypto::SuiteId::pq);
    keys_ = new bench::DeviceKeys(bench::DeviceKeys::make(suite, crypto::SystemRng::instance()).value());
    others_keys_ = new bench::DeviceKeys(bench::DeviceKeys::make(suite, crypto::SystemRng::instance()).value());
  }
  static void TearDownTestSuite() {
    delete keys_;
    delete others_keys_;
    EXPECT_TRUE(server_->stop());
    delete server_;
    delete folder_;
  }

  // Somebody who is logged in.
  static std::unique_ptr<Stranger> member(const std::string& name) {
    auto who = std::make_unique<Stranger>(address_);
    who->connect();
    const auto answer = who->register_account(name, *keys_);
    if (!answer.has_logged_in()) throw std::runtime_error(answer.ShortDebugString());
    return who;
  }
  static std::uint64_t resident_bytes() { return bench::usage_of(server_->pid()).value().resident_bytes; }

  static inline bench::TemporaryFolder* folder_ = nullptr;
  static inline bench::ServerProcess* server_ = nullptr;
  static inline net::LinkOptions address_;
  static inline bench::DeviceKeys* keys_ = nullptr;
  static inline bench::DeviceKeys* others_keys_ = nullptr;
};

// --- 1: one kind of signature taken for another ---

TEST_F(ServerAttack, Threat1ARegistrationIsNoLoginAndALoginNoRegistration) {
  member("kinds");
  Stranger stranger(address_);
  stranger.connect();
  const auto made = keys_->registration(stranger.statement("kinds", *keys_)).value();
  v1::ClientFrame login;
  login.mutable_login()->set_account("kinds@" + stranger.statement("kinds", *keys_).account.server());
  login.mutable_login()->set_device(1);
  login.mutable_login()->set_suite(3);
  login.mutable_login()->set_signature(made.signature.data(), made.signature.size());
  EXPECT_EQ(stranger.ask(login).error().code(), v1::ERROR_REFUSED);
  const auto fresh = keys_->registration(stranger.statement("kinds2", *keys_)).value();
  const auto signature = keys_->login(stranger.statement("kinds2", *keys_)).value();
  v1::ClientFrame registration;
  auto& request = *registration.mutable_register_();
  request.set_account_record(fresh.account_record.data(), fresh.account_record.size());
  request.set_device(1);
  request.set_suite(3);
  request.set_signature(signature.data(), signature.size());
  EXPECT_EQ(stranger.ask(registration).error().code(), v1::ERROR_REFUSED);
}

// --- 3: a device that its owner has revoked ---

TEST_F(ServerAttack, Threat3ARevokedDeviceIsThrownOutOfAllItsConnections) {
  auto owner = member("owner");
  const auto account = owner->statement("owner", *keys_).account;
  Stranger thief(address_);
  thief.connect();
  ASSERT_TRUE(thief.log_in(thief.statement("owner", *keys_), *keys_).has_logged_in());
  v1::ClientFrame publish;
  const auto next = keys_->revocation(account, owner->record()).value();
  publish.mutable_publish_account_record()->set_account_record(next.data(), next.size());
  EXPECT_TRUE(owner->ask(publish).has_record_published());
  EXPECT_EQ(thief.next().error().code(), v1::ERROR_REFUSED);
  EXPECT_TRUE(thief.is_thrown_out());
  EXPECT_EQ(owner->next().error().code(), v1::ERROR_REFUSED) << "it was this device that was revoked";
  EXPECT_TRUE(owner->is_thrown_out());
  Stranger again(address_);
  again.connect();
  EXPECT_EQ(again.log_in(again.statement("owner", *keys_), *keys_).error().code(), v1::ERROR_REFUSED);
}

// --- a connection that ends, beside one that stays ---

TEST_F(ServerAttack, AConnectionThatIsBeingClosedTakesNoSubscriptionOver) {
  auto staying = member("staying");
  v1::ClientFrame subscribe;
  subscribe.mutable_subscribe();
  ASSERT_TRUE(staying->ask(subscribe).has_subscribed());
  for (int i = 0; i < 20; ++i) {
    Stranger going(address_);
    going.connect();
    ASSERT_TRUE(going.log_in(going.statement("staying", *keys_), *keys_).has_logged_in());
    // In one packet: a subscription, and what ends the connection before storage has answered.
    subscribe.set_request_id(1000);
    going.send(subscribe.SerializeAsString());
    going.send("no frame");
    EXPECT_TRUE(going.is_thrown_out());
    v1::ClientFrame whoami;
    whoami.mutable_whoami();
    ASSERT_TRUE(staying->ask(whoami).has_identity()) << "it was replaced";
  }
}

// --- 10: prekeys used up ---

v1::ClientFrame prekeys(int pairs) {
  v1::ClientFrame frame;
  auto& batch = *frame.mutable_publish_prekeys();
  batch.set_suite(3);
  batch.set_batch_id(1);
  batch.set_batch("manifest");
  for (int i = 0; i < pairs; ++i) batch.add_one_time_pairs(std::format("pair {}", i));
  batch.set_expires_at(SystemClock().now().value + 1'000'000'000);
  batch.set_last_resort("last resort");
  return frame;
}

TEST_F(ServerAttack, Threat10OfAThousandConcurrentFetchesNoTwoGetOneKey) {
  constexpr int pairs = 400;
  constexpr int askers = 50;
  constexpr int fetches = 20;  // of each: a thousand in all
  auto target = member("target");
  ASSERT_TRUE(target->ask(prekeys(pairs)).has_prekeys());
  const auto target_name = "target@" + target->statement("target", *keys_).account.server();
  std::vector<std::unique_ptr<Stranger>> all;
  for (int i = 0; i < askers; ++i) all.push_back(member(std::format("asker{}", i)));
  v1::ClientFrame fetch;
  fetch.set_request_id(9);
  fetch.mutable_fetch_bundle()->set_account(target_name);
  fetch.mutable_fetch_bundle()->set_device(1);
  fetch.mutable_fetch_bundle()->set_suite(3);
  const auto question = fetch.SerializeAsString();
  // All questions are on their way before the first answer is read.
  for (int i = 0; i < fetches; ++i) {
    for (auto& asker : all) asker->send(question);
  }
  std::set<std::string> handed_out;
  int last_resort = 0;
  for (auto& asker : all) {
    for (int i = 0; i < fetches; ++i) {
      const auto answer = asker->next();
      ASSERT_TRUE(answer.has_bundle()) << answer.ShortDebugString();
      if (answer.bundle().last_resort()) {
        EXPECT_EQ(answer.bundle().prekey(), "last resort");
        ++last_resort;
      } else {
        EXPECT_TRUE(handed_out.insert(answer.bundle().prekey()).second) << "twice: " << answer.bundle().prekey();
      }
    }
  }
  EXPECT_EQ(handed_out.size(), static_cast<std::size_t>(pairs));
  EXPECT_EQ(last_resort, askers * fetches - pairs);
  v1::ClientFrame status;
  status.mutable_prekey_status();
  const auto counts = target->ask(status).prekeys();
  ASSERT_EQ(counts.prekeys_size(), 1);
  EXPECT_EQ(counts.prekeys(0).one_time_left(), 0U);
  EXPECT_TRUE(counts.prekeys(0).last_resort_used());
}

TEST_F(ServerAttack, Threat10OneAccountCannotUseUpAnothersPairs) {
  auto target = member("thrifty");
  ASSERT_TRUE(target->ask(prekeys(100)).has_prekeys());
  auto greedy = member("greedy");
  v1::ClientFrame fetch;
  fetch.mutable_fetch_bundle()->set_account("thrifty@" + target->statement("x", *keys_).account.server());
  fetch.mutable_fetch_bundle()->set_device(1);
  fetch.mutable_fetch_bundle()->set_suite(3);
  for (int i = 0; i < 200; ++i) greedy->ask(fetch);
  v1::ClientFrame status;
  status.mutable_prekey_status();
  EXPECT_GE(target->ask(status).prekeys().prekeys(0).one_time_left(), 50U);
}

TEST_F(ServerAttack, Threat10PrekeysAreKeptForSuitesThatTheDeviceHasOnly) {
  auto hoarder = member("hoarder");
  auto batch = prekeys(1);
  ASSERT_TRUE(hoarder->ask(batch).has_prekeys());
  for (const std::uint32_t suite : {1U, 77U, 65'535U}) {
    batch.mutable_publish_prekeys()->set_suite(suite);
    EXPECT_EQ(hoarder->ask(batch).error().code(), v1::ERROR_CONFLICT);
  }
}

// --- 14: bombs ---

TEST_F(ServerAttack, Threat14NestedAndHugeFramesCostLittle) {
  const auto before = resident_bytes();
  // Groups in groups, fields in fields: unknown to the schema, but a parser follows them.
  const std::string groups(200'000, '\x0b');
  std::string nested;
  for (int i = 0; i < 10'000; ++i) nested = std::string("\x0a\x02") + nested.substr(0, 100);
  const std::string claims = "\x1a\xff\xff\xff\xff\x07";  // a field of two gigabytes
  for (const auto& bomb : {groups, nested, claims, std::string(200'000, '\xff')}) {
    Stranger stranger(address_);
    stranger.connect();
    stranger.send(bomb);
    try {
      // An answer, if there is one, is an error.
      EXPECT_TRUE(stranger.next().has_error());
    } catch (const std::runtime_error&) {
      EXPECT_TRUE(stranger.is_thrown_out());
    }
  }
  EXPECT_LT(resident_bytes(), before + (std::uint64_t{16} << 20));
  EXPECT_TRUE(member("after-the-bombs"));
}

TEST_F(ServerAttack, Threat14AFrameOverTheLimitOfStrangersIsNotRead) {
  Stranger stranger(address_);
  stranger.connect();
  stranger.send(std::string(512 << 10, 'x'));
  EXPECT_TRUE(stranger.is_thrown_out());
}

// --- 17: who has an account here ---

TEST_F(ServerAttack, Threat17AStrangerLearnsNothingFromLookups) {
  member("known");
  Stranger stranger(address_);
  const auto server = stranger.connect().server_name();
  v1::ClientFrame known;
  known.mutable_fetch_account()->set_account("known@" + server);
  v1::ClientFrame unknown;
  unknown.mutable_fetch_account()->set_account("unknown@" + server);
  auto first = stranger.ask(known);
  Stranger second_stranger(address_);
  second_stranger.connect();
  auto second = second_stranger.ask(unknown);
  EXPECT_EQ(first.SerializeAsString(), second.SerializeAsString());
  EXPECT_EQ(first.error().code(), v1::ERROR_REFUSED);
}

TEST_F(ServerAttack, Threat17AFailedLoginIsTheSameForKnownAndUnknownNames) {
  member("here");
  std::map<std::string, std::vector<double>> times;
  std::set<std::string> answers;
  for (int i = 0; i < 12; ++i) {
    for (const std::string name : {"here", "gone"}) {
      Stranger stranger(address_);
      stranger.connect();
      // The signature is of another key, over the right statement.
      const auto login = Stranger::login(stranger.statement(name, *others_keys_), *others_keys_);
      const auto begin = steady_clock::now();
      const auto answer = stranger.ask(login);
      times[name].push_back(std::chrono::duration<double, std::milli>(steady_clock::now() - begin).count());
      answers.insert(answer.SerializeAsString());
    }
  }
  EXPECT_EQ(answers.size(), 1U);
  const auto median = [](std::vector<double> values) {
    std::ranges::nth_element(values, values.begin() + 6);
    return values[6];
  };
  // A timer answers, not the work; what is left is how busy this machine is.
  EXPECT_NEAR(median(times["here"]), median(times["gone"]), 0.2 * median(times["gone"]));
}

TEST_F(ServerAttack, Threat17AppendsAreNoFasterWayToLookUpNames) {
  auto prober = member("prober");
  const auto server = prober->statement("prober", *keys_).account.server();
  std::uint64_t asked = 0;
  std::uint64_t answered = 0;
  v1::ServerFrame answer;
  for (int frame = 0; frame < 5; ++frame) {
    v1::ClientFrame probe;
    for (int i = 0; i < 256; ++i) {
      auto& item = *probe.mutable_append()->add_items();
      item.set_id(std::format("{:016}", ++asked));
      item.mutable_to()->set_account(std::format("guess{}@{}", asked, server));
      item.mutable_to()->set_device(1);
      item.set_body("?");
    }
    answer = prober->ask(probe);
    if (answer.has_accepted()) answered += static_cast<std::uint64_t>(answer.accepted().items_size());
  }
  EXPECT_EQ(answer.error().code(), v1::ERROR_RATE_LIMITED);
  EXPECT_LE(answered, 768U);
  // Others are not held up.
  EXPECT_TRUE(member("no-prober"));
}

// --- disks and mailboxes filled by one account ---

TEST(AccountLimits, WhatAnAccountStoresADayIsLimitedAndRepeatsAreFree) {
  const auto folder = bench::TemporaryFolder::make().value();
  const auto config = folder.path() / "server.conf";
  std::ofstream(config) << "[server]\nmessages_per_day = 40\n";  // ten at once
  auto server = bench::ServerProcess::start(PQC_SERVER_PROGRAM, folder.path() / "data", std::nullopt,
                                            {"--config", config.string()});
  ASSERT_TRUE(server) << server.error();
  net::LinkOptions address;
  address.host = "127.0.0.1";
  address.port = server->port();
  const auto keys =
      bench::DeviceKeys::make(*crypto::find_suite(crypto::SuiteId::pq), crypto::SystemRng::instance()).value();
  Stranger alice(address);
  Stranger bob(address);
  const auto server_name = alice.connect().server_name();
  bob.connect();
  ASSERT_TRUE(alice.register_account("alice", keys).has_logged_in());
  ASSERT_TRUE(bob.register_account("bob", keys).has_logged_in());
  const auto append = [&](Stranger& from, int number, std::size_t size) {
    v1::ClientFrame frame;
    auto& item = *frame.mutable_append()->add_items();
    item.set_id(std::format("{:016}", number));
    item.mutable_to()->set_account("bob@" + server_name);
    item.mutable_to()->set_device(1);
    item.set_body(std::string(size, 'b'));
    return from.ask(frame);
  };
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(append(alice, 1, 4096).has_accepted()) << "one message and its repeats";
  EXPECT_TRUE(append(alice, 2, 8 * 4096).has_accepted()) << "as good as eight";
  EXPECT_TRUE(append(alice, 3, 1).has_accepted()) << "the tenth";
  EXPECT_EQ(append(alice, 4, 1).error().code(), v1::ERROR_RATE_LIMITED);
  EXPECT_TRUE(append(bob, 1, 1).has_accepted()) << "others have their own";
  EXPECT_TRUE(server->stop());
}

// --- 22: slow clients ---

class Socket {
 public:
  // From an address of its own: each stranger counts for itself.
  Socket(const std::string& from, std::uint16_t port) : handle_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in own{};
    own.sin_family = AF_INET;
    inet_pton(AF_INET, from.c_str(), &own.sin_addr);
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_port = htons(port);
    inet_pton(AF_INET, "127.0.0.1", &there.sin_addr);
    connected_ = bind(handle_, reinterpret_cast<sockaddr*>(&own), sizeof own) == 0 &&
                 connect(handle_, reinterpret_cast<sockaddr*>(&there), sizeof there) == 0;
  }
  ~Socket() { close(handle_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] bool send(std::string_view bytes) const {
    return ::send(handle_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  // Whether the other side ends the connection within the time.
  [[nodiscard]] bool ends_within(std::chrono::milliseconds time) const {
    const auto end = steady_clock::now() + time;
    char buffer[4096];
    while (true) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - steady_clock::now()).count();
      pollfd wait{.fd = handle_, .events = POLLIN, .revents = 0};
      if (poll(&wait, 1, static_cast<int>(std::max<long>(left, 0))) <= 0) return false;
      if (recv(handle_, buffer, sizeof buffer, MSG_DONTWAIT) <= 0) return true;
    }
  }

 private:
  int handle_;
  bool connected_ = false;
};

TEST_F(ServerAttack, Threat22ThousandsOfSlowSocketsAreThrownOutAndHoldNobodyUp) {
  constexpr int addresses = 20;
  constexpr int each = 150;
  // The beginning of a TLS record that never comes to its end.
  const std::string beginning("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
  std::vector<std::unique_ptr<Socket>> slow;
  for (int address = 0; address < addresses; ++address) {
    for (int i = 0; i < each; ++i) {
      slow.push_back(std::make_unique<Socket>(std::format("127.0.7.{}", address + 1), server_->port()));
      ASSERT_TRUE(slow.back()->connected());
      // Some say nothing at all.
      if (i % 3 != 0) {
        EXPECT_TRUE(slow.back()->send(beginning));
      }
    }
  }
  const auto begin = steady_clock::now();
  const auto somebody = member("in-a-hurry");
  v1::ClientFrame who;
  who.mutable_whoami();
  EXPECT_TRUE(somebody->ask(who).has_identity());
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(5));
  for (const auto& socket : slow) EXPECT_TRUE(socket->ends_within(std::chrono::seconds(20)));
}

TEST_F(ServerAttack, Threat22OneAddressHasALimitOfStrangers) {
  std::vector<std::unique_ptr<Socket>> all;
  for (int i = 0; i < 400; ++i) all.push_back(std::make_unique<Socket>("127.0.8.1", server_->port()));
  const auto turned_away = std::ranges::count_if(all, [](const auto& socket) {
    return !socket->connected() || socket->ends_within(std::chrono::milliseconds(20));
  });
  EXPECT_GE(turned_away, 100);
  EXPECT_TRUE(member("from-elsewhere"));
}

// --- 24: another server in between ---

TEST_F(ServerAttack, Threat24ALoginForAnotherServerOrConnectionIsRefused) {
  member("victim");
  Stranger stranger(address_);
  stranger.connect();
  // What a proxy with a certificate of its own could pass on: the statement names its key, or its connection.
  auto through_a_proxy = stranger.statement("victim", *keys_);
  through_a_proxy.server[0] ^= 1;
  EXPECT_EQ(stranger.log_in(through_a_proxy, *keys_).error().code(), v1::ERROR_REFUSED);
  auto other_connection = stranger.statement("victim", *keys_);
  other_connection.exporter[0] ^= 1;
  EXPECT_EQ(stranger.log_in(other_connection, *keys_).error().code(), v1::ERROR_REFUSED);
  auto old_challenge = stranger.statement("victim", *keys_);
  old_challenge.challenge[0] ^= 1;
  EXPECT_EQ(stranger.log_in(old_challenge, *keys_).error().code(), v1::ERROR_REFUSED);
  EXPECT_TRUE(stranger.log_in(stranger.statement("victim", *keys_), *keys_).has_logged_in());
}

}  // namespace
}  // namespace pqc::test
