// Listener and RelayLink against each other over real sockets: the TLS policy, the pin, frames, deadlines.
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "net/address_limits.h"
#include "net/limits.h"
#include "net/listener.h"
#include "net/relay_link.h"

namespace pqc::net {
namespace {

using namespace std::chrono_literals;

class Echo final : public ConnectionUser {
 public:
  explicit Echo(ServerConnection& connection) : connection_(&connection) {}
  void on_frame(FrameKind kind, ByteView payload) override {
    connection_->set_logged_in();
    connection_->send(kind, payload);
  }
  void on_drained() override {}
  void on_closed() override { connection_ = nullptr; }

 private:
  ServerConnection* connection_;
};

const Certificate& certificate() {
  static const auto made = Certificate::make(CertificateKind::ml_dsa_65, "test", {});
  return made.value();
}

class LinkTest : public testing::Test {
 protected:
  std::unique_ptr<Listener> listen(bool classical = false) {
    auto tls = TlsServerContext::make({certificate()}, classical);
    ListenerCallbacks callbacks;
    callbacks.opened = [this](ServerConnection& connection) {
      exporter_ = connection.exporter(login_exporter_label).value();
      return std::make_shared<Echo>(connection);
    };
    callbacks.request = [](const HttpRequest&) { return HttpResponse{404, "text/plain", "no\n"}; };
    return Listener::start(context_, tls.value(), "127.0.0.1", 0, callbacks).value();
  }

  LinkOptions options(const Listener& listener) {
    LinkOptions out;
    out.host = "127.0.0.1";
    out.port = listener.port();
    out.pin = certificate().fingerprint();
    return out;
  }

  std::expected<LinkInfo, LinkFailure> connect(RelayLink& link, const LinkOptions& options) {
    std::optional<std::expected<LinkInfo, LinkFailure>> answer;
    link.connect(options, [&](auto result) { answer = std::move(result); });
    run_until([&] { return answer.has_value(); });
    return std::move(*answer);
  }

  template <class Condition>
  void run_until(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << "it does not happen";
      context_.run_one_for(100ms);
      if (context_.stopped()) context_.restart();
    }
  }

  boost::asio::io_context context_;
  std::array<std::uint8_t, 32> exporter_{};
};

TEST_F(LinkTest, ConnectsWithAHybridGroupAndThePinnedKey) {
  const auto listener = listen();
  RelayLink link(context_);
  const auto info = connect(link, options(*listener));
  ASSERT_TRUE(info) << info.error().text;
  EXPECT_EQ(info->group, "X25519MLKEM768");
  EXPECT_EQ(info->cipher, "TLS_AES_256_GCM_SHA384");
  EXPECT_EQ(info->fingerprint, certificate().fingerprint());
  EXPECT_EQ(info->exporter, exporter_);
  EXPECT_FALSE(info->resumed);
}

TEST_F(LinkTest, AnotherKeyThanThePinnedOneIsRefused) {  // THREATS 24
  const auto listener = listen();
  auto wrong = options(*listener);
  wrong.pin->bytes[0] ^= 1;
  RelayLink link(context_);
  const auto info = connect(link, wrong);
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().error, LinkError::wrong_server);
}

