// What is inside a sealed message (docs/spec/content.md, src/proto/content.proto): encoding, padding, and the checks of
// what comes from a peer. Pure functions; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "base/clock.h"
#include "client/error.h"
#include "client/types.h"

namespace pqc::client {

struct TextContent {
  std::string text;
};
struct SessionRestartedContent {};
// A kind that this version does not know, as it came.
struct UnknownContent {
  Bytes content;
};

struct Content {
  MessageId id{};
  UnixMillis sent_at;
  std::variant<TextContent, SessionRestartedContent, UnknownContent> body;
};

// Valid UTF-8 (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF).
[[nodiscard]] bool is_utf8(std::string_view text);
// Errors, each with what to do: text_empty, text_too_long, text_not_utf8.
[[nodiscard]] Status check_text(std::string_view text);

// The padded bytes that the ratchet seals.
[[nodiscard]] Bytes encode_content(const Content& content);
// Error: refused, for what is not padded content, or text that breaks a rule. What is only newer is UnknownContent.
[[nodiscard]] Result<Content> decode_content(ByteView padded);

}  // namespace pqc::client
