// QUIC between two transports of one loop, over loopback (docs/spec/p2p.md §12), with strangers at the same port.
#include <future>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "client/files.h"
#include "p2p/limits.h"
#include "p2p/sockets.h"
#include "p2p/udp_transport.h"

namespace pqc::p2p {
namespace {

using client::Loop;
using client::Result;
using std::chrono::seconds;
using std::chrono::steady_clock;

struct End {
  LinkPtr link;
  std::vector<Bytes> frames;
  std::optional<client::Error> closed;

  void take(LinkPtr given, std::size_t longest = limits::frame) {
    link = std::move(given);
    link->start({.frame = [this](ByteView frame) { frames.push_back(to_bytes(frame)); },
                 .drained = [] {},
                 .closed = [this](client::Error why) { closed = std::move(why); }},
                longest);
  }
};

class P2pUdp : public testing::Test {
 protected:
  P2pUdp() {
    at = listener.bind({"127.0.0.1", 0}).value();
    EXPECT_TRUE(connector.bind({"127.0.0.1", 0}));
  }
  void listen(std::size_t longest = limits::frame) {
    ASSERT_TRUE(listener.listen({}, [this, longest](LinkPtr link) {
      ++accepted;
      responder.take(std::move(link), longest);
    }));
  }
  void connect(const std::vector<Address>& addresses) {
    connector.connect_any(addresses, [this](Result<LinkPtr> link) {
      if (!link) {
        failure = link.error();
        return;
      }
      initiator.take(std::move(*link));
      initiator.link->send(as_bytes("first"));
    });
  }
  bool until(const std::function<bool()>& done) { return loop.run_until(done, steady_clock::now() + seconds(30)); }
  bool open() {
    listen();
    connect({at});
    return until([this] { return !responder.frames.empty(); });
  }

