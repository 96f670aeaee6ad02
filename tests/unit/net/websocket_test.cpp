#include "net/websocket.h"

#include <random>

#include <gtest/gtest.h>

namespace pqc::net {
namespace {

constexpr std::array<std::uint8_t, 4> mask{0x37, 0xFA, 0x21, 0x3D};

Bytes client_frame(FrameKind kind, std::string_view payload) {
  Bytes out;
  append_client_frame(out, kind, as_bytes(payload), mask);
  return out;
}

std::vector<std::string> messages_of(WebSocketReader& reader, ByteSpan input) {
  std::vector<std::string> out;
  while (true) {
    const auto message = reader.next(input);
    if (!message) {
      out.push_back("error " + std::to_string(static_cast<int>(message.error())));
      return out;
    }
    if (!*message) return out;
    out.emplace_back(as_text((*message)->payload));
  }
}

CloseCode error_of(Bytes bytes, std::size_t limit = 1000) {
  WebSocketReader reader(Endpoint::server, limit);
  ByteSpan input(bytes);
  while (true) {
    const auto message = reader.next(input);
    if (!message) return message.error();
    if (!*message) return CloseCode::normal;
  }
}

// RFC 6455 §5.7: a single-frame masked text message.
TEST(WebSocket, ReadsTheExampleOfTheStandard) {
  Bytes bytes{0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58};
  WebSocketReader reader(Endpoint::server, 100);
  EXPECT_EQ(messages_of(reader, bytes), std::vector<std::string>{"Hello"});
  EXPECT_EQ(client_frame(FrameKind::text, "Hello"),
            (Bytes{0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58}));
}

TEST(WebSocket, PiecesOfAnySizeGiveTheSameMessages) {
  Bytes stream;
  std::vector<std::string> expected;
  for (const std::size_t size : {0u, 1u, 125u, 126u, 127u, 65'535u, 65'536u, 70'000u, 3u}) {
    expected.emplace_back(size, static_cast<char>('a' + size % 26));
    append(stream, client_frame(FrameKind::binary, expected.back()));
  }
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    auto bytes = stream;
    WebSocketReader reader(Endpoint::server, 100'000);
    std::vector<std::string> seen;
    ByteSpan rest(bytes);
    while (!rest.empty()) {
      const auto piece = rest.first(std::min<std::size_t>(rest.size(), 1 + random() % (round < 10 ? 7 : 40'000)));
      rest = rest.subspan(piece.size());
      for (auto& message : messages_of(reader, piece)) seen.push_back(std::move(message));
    }
    ASSERT_EQ(seen, expected) << round;
    EXPECT_FALSE(reader.in_the_middle());
  }
}

// What a frame in pieces was collected in is not a frame that has begun: an idle peer would run into its deadline.
TEST(WebSocket, NothingIsInTheMiddleAfterTheLastPieceOfAMessage) {
  auto frame = client_frame(FrameKind::binary, std::string(1000, 'x'));
  WebSocketReader reader(Endpoint::server, 2000);
  auto first = ByteSpan(frame).first(600);
  auto last = ByteSpan(frame).subspan(600);
  EXPECT_FALSE(reader.next(first).value());
  EXPECT_TRUE(reader.in_the_middle());
  EXPECT_TRUE(reader.next(last).value());
  EXPECT_TRUE(last.empty());
  EXPECT_FALSE(reader.in_the_middle());
}

TEST(WebSocket, JoinsFragmentsAroundAPing) {
  auto first = client_frame(FrameKind::text, "Hel");
  first[0] = 0x01;
  auto last = client_frame(FrameKind::text, "lo");
  last[0] = 0x80;
  Bytes stream = first;
  append(stream, client_frame(FrameKind::ping, "?"));
  append(stream, last);
  WebSocketReader reader(Endpoint::server, 100);
  EXPECT_EQ(messages_of(reader, stream), (std::vector<std::string>{"?", "Hello"}));
}

TEST(WebSocket, RefusesWhatTheStandardForbids) {
  Bytes unmasked;
  append_server_frame(unmasked, FrameKind::binary, as_bytes("x"));
  EXPECT_EQ(error_of(unmasked), CloseCode::protocol_error);
  auto reserved = client_frame(FrameKind::binary, "x");
  reserved[0] |= 0x40;  // what permessage-deflate would set
  EXPECT_EQ(error_of(reserved), CloseCode::protocol_error);
  auto unknown = client_frame(FrameKind::binary, "x");
  unknown[0] = 0x83;
  EXPECT_EQ(error_of(unknown), CloseCode::protocol_error);
  auto lone = client_frame(FrameKind::binary, "x");
  lone[0] = 0x80;  // a continuation of nothing
  EXPECT_EQ(error_of(lone), CloseCode::protocol_error);
  auto split_ping = client_frame(FrameKind::ping, "x");
  split_ping[0] = 0x09;
  EXPECT_EQ(error_of(split_ping), CloseCode::protocol_error);
  EXPECT_EQ(error_of(client_frame(FrameKind::ping, std::string(126, 'x'))), CloseCode::protocol_error);
  EXPECT_EQ(error_of(client_frame(FrameKind::text, "\xC3\x28")), CloseCode::invalid_text);
  EXPECT_EQ(error_of(client_frame(FrameKind::close, "\x03")), CloseCode::protocol_error);
  EXPECT_EQ(error_of(client_frame(FrameKind::close, "\x03\xED")), CloseCode::protocol_error);  // 1005
}

TEST(WebSocket, ALengthOverTheLimitEndsItBeforeTheBytesCome) {
  Bytes huge{0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4};
  EXPECT_EQ(error_of(huge), CloseCode::too_large);
  EXPECT_EQ(error_of(client_frame(FrameKind::binary, std::string(1001, 'x'))), CloseCode::too_large);
  auto first = client_frame(FrameKind::binary, std::string(600, 'x'));
  first[0] = 0x02;
  auto last = client_frame(FrameKind::binary, std::string(600, 'x'));
  last[0] = 0x80;
  append(first, last);
  EXPECT_EQ(error_of(first), CloseCode::too_large);
}

TEST(WebSocket, KnowsUtf8) {
  EXPECT_TRUE(is_valid_utf8(as_bytes("κόσμε \xF0\x9F\x98\x80")));
  for (const auto* bad : {"\x80", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                          "\xF8\x88\x80\x80\x80", "\xE2\x82", "\xFF"}) {
    EXPECT_FALSE(is_valid_utf8(as_bytes(bad)));
  }
}

}  // namespace
}  // namespace pqc::net
