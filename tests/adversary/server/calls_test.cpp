// Calls at a real server process (docs/spec/calls.md §8), over WebSockets and over REST.
#include <map>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>

#include "process.h"
#include "server_process.h"
#include "stranger.h"

namespace pqc::test {
namespace {

const std::string call_id = "000102030405060708090a0b0c0d0e0f";

// One request over TLS as a tool makes it; the whole answer.
std::string http(std::uint16_t port, const std::string& request) {
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  const std::unique_ptr<BIO, void (*)(BIO*)> chain(BIO_new_ssl_connect(context.get()), BIO_free_all);
  BIO_set_conn_hostname(chain.get(), ("127.0.0.1:" + std::to_string(port)).c_str());
  if (BIO_do_connect(chain.get()) != 1) return "no connection";
  BIO_write(chain.get(), request.data(), static_cast<int>(request.size()));
  std::string out;
  std::array<char, 4096> buffer;
  for (int got = 0; (got = BIO_read(chain.get(), buffer.data(), buffer.size())) > 0;)
    out.append(buffer.data(), static_cast<std::size_t>(got));
  return out;
}

class ServerCalls : public testing::Test {
 protected:
  void SetUp() override {
    auto started = bench::ServerProcess::start(PQC_SERVER_PROGRAM, folder.path() / "data", std::nullopt);
    ASSERT_TRUE(started) << started.error();
    server.emplace(std::move(*started));
    address.host = "127.0.0.1";
    address.port = server->port();
    for (const auto* name : {"alice", "bob", "carol"}) {
      auto& person = people[name];
      person.connection.emplace(address);
      person.connection->connect();
      const auto in = person.connection->register_account(name, keys);
      ASSERT_TRUE(in.has_logged_in());
      person.account = in.logged_in().account();
      person.token = in.logged_in().token();
    }
  }
  void TearDown() override {
    people.clear();  // or it waits for their goodbyes
    EXPECT_TRUE(server->stop());
  }

