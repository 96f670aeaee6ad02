// Addresses of relays (RFC 7065).
#include "p2p/turn_uri.h"

#include <gtest/gtest.h>

namespace pqc::p2p {
namespace {

TEST(TurnUri, IsReadInEveryForm) {
  EXPECT_EQ(parse_turn_uri("turn:relay.example"), (TurnUri{{"relay.example", 3478}, false}));
  EXPECT_EQ(parse_turn_uri("turn:relay.example:99?transport=udp"), (TurnUri{{"relay.example", 99}, false}));
  EXPECT_EQ(parse_turn_uri("turn:192.0.2.7?transport=tcp"), (TurnUri{{"192.0.2.7", 3478}, true}));
  EXPECT_EQ(parse_turn_uri("[2001:db8::1]:99?transport=tcp"), (TurnUri{{"2001:db8::1", 99}, true}));
}

TEST(TurnUri, WhatIsNoneIsRefused) {
  for (const auto* text : {"", "turn:", "turn:a:b:c", "turn:a?transport=sctp", "turn:a?x=1?transport=tcp", "turns:a"})
    EXPECT_EQ(parse_turn_uri(text).error().code, ExitCode::invalid_name) << text;
}

}  // namespace
}  // namespace pqc::p2p
