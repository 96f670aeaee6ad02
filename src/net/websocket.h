// WebSocket framing (RFC 6455 §5) without I/O: bytes in, messages out. No extensions, so the reserved bits are zero and
// nothing is ever decompressed (THREATS 14).
//
// Ours rather than a library's: a connection that is idle holds no buffer at all, a frame that arrives in one piece is
// used where it lies, and many frames leave in one TLS record (docs/decisions/0012-websocket-framing.md).
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/rng.h"

namespace pqc::net {

// RFC 6455 §7.4.1.
enum class CloseCode : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  unsupported_data = 1003,
  no_status = 1005,  // never sent
  invalid_text = 1007,
  policy = 1008,
  too_large = 1009,
  internal_error = 1011,
};

enum class FrameKind : std::uint8_t { text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

struct WebSocketMessage {
  FrameKind kind{};
  ByteView payload;                          // valid until the next call of next()
  CloseCode close_code = CloseCode::normal;  // of a close; no_status when it had none
};

enum class Endpoint : std::uint8_t { server, client };

class WebSocketReader {
 public:
  // A server requires masked frames, a client unmasked ones (RFC 6455 §5.1).
  WebSocketReader(Endpoint endpoint, std::size_t max_message) : max_message_(max_message), endpoint_(endpoint) {}

  // The next whole message of `input`, whose front is consumed (and unmasked in place); nothing when more bytes are
  // needed, all of input is then consumed. Call it until then, with an empty input too: that gives back the memory of
  // the message before. An error is the code to close with; the reader is not to be used again.
  [[nodiscard]] std::expected<std::optional<WebSocketMessage>, CloseCode> next(ByteSpan& input);

  void set_max_message(std::size_t bytes) { max_message_ = bytes; }
  // Whether a frame or a message has begun and not ended.
  [[nodiscard]] bool in_the_middle() const { return (!frame_.empty() && !release_frame_) || in_message_; }

 private:
  struct Header;
  struct Parsed;
  [[nodiscard]] std::expected<std::optional<Header>, CloseCode> parse_header(ByteView bytes) const;
  [[nodiscard]] std::expected<std::optional<ByteSpan>, CloseCode> whole_frame(ByteSpan& input);
  [[nodiscard]] std::expected<std::optional<WebSocketMessage>, CloseCode> take(const Header& header, ByteSpan payload);
  [[nodiscard]] std::expected<WebSocketMessage, CloseCode> control(FrameKind kind, ByteView payload) const;

  Bytes frame_;    // the beginning of a frame whose rest has not come
  Bytes message_;  // the fragments so far (RFC 6455 §5.4)
  std::size_t max_message_;
  Endpoint endpoint_;
  FrameKind message_kind_ = FrameKind::binary;
  bool in_message_ = false;
  bool release_frame_ = false;    // frame_ was handed out by the last call
  bool release_message_ = false;  // and so message_
};

// Appends one whole frame as a server sends it: not masked.
void append_server_frame(Bytes& out, FrameKind kind, ByteView payload);
// The same header with `payload_size` bytes to follow, which the caller appends.
void append_server_frame_header(Bytes& out, FrameKind kind, std::size_t payload_size);
// Appends one whole frame as a client sends it: masked with fresh random bytes (RFC 6455 §5.3).
void append_client_frame(Bytes& out, FrameKind kind, ByteView payload, std::span<const std::uint8_t, 4> mask);
// The payload of a close frame.
Bytes close_payload(CloseCode code, std::string_view reason);

[[nodiscard]] bool is_valid_utf8(ByteView text);

// Sec-WebSocket-Accept for a Sec-WebSocket-Key (RFC 6455 §4.2.2).
std::string websocket_accept(std::string_view key);

}  // namespace pqc::net