  Loop loop;
  UdpTransport listener{loop};
  UdpTransport connector{loop};
  Address at;
  End initiator, responder;
  std::optional<client::Error> failure;
  int accepted = 0;
};

TEST_F(P2pUdp, CarriesFramesBothWaysAndInOrder) {
  ASSERT_TRUE(open());
  EXPECT_EQ(as_text(responder.frames.front()), "first");
  EXPECT_EQ(initiator.link->binding(), responder.link->binding());
  EXPECT_EQ(initiator.link->binding().size(), 32U);
  EXPECT_EQ(initiator.link->remote(), at);
  EXPECT_EQ(initiator.link->security(), "TLS 1.3 X25519MLKEM768 TLS_CHACHA20_POLY1305_SHA256");
  responder.frames.clear();
  std::vector<Bytes> sent;
  for (std::size_t i = 0; i < 24; ++i)
    sent.emplace_back(i % 2 == 0 ? limits::frame : i + 1, static_cast<std::uint8_t>(i));
  for (const auto& frame : sent) {
    initiator.link->send(frame);
    responder.link->send(frame);
  }
  ASSERT_TRUE(until([&] { return responder.frames.size() == sent.size() && initiator.frames.size() == sent.size(); }))
      << responder.frames.size() << " and " << initiator.frames.size()
      << " frames, closed: " << (responder.closed ? responder.closed->message : "")
      << (initiator.closed ? initiator.closed->message : "");
  EXPECT_EQ(responder.frames, sent);
  EXPECT_EQ(initiator.frames, sent);
}

// The name server does not answer before the loop has done something else.
TEST_F(P2pUdp, ASlowNameServerHoldsNothingUp) {
  std::promise<void> silence;
  UdpTransport asking(loop, [this, over = silence.get_future().share()](const client::Resolver::Question&) {
    over.wait();
    return client::resolve(at, SOCK_DGRAM, AI_NUMERICHOST);
  });
  listen();
  asking.connect({"slow.invalid", at.port}, [this](Result<LinkPtr> link) {
    ASSERT_TRUE(link) << link.error().message;
    initiator.take(std::move(*link));
    initiator.link->send(as_bytes("first"));
  });
  loop.post([&silence] { silence.set_value(); });
  EXPECT_TRUE(until([this] { return !responder.frames.empty(); }));
  initiator.link.reset();
}

TEST_F(P2pUdp, TheOtherSideLearnsOfTheEnd) {
  ASSERT_TRUE(open());
  initiator.link.reset();
  ASSERT_TRUE(until([this] { return responder.closed.has_value(); }));
  EXPECT_EQ(responder.closed->code, ExitCode::unreachable);
}

// QUIC sends nothing beyond its congestion window, not even that it ends.
TEST_F(P2pUdp, TheOtherSideLearnsOfTheEndBehindWhatWasSent) {
  ASSERT_TRUE(open());
  const auto sent = steady_clock::now();
  for (int i = 0; i < 8; ++i) initiator.link->send(Bytes(limits::frame));
  initiator.link.reset();
  ASSERT_TRUE(until([this] { return responder.closed.has_value(); }));
  EXPECT_LT(steady_clock::now() - sent, seconds(10));
}

TEST_F(P2pUdp, AFrameThatIsTooLongEndsTheLink) {
  listen(10);
  connect({at});
  ASSERT_TRUE(until([this] { return !responder.frames.empty(); }));
  initiator.link->send(Bytes(11));
  ASSERT_TRUE(until([this] { return responder.closed.has_value(); }));
  EXPECT_EQ(responder.closed->code, ExitCode::protocol_mismatch);
}

TEST_F(P2pUdp, WhoDoesNotReadIsNotWaitedForForever) {
  ASSERT_TRUE(open());
  for (std::size_t sent = 0; sent <= 2 * limits::queued && !initiator.closed; sent += limits::frame)
    initiator.link->send(Bytes(limits::frame));
  ASSERT_TRUE(until([this] { return initiator.closed.has_value(); }));
  EXPECT_EQ(initiator.closed->code, ExitCode::timed_out);
}

TEST_F(P2pUdp, ThePinsOfBothSidesHold) {
  listener.pin(connector.fingerprint());
  connector.pin(listener.fingerprint());
  EXPECT_TRUE(open());
}

TEST_F(P2pUdp, Threat24AnotherKeyThanTheTicketsIsRefusedByWhoConnects) {
  connector.pin(connector.fingerprint());
  listen();
  connect({at});
  ASSERT_TRUE(until([this] { return failure.has_value(); }));
  EXPECT_EQ(failure->code, ExitCode::refused);
  EXPECT_EQ(accepted, 0);
}

TEST_F(P2pUdp, Threat24AnotherKeyThanTheTicketsIsRefusedByWhoListens) {
  listener.pin(listener.fingerprint());
  listen();
  connect({at});
  // By TLS 1.3 the client is done before the server has seen its certificate: it is told afterwards.
  const auto asked = steady_clock::now();
  ASSERT_TRUE(until([this] { return initiator.closed.has_value() || failure.has_value(); }));
  EXPECT_EQ(initiator.closed ? initiator.closed->code : failure->code, ExitCode::refused);
  EXPECT_LT(steady_clock::now() - asked, limits::connect_time);
  EXPECT_EQ(accepted, 0);
}

// A candidate of the ticket that is somebody else's by now.
TEST_F(P2pUdp, Threat24AnotherKeyAtOneAddressEndsNoMoreThanThatAttempt) {
  UdpTransport other(loop);
  const auto elsewhere = other.bind({"127.0.0.1", 0}).value();
  ASSERT_TRUE(other.listen({}, [](LinkPtr) {}));
  connector.pin(listener.fingerprint());
  listen();
  connect({elsewhere, at});
  ASSERT_TRUE(until([this] { return failure.has_value() || !responder.frames.empty(); }));
  EXPECT_FALSE(failure.has_value());
  EXPECT_EQ(accepted, 1);
}

// One that was given up, while the other has just begun.
TEST_F(P2pUdp, WhoseHandshakeIsUnderWayIsToldThatNobodyListensAnyMore) {
  auto ending = std::make_unique<UdpTransport>(loop);
  const auto there = ending->bind({"127.0.0.1", 0}).value();
  LinkPtr kept;
  ASSERT_TRUE(ending->listen({}, [&](LinkPtr link) { kept = std::move(link); }));
  connect({there});
  ASSERT_TRUE(until([&] { return kept != nullptr; }));
  ending.reset();  // its engine goes on as long as the link
  UdpTransport late(loop);
  std::optional<client::Error> refusal;
  const auto asked = steady_clock::now();
  late.connect(there, [&](Result<LinkPtr> link) {
    if (!link) refusal = link.error();
  });
  ASSERT_TRUE(until([&] { return refusal.has_value(); }));
  EXPECT_EQ(refusal->code, ExitCode::refused);
  EXPECT_LT(steady_clock::now() - asked, limits::connect_time);
}

TEST_F(P2pUdp, PassesOverAddressesWhereNobodyAnswers) {
  UdpTransport silent(loop);
  const auto nobody = silent.bind({"127.0.0.1", 0}).value();
  listen();
  connect({nobody, {"2001:db8::1", 9}, at});
  ASSERT_TRUE(until([this] { return !responder.frames.empty(); }));
  EXPECT_EQ(initiator.link->remote(), at);
  EXPECT_EQ(accepted, 1);
}

// Somebody at the same port, who sees what goes by and sends what he likes.
class Stranger {
 public:
  explicit Stranger(const Address& to) : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    to_.sin_family = AF_INET;
    to_.sin_port = htons(to.port);
    to_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto here = to_;
    here.sin_port = 0;
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&here), sizeof here), 0);
  }
  void send(ByteView datagram) {
    EXPECT_EQ(
        ::sendto(fd_.get(), datagram.data(), datagram.size(), 0, reinterpret_cast<const sockaddr*>(&to_), sizeof to_),
        static_cast<ssize_t>(datagram.size()));
  }
  [[nodiscard]] Address address() const { return local_address(fd_.get()); }
  // All that came.
  std::vector<Bytes> received() {
    std::array<std::uint8_t, 2048> buffer;
    std::vector<Bytes> out;
    for (ssize_t got = 0; (got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0)) > 0;)
      out.push_back(to_bytes(ByteView(buffer).first(static_cast<std::size_t>(got))));
    return out;
  }

 private:
  client::FileDescriptor fd_;
  sockaddr_in to_{};
};

