// Addresses of relays (RFC 7065).
#include "p2p/turn_uri.h"

#include <gtest/gtest.h>

namespace pqc::p2p {
namespace {

using net::ice::TurnTransport;

TEST(TurnUri, IsReadInEveryForm) {
  EXPECT_EQ(parse_turn_uri("turn:relay.example"), (TurnUri{{"relay.example", 3478}, TurnTransport::udp, {}}));
  EXPECT_EQ(parse_turn_uri("turn:relay.example:99?transport=udp"),
            (TurnUri{{"relay.example", 99}, TurnTransport::udp, {}}));
  EXPECT_EQ(parse_turn_uri("turn:192.0.2.7?transport=tcp"), (TurnUri{{"192.0.2.7", 3478}, TurnTransport::tcp, {}}));
  EXPECT_EQ(parse_turn_uri("[2001:db8::1]:99?transport=tcp"), (TurnUri{{"2001:db8::1", 99}, TurnTransport::tcp, {}}));
  EXPECT_EQ(parse_turn_uri("turns:relay.example"), (TurnUri{{"relay.example", 5349}, TurnTransport::tls, {}}));
  EXPECT_EQ(parse_turn_uri("turns:[2001:db8::1]:443?transport=tcp"),
            (TurnUri{{"2001:db8::1", 443}, TurnTransport::tls, {}}));
  const net::Fingerprint key{{1, 2, 3}};
  EXPECT_EQ(parse_turn_uri("turns:a?pin=" + net::to_text(key)), (TurnUri{{"a", 5349}, TurnTransport::tls, key}));
  EXPECT_EQ(parse_turn_uri("turns:a:443?transport=tcp&pin=" + net::to_text(key)),
            (TurnUri{{"a", 443}, TurnTransport::tls, key}));
}

TEST(TurnUri, IsWrittenInFull) {
  for (const auto* text :
       {"turn:a:3478?transport=udp", "turn:[2001:db8::1]:99?transport=tcp", "turns:a:5349?transport=tcp"})
    EXPECT_EQ(to_text(*parse_turn_uri(text)), text);
}

TEST(TurnUri, WhatIsNoneIsRefused) {
  const auto key = net::to_text(net::Fingerprint{});
  for (const auto& text : {std::string(), std::string("turn:"), std::string("turns:"), std::string("turn:a:b:c"),
                           std::string("turn:a?transport=sctp"), std::string("turn:a?x=1?transport=tcp"),
                           std::string("turn:a?transport=tcp&transport=tcp"), std::string("turns:a?transport=udp"),
                           std::string("turns:a?pin="), std::string("turns:a?pin=abc"), "turn:a?pin=" + key,
                           "turns:a?pin=" + key + "&pin=" + key, "turns:a?key=" + key})
    EXPECT_EQ(parse_turn_uri(text).error().code, ExitCode::invalid_name) << text;
}

}  // namespace
}  // namespace pqc::p2p
