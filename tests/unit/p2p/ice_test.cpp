// QUIC over paths that ICE finds, between two transports of one loop, over loopback (docs/spec/p2p.md §14).
#include <algorithm>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "client/files.h"
#include "crypto/random.h"
#include "p2p/ice_transport.h"
#include "p2p/limits.h"
#include "p2p/sockets.h"
#include "unit/p2p/stun_responder.h"

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

  void take(LinkPtr given) {
    link = std::move(given);
    link->start({.frame = [this](ByteView frame) { frames.push_back(to_bytes(frame)); },
                 .drained = [] {},
                 .closed = [this](client::Error why) { closed = std::move(why); }},
                limits::frame);
  }
};

class P2pIce : public testing::Test {
 protected:
  P2pIce() {
    int gathered = 0;
    const auto count = [&gathered](const client::Status& outcome) { gathered += outcome ? 1 : 0; };
    connector.gather({"127.0.0.1", 0}, net::QuicRole::client, count);
    listener.gather({"127.0.0.1", 0}, net::QuicRole::server, count);
    EXPECT_TRUE(until([&gathered] { return gathered == 2; }));
  }
  static Ticket ticket_of(const IceTransport& of) {
    Ticket out;
    out.certificate = of.fingerprint().bytes;
    out.ice = of.keys();
    out.candidates = of.candidates();
    return out;
  }
  void accept(const Ticket& peer) {
    ASSERT_TRUE(listener.accept(peer, [this](LinkPtr link) {
      ++accepted;
      responder.take(std::move(link));
    }));
  }
  void connect(const Ticket& peer) {
    connector.connect(peer, [this](Result<LinkPtr> link) {
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
    accept(ticket_of(connector));
    connect(ticket_of(listener));
    return until([this] { return !responder.frames.empty(); });
  }

  Loop loop;
  IceTransport connector{loop, crypto::SystemRng::instance(), {}};
  IceTransport listener{loop, crypto::SystemRng::instance(), {}};
  End initiator, responder;
  std::optional<client::Error> failure;
  int accepted = 0;
};

TEST_F(P2pIce, CarriesFramesBothWaysAndInOrder) {
  ASSERT_TRUE(open());
  EXPECT_EQ(initiator.link->binding(), responder.link->binding());
  EXPECT_EQ(initiator.link->path(), LinkPath::direct);
  EXPECT_EQ(initiator.link->remote(), responder.link->local());
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
      << responder.frames.size() << " and " << initiator.frames.size() << " frames";
  EXPECT_EQ(responder.frames, sent);
  EXPECT_EQ(initiator.frames, sent);
  const auto closing = steady_clock::now();
  initiator.link.reset();
  EXPECT_TRUE(until([this] { return responder.closed.has_value(); }));
  EXPECT_LT(steady_clock::now() - closing, seconds(10));
}

TEST_F(P2pIce, WhoIsThereFirstWaitsForTheOther) {
  accept(ticket_of(connector));
  // As long as it takes until a first round of checks has been sent and has been answered by nobody.
  loop.run_until([] { return false; }, steady_clock::now() + std::chrono::milliseconds(300));
  connect(ticket_of(listener));
  EXPECT_TRUE(until([this] { return !responder.frames.empty(); }));
}

// RFC 8838: what comes after the ticket is checked too.
TEST_F(P2pIce, CandidatesThatTrickleAreChecked) {
  auto connecting = ticket_of(connector), listening = ticket_of(listener);
  const auto later = listening.candidates;
  const StunResponder nobody;
  const auto nowhere = nobody.address();
  for (auto* ticket : {&connecting, &listening})
    ticket->candidates = {{net::ice::CandidateType::host, nowhere.host, nowhere.port}};
  accept(connecting);
  connect(listening);
  loop.run_until([] { return false; }, steady_clock::now() + std::chrono::milliseconds(300));
  EXPECT_FALSE(responder.link);
  connector.add_candidates(later);
  EXPECT_TRUE(until([this] { return !responder.frames.empty(); }));
}

TEST(P2pIceGathering, TellsWhatIsThereAndThenWhatAServerSays) {
  Loop loop;
  StunResponder stun;
  IceTransport side(loop, crypto::SystemRng::instance(), {.stun = {stun.address()}, .turn = {}});
  bool begun = false, last = false;
  const auto start = steady_clock::now();
  side.gather_as_found(
      {"127.0.0.1", 0}, net::QuicRole::client, [&](const client::Status& status) { begun = status.has_value(); },
      [&](bool no_more) { last = no_more; });
  ASSERT_TRUE(loop.run_until([&] { return begun; }, start + seconds(30)));
  EXPECT_LT(steady_clock::now() - start, limits::gather_time);  // nobody has answered
  ASSERT_EQ(side.candidates().size(), 1U);
  const auto ready = loop.when_readable(stun.fd(), [&stun] { stun.answer(); });
  ASSERT_TRUE(loop.run_until([&] { return last; }, start + seconds(30)));
  const auto found = side.candidates();
  EXPECT_TRUE(
      std::ranges::contains(found, net::ice::Candidate{net::ice::CandidateType::server_reflexive, "192.0.2.1", 7}));
}

TEST_F(P2pIce, Threat24AnotherKeyThanTheTicketsIsRefusedByWhoConnects) {
  accept(ticket_of(connector));
  auto peer = ticket_of(listener);
  peer.certificate[0] ^= 1;
  connect(peer);
  ASSERT_TRUE(until([this] { return failure.has_value(); }));
  EXPECT_EQ(failure->code, ExitCode::refused);
  EXPECT_EQ(accepted, 0);
}

TEST_F(P2pIce, Threat24AnotherKeyThanTheTicketsIsRefusedByWhoListens) {
  auto peer = ticket_of(connector);
  peer.certificate[0] ^= 1;
  accept(peer);
  connect(ticket_of(listener));
  // By TLS 1.3 the client is done before the server has seen its certificate: it is told afterwards.
  ASSERT_TRUE(until([this] { return initiator.closed.has_value() || failure.has_value(); }));
  EXPECT_EQ(accepted, 0);
}

// Somebody who knows both addresses but no key: from an address of his own, and, as far as loopback lets him, from
// others.
class Stranger {
 public:
  Stranger() : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}
  void send(const Address& to, ByteView datagram) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(to.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::sendto(fd_.get(), datagram.data(), datagram.size(), 0, reinterpret_cast<const sockaddr*>(&address),
                       sizeof address),
              static_cast<ssize_t>(datagram.size()));
  }

 private:
  client::FileDescriptor fd_;
};

TEST_F(P2pIce, Threat13NoiseAtThePortChangesNothing) {
  ASSERT_TRUE(open());
  const auto path = std::pair(initiator.link->local(), initiator.link->remote());
  Stranger stranger;
  for (int i = 0; i < 500; ++i) {
    Bytes noise(static_cast<std::size_t>(1 + i * 2), static_cast<std::uint8_t>(i));
    stranger.send(path.first, noise);
    noise[0] |= 0x40;  // as a packet of an open connection begins
    stranger.send(path.second, noise);
    if (i % 100 == 0) initiator.link->send(as_bytes("meanwhile"));
  }
  responder.link->send(as_bytes("answer"));
  ASSERT_TRUE(until([this] { return responder.frames.size() == 6 && initiator.frames.size() == 1; }));
  EXPECT_FALSE(initiator.closed || responder.closed);
  EXPECT_EQ(std::pair(initiator.link->local(), initiator.link->remote()), path);
  EXPECT_EQ(accepted, 1);
}

}  // namespace
}  // namespace pqc::p2p
