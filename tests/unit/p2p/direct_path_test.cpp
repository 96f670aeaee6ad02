// The answering side of a path between contacts, over the addresses of this machine (docs/spec/direct.md §3).
#include <gtest/gtest.h>

#include "base/clock.h"
#include "crypto/random.h"
#include "p2p/direct_paths.h"
#include "p2p/ice_transport.h"
#include "p2p/limits.h"
#include "p2p/ticket.h"
#include "unit/p2p/stun_responder.h"

namespace pqc::p2p {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

// Who offers is a bare transport, so that its offer can say something else than where it is.
class P2pDirectPath : public testing::Test {
 protected:
  P2pDirectPath() {
    bool gathered = false;
    offerer.gather({}, net::QuicRole::client, [&](const client::Status& status) { gathered = status.has_value(); });
    EXPECT_TRUE(until([&] { return gathered; }));
    const auto at = nobody.address();
    nowhere = {{net::ice::CandidateType::host, at.host, at.port}};
    offer = {.kind = Ticket::Kind::offer,
             .expires = {(clock.now().value / minute + 2) * minute},
             .identity = {},
             .certificate = offerer.fingerprint().bytes,
             .answers = {},
             .ice = offerer.keys(),
             .candidates = nowhere};
    path = *IceDirectPaths(loop, clock, crypto::SystemRng::instance(), [] { return client::StunService(); })
                .answer(to_text(offer), {.ticket = [this](std::string text) { ticket = std::move(text); },
                                         .candidates = [](const Bytes&, bool) {},
                                         .open = [this] { open = true; },
                                         .frame = [](ByteView) {},
                                         .closed = [this](const client::Error&) { closed = true; }});
  }
  bool until(const std::function<bool()>& done) { return loop.run_until(done, steady_clock::now() + seconds(30)); }
  // Its side of the checks goes nowhere: a path comes about only if the other side knows where to look.
  void connect(Ticket answer) {
    answer.candidates = nowhere;
    offerer.connect(answer, [this](client::Result<LinkPtr> made) {
      failed = !made;
      if (failed) return;
      link = std::move(*made);
      link->start({.frame = [](ByteView) {}, .drained = [] {}, .closed = [](const client::Error&) {}}, limits::frame);
      link->send(as_bytes("hello"));
    });
  }

  static constexpr std::int64_t minute = 60'000;
  client::Loop loop;
  SystemClock clock;
  StunResponder nobody;
  std::vector<net::ice::Candidate> nowhere;
  IceTransport offerer{loop, crypto::SystemRng::instance(), {}};
  LinkPtr link;
  Ticket offer;
  client::DirectPathPtr path;
  std::string ticket;
  bool open = false, closed = false, failed = false;
};

// They come while the answer waits for this machine's own candidates.
TEST_F(P2pDirectPath, CandidatesThatComeBeforeOurAnswerAreChecked) {
  ASSERT_TRUE(path->add(encode_candidates(offerer.candidates()), true));
  ASSERT_TRUE(until([this] { return !ticket.empty(); }));
  const auto answer = parse_ticket(ticket, clock.now());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->answers, hash_of(offer)) << "of what the offer's text had";
  connect(*answer);
  EXPECT_TRUE(until([this] { return open || failed || closed; }));
  EXPECT_TRUE(open);
}

TEST_F(P2pDirectPath, CandidatesThatComeAfterOurAnswerAreCheckedToo) {
  ASSERT_TRUE(until([this] { return !ticket.empty(); }));
  ASSERT_TRUE(path->add({}, false));
  ASSERT_TRUE(path->add(encode_candidates(offerer.candidates()), false));
  connect(*parse_ticket(ticket, clock.now()));
  EXPECT_TRUE(until([this] { return open || failed || closed; }));
  EXPECT_TRUE(open);
}

TEST_F(P2pDirectPath, WhatIsNoCandidateIsRefused) {
  const auto refused = path->add(Bytes{1, 2, 3}, false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ExitCode::refused);
}

}  // namespace
}  // namespace pqc::p2p
