// The facade against a real server process, for what the command line cannot set: clocks and the store's version.
#include <gtest/gtest.h>

#include "client/client.h"
#include "client/store/schema.h"
#include "server_process.h"
#include "support/temporary_folder.h"

namespace pqc::client {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds wait{30};

UnixMillis from_now(milliseconds difference) {
  return SystemClock().now() + difference;
}

class FacadeTest : public ::testing::Test {
 protected:
  OpenOptions options(const std::string& name) {
    OpenOptions out;
    out.profile = {std::filesystem::path(folder.path()) / name};
    out.clock = &clock;
    return out;
  }
  Result<AccountInfo> register_account(const std::string& name) {
    RegisterOptions out;
    out.open = options(name);
    out.name = name;
    out.host = "127.0.0.1";
    out.port = server.port();
    return Client::register_account(std::move(out));
  }
  std::unique_ptr<Client> open(const std::string& name) {
    auto opened = Client::open(options(name));
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }
  // Changes the profile's store behind the client's back.
  void run_in_store(const std::string& name, const char* sql) {
    const auto paths = options(name).profile;
    auto keys = AgentKeys::open(paths.agent(), {});
    ASSERT_TRUE(keys);
    auto key = (*keys)->database_key();
    ASSERT_TRUE(key);
    auto database = Database::open(paths.database(), *key, false);
    ASSERT_TRUE(database);
    ASSERT_TRUE((*database)->script(sql));
  }

  test::TemporaryFolder folder;
  ServerProcess server{folder.path("server")};
  ManualClock clock{SystemClock().now()};
};

TEST_F(FacadeTest, AClockThatIsOffIsNamedAndNothingIsLost) {
  ASSERT_TRUE(register_account("alice"));
  ASSERT_TRUE(register_account("bob"));
  for (const auto difference : {milliseconds(hours(1)), milliseconds(hours(-1))}) {
    clock.set(from_now(difference));
    EXPECT_EQ(register_account("carol").error().code, ExitCode::clock_off);
    auto alice = open("alice");
    const auto message = alice->send("bob", "kept");
    ASSERT_TRUE(message) << message.error().message;
    const auto sent = alice->await(message->seq, Until::sent, wait);
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, ExitCode::clock_off);
    EXPECT_NE(sent.error().message.find("set the clock"), std::string::npos);
    alice->close();
  }
  clock.set(from_now({}));
  auto alice = open("alice");
  ASSERT_TRUE(alice->catch_up(wait));
  alice->close();
  auto bob = open("bob");
  ASSERT_TRUE(bob->catch_up(wait));
  EXPECT_EQ(bob->inbox()->messages.size(), 2u);
}

TEST_F(FacadeTest, NewerAndOlderProfilesAreRefusedUnchanged) {
  ASSERT_TRUE(register_account("alice"));
  const auto open_code = [&] { return Client::open(options("alice")).error().code; };
  run_in_store("alice", "PRAGMA user_version = 1000");
  EXPECT_EQ(open_code(), ExitCode::too_new);
  EXPECT_EQ(register_account("alice").error().code, ExitCode::too_new);
  run_in_store("alice", "PRAGMA user_version = 0");
  EXPECT_EQ(open_code(), ExitCode::too_old);
  run_in_store("alice", ("PRAGMA user_version = " + std::to_string(schema_migrations().back().to)).c_str());
  EXPECT_TRUE(Client::open(options("alice")));
}

TEST_F(FacadeTest, ARegistrationThatWasInterruptedIsFinished) {
  ASSERT_TRUE(register_account("alice"));
  // As after a crash between the server's answer and our note of it.
  run_in_store("alice", "UPDATE account SET registered = 0");
  auto again = register_account("alice");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(again->registered);
  again = register_account("alice");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ExitCode::already_registered);
}

TEST_F(FacadeTest, EventsTellOfArrivalsAndStatuses) {
  ASSERT_TRUE(register_account("alice"));
  ASSERT_TRUE(register_account("bob"));
  auto bob = open("bob");
  std::vector<Event> events;
  ASSERT_TRUE(bob->follow([&](const Event& event) { events.push_back(event); }));
  const auto has = [&](auto&& matches) {
    return std::ranges::any_of(events, [&](const Event& event) {
      const auto* message = std::get_if<Message>(&event);
      return message != nullptr && matches(*message);
    });
  };
  const auto deadline = [] { return std::chrono::steady_clock::now() + wait; };
  const auto message = bob->send("alice", "hello");
  ASSERT_TRUE(message);
  EXPECT_EQ(message->status, MessageStatus::queued);
  EXPECT_TRUE(bob->loop().run_until(
      [&] { return has([](const Message& m) { return m.status == MessageStatus::sent; }); }, deadline()));
  {
    auto alice = open("alice");
    const auto answer = alice->send("bob", "hello yourself");
    ASSERT_TRUE(alice->await(answer->seq, Until::sent, wait));
    ASSERT_TRUE(alice->catch_up(wait));
    alice->close();
  }
  EXPECT_TRUE(bob->loop().run_until([&] { return has([](const Message& m) { return m.text == "hello yourself"; }); },
                                    deadline()));
  EXPECT_TRUE(bob->loop().run_until(
      [&] { return has([](const Message& m) { return m.status == MessageStatus::delivered; }); }, deadline()));
  bob->close();
}

}  // namespace
}  // namespace pqc::client