TEST_F(P2pUdp, Threat21AStrangerGetsNoMoreThanHeSends) {
  listen();
  // He gets the first packets of an honest client, and repeats them from an address that the listener knows nothing of.
  Stranger stranger(at);
  connect({stranger.address(), at});
  ASSERT_TRUE(until([this] { return !responder.frames.empty(); }));
  const auto packets = stranger.received();
  ASSERT_FALSE(packets.empty());
  std::size_t sent = 0;
  for (int i = 0; i < 20; ++i)
    for (const auto& packet : packets) {
      stranger.send(packet);
      sent += packet.size();
    }
  responder.frames.clear();
  initiator.link->send(as_bytes("after them"));
  ASSERT_TRUE(until([this] { return !responder.frames.empty(); }));
  std::size_t back = 0;
  for (const auto& answer : stranger.received()) back += answer.size();
  EXPECT_GT(back, 0U);  // Retry packets: the listener did look at them
  EXPECT_LT(back, sent / 4);
  EXPECT_EQ(accepted, 1);
}

TEST_F(P2pUdp, Threat13NoiseAtThePortChangesNothing) {
  ASSERT_TRUE(open());
  Stranger at_listener(at);
  Stranger at_connector(initiator.link->local());
  for (int i = 0; i < 200; ++i) {
    Bytes noise(static_cast<std::size_t>(1 + i * 6), static_cast<std::uint8_t>(i));
    at_listener.send(noise);
    noise[0] |= 0x40;  // as a packet of an open connection begins
    at_connector.send(noise);
    if (i % 50 == 0) initiator.link->send(as_bytes("meanwhile"));
  }
  responder.link->send(as_bytes("answer"));
  ASSERT_TRUE(until([this] { return responder.frames.size() == 5 && initiator.frames.size() == 1; }));
  EXPECT_FALSE(initiator.closed || responder.closed);
  EXPECT_EQ(accepted, 1);
}

}  // namespace
}  // namespace pqc::p2p
