// What the STUN service answers, and what it costs (THREATS 21).
#include "server/stun/responder.h"

#include <gtest/gtest.h>

#include "crypto/random.h"

namespace pqc::server::stun {
namespace {

using namespace std::chrono_literals;
using net::stun::Address;

constexpr net::stun::TransactionId id{1, 2, 3};

Address v4(std::uint32_t number) {
  Address out{.bytes = {}, .is_v6 = false, .port = 1000};
  for (std::size_t i = 0; i < 4; ++i) out.bytes[i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
  return out;
}
Address v6(std::uint8_t network, std::uint8_t host) {
  Address out{.bytes = {0x20, 0x01, 0x0d, 0xb8}, .is_v6 = true, .port = 1000};
  out.bytes[7] = network;
  out.bytes[15] = host;
  return out;
}

// With so many empty attributes of that type.
Bytes request_with(std::size_t count, std::string_view attribute) {
  auto out = *from_hex("000100002112a442010203000000000000000000");
  for (std::size_t i = 0; i < count; ++i) append(out, *from_hex(attribute));
  out[3] = static_cast<std::uint8_t>(out.size() - net::stun::header_size);
  return out;
}

class StunResponder : public testing::Test {
 protected:
  std::size_t ask(const Address& source, ByteView request = request_without_attributes) {
    return responder_.answer(request, source, now_, out_);
  }
  std::size_t answered(const Address& source, std::size_t times) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < times; ++i) count += ask(source) > 0 ? 1 : 0;
    return count;
  }

  static const Bytes request_without_attributes;
  Counters counters_;
  Responder::Time now_{1h};
  Responder responder_{crypto::SystemRng::instance(), now_, counters_};
  std::array<std::uint8_t, net::stun::max_answer> out_{};
};
const Bytes StunResponder::request_without_attributes = request_with(0, "");

TEST_F(StunResponder, AnswersAndCounts) {
  const auto size = ask(v4(0xC0000201), net::stun::binding_request(id));
  EXPECT_EQ(net::stun::parse_answer(ByteView(out_).first(size), id),
            net::stun::Answer(net::stun::Mapped{v4(0xC0000201)}));
  EXPECT_EQ(ask(v4(1), request_with(1, "7fff0000")), 56U);
  EXPECT_EQ(ask(v4(1), as_bytes("GET / HTTP/1.1\r\n\r\n")), 0U);
  EXPECT_EQ(counters_.answers, 1U);
  EXPECT_EQ(counters_.refused, 1U);
  EXPECT_EQ(counters_.ignored, 1U);
}

// IP packets, headers counted.
TEST_F(StunResponder, Threat21AnAnswerIsAtMostTwiceItsQuestion) {
  for (const bool is_v6 : {false, true}) {
    const std::size_t below = (is_v6 ? 40U : 20U) + 8U;
    const auto check = [&](ByteView request) {
      const auto size = ask(is_v6 ? v6(1, 1) : v4(1), request);
      EXPECT_GT(size, 0U);
      EXPECT_LE(below + size, 2 * (below + request.size())) << request.size();
    };
    check(net::stun::binding_request(id));
    for (std::size_t count = 0; count < 20; ++count) {
      check(request_with(count, "7fff0000"));
      check(request_with(count, "00030000"));
    }
  }
}

TEST_F(StunResponder, Threat21ASourceHasARate) {
  const auto burst = static_cast<std::size_t>(requests_burst);
  EXPECT_EQ(answered(v4(0x01020304), burst + 500), burst);
  EXPECT_EQ(counters_.rate_limited, 500U);
  EXPECT_EQ(answered(v4(0x01020305), 10), 10U);  // another one
  now_ += 1s;
  EXPECT_NEAR(static_cast<double>(answered(v4(0x01020304), 500)), static_cast<double>(requests_per_second), 1);
  now_ += 1h;
  EXPECT_EQ(answered(v4(0x01020304), 2 * burst), burst);
}

TEST_F(StunResponder, ANetworkOfIpv6IsOneSourceAndThisMachineHasNoRate) {
  const auto burst = static_cast<std::size_t>(requests_burst);
  EXPECT_EQ(answered(v6(1, 1), burst), burst);
  EXPECT_EQ(answered(v6(1, 2), 10), 0U);
  EXPECT_EQ(answered(v6(2, 1), 10), 10U);
  Address loopback{.bytes = {}, .is_v6 = true, .port = 1};
  loopback.bytes[15] = 1;
  EXPECT_EQ(answered(v4(0x7F000001), 2 * burst), 2 * burst);
  EXPECT_EQ(answered(loopback, 2 * burst), 2 * burst);
}

// A million forged sources leave an honest one its answers.
TEST_F(StunResponder, Threat21ForgedSourcesTakeNoMemoryAndNobodyElsesRate) {
  for (std::uint32_t i = 0; i < 1'000'000; ++i) ask(v4(0x0A000000 + i));
  EXPECT_EQ(counters_.rate_limited, 0U);
  EXPECT_EQ(answered(v4(0xC0000201), 100), 100U);
}

TEST_F(StunResponder, TimeWrapsWithoutHarm) {
  const auto burst = static_cast<std::size_t>(requests_burst);
  now_ += std::chrono::milliseconds(0xFFFF'FFFF);
  EXPECT_EQ(answered(v4(0x01020304), 2 * burst), burst);
  now_ += 1s;
  EXPECT_NEAR(static_cast<double>(answered(v4(0x01020304), 500)), static_cast<double>(requests_per_second), 1);
}

}  // namespace
}  // namespace pqc::server::stun