TEST_F(LinkTest, FramesOfAllSizesComeBackInOrder) {
  const auto listener = listen();
  RelayLink link(context_);
  std::vector<Bytes> seen;
  link.on_frame([&](ByteView frame) { seen.push_back(to_bytes(frame)); });
  ASSERT_TRUE(connect(link, options(*listener)));
  std::vector<Bytes> sent;
  for (const std::size_t size : {0u, 1u, 1000u, 70'000u, 1'000'000u, 5u}) {
    sent.emplace_back(size, static_cast<std::uint8_t>(size));
    ASSERT_TRUE(link.send(sent.back()));
    // The first answer lifts the limit of strangers.
    run_until([&] { return seen.size() == sent.size(); });
  }
  EXPECT_EQ(seen, sent);
  bool done = false;
  link.close([&] { done = true; });
  run_until([&] { return done; });
  run_until([&] { return listener->stats().connections == 0; });
}

TEST_F(LinkTest, ManyFramesAtOnce) {
  const auto listener = listen();
  RelayLink link(context_);
  std::size_t seen = 0;
  link.on_frame([&](ByteView frame) { seen += frame.size() == 1024 ? 1 : 0; });
  ASSERT_TRUE(connect(link, options(*listener)));
  for (int i = 0; i < 5000; ++i) ASSERT_TRUE(link.send(Bytes(1024, 'm')));
  run_until([&] { return seen == 5000; });
}

TEST_F(LinkTest, TheSecondConnectionUsesATicketAndHasItsOwnExporter) {
  const auto listener = listen();
  RelayLink link(context_);
  bool echoed = false;
  link.on_frame([&](ByteView) { echoed = true; });
  const auto first = connect(link, options(*listener));
  ASSERT_TRUE(first && link.send(Bytes(3)));
  run_until([&] { return echoed; });
  const auto second = connect(link, options(*listener));
  ASSERT_TRUE(second) << second.error().text;
  EXPECT_TRUE(second->resumed);
  EXPECT_EQ(second->group, "X25519MLKEM768");
  EXPECT_EQ(second->fingerprint, certificate().fingerprint());
  EXPECT_NE(second->exporter, first->exporter);
}

TEST_F(LinkTest, AFrameOverTheLimitOfStrangersClosesTheConnection) {
  const auto listener = listen();
  RelayLink link(context_);
  std::optional<LinkFailure> closed;
  link.on_closed([&](LinkFailure failure) { closed = std::move(failure); });
  ASSERT_TRUE(connect(link, options(*listener)));
  ASSERT_TRUE(link.send(Bytes(max_frame_size_before_login + 1)));
  run_until([&] { return closed.has_value(); });
  EXPECT_EQ(closed->error, LinkError::closed);
}

TEST_F(LinkTest, ClosingAllSaysGoodbye) {
  auto listener = listen();
  RelayLink link(context_);
  std::optional<LinkFailure> closed;
  link.on_closed([&](LinkFailure failure) { closed = std::move(failure); });
  ASSERT_TRUE(connect(link, options(*listener)));
  bool all_gone = false;
  listener->stop_accepting();
  listener->close_all(CloseCode::going_away, "shutting down", [&] { all_gone = true; });
  run_until([&] { return all_gone && closed; });
  EXPECT_NE(closed->text.find("1001"), std::string::npos);
}

TEST(AddressKey, KnowsThisMachine) {
  EXPECT_TRUE(is_loopback({0, 0, 0xFF, 0xFF, 127, 0, 7, 1}));
  EXPECT_TRUE(is_loopback({})) << "the /64 of ::1";
  EXPECT_FALSE(is_loopback({0, 0, 0xFF, 0xFF, 128, 0, 0, 1}));
  EXPECT_FALSE(is_loopback({0x20, 0x01, 0xFF, 0xFF, 127}));
  EXPECT_FALSE(is_loopback({0x20, 0x01, 0x0D, 0xB8}));
}

TEST(AddressLimits, NobodyConnectsOverAndOverAgain) {
  AddressLimits limits;
  const AddressKey somebody{0, 0, 0xFF, 0xFF, 192, 0, 2, 1};
  const AddressKey another{0, 0, 0xFF, 0xFF, 192, 0, 2, 2};
  const AddressLimits::Time start{1h};
  const auto come_and_go = [&](const AddressKey& who, AddressLimits::Time now) {
    const bool let_in = limits.add(who, now);
    if (let_in) limits.remove(who, true, now);
    return let_in;
  };
  for (int i = 0; i < connections_burst_of_address; ++i) ASSERT_TRUE(come_and_go(somebody, start));
  EXPECT_FALSE(come_and_go(somebody, start));
  EXPECT_TRUE(come_and_go(another, start));
  for (int i = 0; i < connections_per_second_of_address; ++i) ASSERT_TRUE(come_and_go(somebody, start + 1s));
  EXPECT_FALSE(come_and_go(somebody, start + 1s));
  const AddressKey this_machine{0, 0, 0xFF, 0xFF, 127, 0, 0, 1};
  for (int i = 0; i < 2 * connections_burst_of_address; ++i) ASSERT_TRUE(come_and_go(this_machine, start));
}

TEST_F(LinkTest, NobodyThereAndTakenPort) {
  auto listener = listen();
  const auto there = options(*listener);
  auto tls = TlsServerContext::make({certificate()}, false);
  const auto second = Listener::start(context_, *tls, "127.0.0.1", listener->port(), {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().error, ListenError::address_in_use);
  listener.reset();
  RelayLink link(context_);
  const auto info = connect(link, there);
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().error, LinkError::connect);
}

}  // namespace
}  // namespace pqc::net
