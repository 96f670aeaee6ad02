// What every kind of transport does.
#include <gtest/gtest.h>

#include "p2p/registry.h"

namespace pqc::p2p {
namespace {

using client::Loop;
using client::Result;
using std::chrono::seconds;
using std::chrono::steady_clock;

TEST(P2pTransports, ConnectToWhoHasThatName) {
  for (const auto* kind : {&tcp_transport(), &udp_transport()}) {
    Loop loop;
    const auto listener = kind->make(loop);
    const auto connector = kind->make(loop);
    LinkPtr theirs, ours;
    std::optional<client::Error> failure;
    const auto at = listener->listen({"localhost", 0}, [&](LinkPtr link) {
      theirs = std::move(link);
      theirs->start({.frame = [](ByteView) {}, .drained = [] {}, .closed = [](const client::Error&) {}}, 1);
    });
    ASSERT_TRUE(at) << at.error().message;
    connector->connect({"localhost", at->port}, [&](Result<LinkPtr> link) {
      if (!link) failure = link.error();
      if (link) ours = std::move(*link);
    });
    EXPECT_FALSE(ours || failure) << "later, not at once";
    EXPECT_TRUE(loop.run_until([&] { return ours || failure; }, steady_clock::now() + seconds(30)));
    EXPECT_FALSE(failure) << kind->name << ": " << failure->message;
  }
}

}  // namespace
}  // namespace pqc::p2p