  struct Person {
    std::optional<Stranger> connection;
    std::string account;
    std::string token;
  };
  Stranger& on(const std::string& name) { return *people.at(name).connection; }
  [[nodiscard]] v1::ClientFrame initiate(const std::string& to, const std::string& id = call_id) const {
    v1::ClientFrame frame;
    frame.mutable_call_initiate()->set_call_id(id);
    frame.mutable_call_initiate()->set_to(people.contains(to) ? people.at(to).account : to);
    auto& offer = *frame.mutable_call_initiate()->add_offers();
    offer.set_device(bench::DeviceKeys::device.value);
    offer.set_body("sealed");
    return frame;
  }
  static v1::ClientFrame accept(const std::string& id = call_id) {
    v1::ClientFrame frame;
    frame.mutable_call_accept()->set_call_id(id);
    return frame;
  }
  static v1::ClientFrame fetch(const std::string& id = call_id) {
    v1::ClientFrame frame;
    frame.mutable_fetch_call()->set_call_id(id);
    return frame;
  }
  // The push comes before the answer, on the connection that asked.
  v1::ServerFrame ask(const std::string& name, const v1::ClientFrame& frame) {
    auto answer = on(name).ask(frame);
    return answer.request_id() == 0 ? on(name).next() : answer;
  }
  std::string post(const std::string& target, const std::string& token, const std::string& body) {
    return http(address.port, "POST " + target + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token +
                                  "\r\nContent-Type: application/json\r\nContent-Length: " +
                                  std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  std::string get(const std::string& target, const std::string& token) {
    return http(address.port, "GET " + target + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token + "\r\n\r\n");
  }

  bench::TemporaryFolder folder = bench::TemporaryFolder::make().value();
  std::optional<bench::ServerProcess> server;
  net::LinkOptions address;
  bench::DeviceKeys keys =
      bench::DeviceKeys::make(*crypto::find_suite(crypto::SuiteId::pq), crypto::SystemRng::instance()).value();
  std::map<std::string, Person> people;
};

TEST_F(ServerCalls, BothSidesAreToldOfEachStep) {
  const auto made = ask("alice", initiate("bob"));
  ASSERT_TRUE(made.has_call_status());
  EXPECT_EQ(made.call_status().state(), v1::CallStatus::ringing);
  EXPECT_EQ(made.call_status().offer(), "") << "it is for the callee's device";
  const auto told = on("bob").next();
  EXPECT_EQ(told.request_id(), 0U);
  EXPECT_EQ(told.call_status().call_id(), call_id);
  EXPECT_EQ(told.call_status().caller(), people.at("alice").account);
  EXPECT_EQ(told.call_status().offer(), "sealed");
  EXPECT_EQ(ask("bob", accept()).call_status().state(), v1::CallStatus::active);
  EXPECT_EQ(on("alice").next().call_status().state(), v1::CallStatus::active);
  v1::ClientFrame hangup;
  hangup.mutable_call_hangup()->set_call_id(call_id);
  EXPECT_EQ(ask("alice", hangup).call_status().state(), v1::CallStatus::ended);
  EXPECT_EQ(on("bob").next().call_status().state(), v1::CallStatus::ended);
  EXPECT_EQ(ask("bob", fetch()).call_status().state(), v1::CallStatus::ended);
}

TEST_F(ServerCalls, OthersLearnNothingAndASecondAnswerIsTooLate) {
  ASSERT_TRUE(ask("alice", initiate("bob")).has_call_status());
  EXPECT_EQ(ask("carol", fetch()).error().code(), v1::ERROR_UNKNOWN_CALL);
  EXPECT_EQ(ask("carol", accept()).error().code(), v1::ERROR_UNKNOWN_CALL);
  EXPECT_EQ(ask("carol", fetch(std::string(32, 'f'))).error().code(), v1::ERROR_UNKNOWN_CALL);
  on("bob").next();
  ASSERT_TRUE(ask("bob", accept()).has_call_status());
  EXPECT_EQ(ask("bob", accept()).error().code(), v1::ERROR_CONFLICT);
  EXPECT_EQ(ask("alice", initiate("alice", std::string(32, 'a'))).error().code(), v1::ERROR_MALFORMED);
  EXPECT_EQ(ask("carol", initiate("alice", "short")).error().code(), v1::ERROR_MALFORMED);
}

// A name that nobody has rings like any other (THREATS 17).
TEST_F(ServerCalls, Threat17ACallSaysNothingAboutNames) {
  const auto server_name = people.at("bob").account.substr(4);
  const auto nobody = ask("alice", initiate("nobody@" + server_name, std::string(32, '1')));
  const auto bob = ask("alice", initiate("bob", std::string(32, '2')));
  ASSERT_TRUE(nobody.has_call_status());
  ASSERT_TRUE(bob.has_call_status());
  EXPECT_EQ(nobody.call_status().state(), bob.call_status().state());
}

TEST_F(ServerCalls, RestDoesTheSame) {
  const auto& alice = people.at("alice");
  const auto& bob = people.at("bob");
  const auto made = post(
      "/call/initiate", alice.token,
      R"({"call_id":")" + call_id + R"(","to":")" + bob.account + R"(","offers":[{"device":1,"body":"c2VhbGVk"}]})");
  EXPECT_TRUE(made.starts_with("HTTP/1.1 200 ")) << made;
  EXPECT_TRUE(made.contains(R"("state":"ringing")")) << made;
  EXPECT_EQ(on("bob").next().call_status().state(), v1::CallStatus::ringing);
  const auto seen = get("/call/status/" + call_id, bob.token);
  EXPECT_TRUE(seen.contains(R"("offer":"c2VhbGVk")")) << seen;
  const auto body = R"({"call_id":")" + call_id + R"("})";
  EXPECT_TRUE(post("/call/accept", bob.token, body).contains(R"("state":"active")"));
  EXPECT_TRUE(post("/call/reject", bob.token, body).starts_with("HTTP/1.1 409 "));
  EXPECT_TRUE(post("/call/hangup", alice.token, body).contains(R"("state":"ended")"));
  EXPECT_TRUE(get("/call/status/" + call_id, people.at("carol").token).starts_with("HTTP/1.1 404 "));
}

TEST_F(ServerCalls, RestAsksForATokenThatIsAlive) {
  const auto target = "/call/status/" + call_id;
  const auto token = people.at("carol").token;
  EXPECT_TRUE(get(target, token).starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(get(target, "").starts_with("HTTP/1.1 401 "));
  EXPECT_TRUE(get(target, std::string(43, 'A')).starts_with("HTTP/1.1 401 "));
  people.at("carol").connection.reset();
  // The server sees the end of that connection in its own time.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!get(target, token).starts_with("HTTP/1.1 401 ")) ASSERT_LT(std::chrono::steady_clock::now(), end);
}

TEST_F(ServerCalls, RestBodiesHaveLimits) {
  const auto& token = people.at("alice").token;
  EXPECT_TRUE(post("/call/initiate", token, "{").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(post("/call/initiate", token, R"({"unknown":1})").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(get("/call/initiate", token).starts_with("HTTP/1.1 405 "));
  const std::string head = "POST /call/initiate HTTP/1.1\r\nHost: x\r\n";
  EXPECT_TRUE(http(address.port, head + "Content-Length: 65537\r\n\r\n").starts_with("HTTP/1.1 413 "));
  EXPECT_TRUE(http(address.port, head + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n").starts_with("HTTP/1.1 411 "));
}

TEST_F(ServerCalls, CallsAreRateLimited) {
  v1::ErrorCode last = v1::ERROR_UNSPECIFIED;
  for (int i = 0; i < 40 && last != v1::ERROR_RATE_LIMITED; ++i) {
    const auto id = to_hex(Bytes(16, static_cast<std::uint8_t>(i + 1)));
    const auto answer = ask("alice", initiate("bob", id));
    last = answer.has_error() ? answer.error().code() : v1::ERROR_UNSPECIFIED;
    EXPECT_EQ(last == v1::ERROR_UNSPECIFIED, i < 4) << "four live calls, then the quota, then the rate";
  }
  EXPECT_EQ(last, v1::ERROR_RATE_LIMITED);
}

}  // namespace
}  // namespace pqc::test
