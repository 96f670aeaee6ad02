// Where the other side's candidates may send our checks, and where not.
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include "net/ice/agent.h"
#include "net/ice/candidate.h"
#include "net/ice/descriptor.h"

namespace pqc::net::ice {
namespace {

bool usable(const std::string& ip, const std::vector<std::string>& ours) {
  return is_usable_candidate({CandidateType::host, ip, 9}, ours);
}

const std::vector<std::string> on_a_network{"192.168.1.5", "127.0.0.1"};
const std::vector<std::string> on_loopback{"127.0.0.1", "::1"};

TEST(IceCandidate, Threat20WhatIsNoHostIsNotChecked) {
  for (const auto* ip :
       {"0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.250", "255.255.255.255", "::", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:192.168.1.1", "::127.0.0.1", "::192.168.1.1", "localhost", "", "127.1", "fe80::1%lo"}) {
    EXPECT_FALSE(usable(ip, on_a_network)) << ip;
    EXPECT_FALSE(usable(ip, on_loopback)) << ip;
  }
  EXPECT_FALSE(is_usable_candidate({CandidateType::host, "192.0.2.1", 0}, on_a_network));
}

TEST(IceCandidate, Threat20LoopbackIsForWhoIsOnLoopbackOnly) {
  for (const auto* ip : {"127.0.0.1", "127.255.0.1", "::1"}) {
    EXPECT_FALSE(usable(ip, on_a_network)) << ip;
    EXPECT_TRUE(usable(ip, on_loopback)) << ip;
  }
}

TEST(IceCandidate, LocalNetworksAreUsable) {
  for (const auto* ip : {"10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "192.0.2.1", "240.0.0.1", "fd00::1",
                         "fe80::1", "2001:db8::1", "::2:0:0"})
    EXPECT_TRUE(usable(ip, on_a_network)) << ip;
}

// A service of this machine, of which an agent is told that it is the other side.
class Service {
 public:
  Service() : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    at_.sin_family = AF_INET;
    at_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&at_), sizeof at_), 0);
    socklen_t size = sizeof at_;
    EXPECT_EQ(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&at_), &size), 0);
  }
  [[nodiscard]] std::uint16_t port() const { return ntohs(at_.sin_port); }
  [[nodiscard]] bool asked(int milliseconds) const {
    pollfd at{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    return ::poll(&at, 1, milliseconds) == 1;
  }

 private:
  Descriptor fd_;
  sockaddr_in at_{};
};

// Checks of both come at the same time: once the one that may be asked was, the other one would have been.
TEST(IceCandidate, Threat20AnAgentAsksNoServiceOfItsMachine) {
  const Service allowed, forbidden;
  Settings settings;
  settings.controlling = true;
  settings.local_ips = {"127.0.0.1"};
  settings.credentials = {.ufrag = "abcd", .password = std::string(22, 'p')};
  const auto agent = Agent::start(settings);
  ASSERT_TRUE(agent);
  (*agent)->start_checks({.ufrag = "efgh", .password = std::string(22, 'q')},
                         std::vector<Candidate>{{CandidateType::host, "0.0.0.0", forbidden.port()},
                                                {CandidateType::host, "127.0.0.1", allowed.port()}});
  EXPECT_TRUE(allowed.asked(10'000));
  EXPECT_FALSE(forbidden.asked(0));
}

}  // namespace
}  // namespace pqc::net::ice
