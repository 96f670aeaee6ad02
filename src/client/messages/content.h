// What is inside a sealed message (docs/spec/content.md, src/proto/content.proto): encoding, padding, and the checks of
// what comes from a peer. Pure functions; any thread.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "client/calls/call_content.h"
#include "client/error.h"
#include "client/types.h"

namespace pqc::client {

// A message of the conversation; `own`: who sends the content wrote it.
struct Reference {
  MessageId id{};
  bool own = false;
  friend bool operator==(const Reference&, const Reference&) = default;
};

struct TextContent {
  std::string text;
  std::optional<Reference> reply_to = {};
};
struct ReactionContent {
  Reference to;
  std::string emoji;  // empty: taken back
  std::uint32_t revision = 0;
};
// Edits and unsends name messages of their own sender.
struct EditContent {
  MessageId target{};
  std::string text;
  std::uint32_t revision = 0;
};
struct UnsendContent {
  MessageId target{};
};
struct TimerContent {
  std::uint32_t seconds = 0;
  std::uint32_t revision = 0;
};
struct ReadContent {
  std::vector<MessageId> ids;
};
struct TypingContent {
  bool active = false;
};
// A file that lies sealed at the server (docs/spec/attachments.md §6).
struct FileContent {
  std::array<std::uint8_t, 32> secret{};
  std::uint64_t size = 0;
  std::array<std::uint8_t, 32> chain{};
  std::array<std::uint8_t, 32> blob{};  // all zero names none
  std::string name = {};
  std::string media_type = {};
  Bytes preview = {};  // a small JPEG that the sender made; never decoded here
};
struct SessionRestartedContent {};
// What one of our own devices sent to somebody (docs/spec/devices.md §5).
struct SentCopyContent {
  std::string peer;  // name@server
  Bytes content;     // encoded, without padding
};
// The sender's account has another record.
struct DevicesChangedContent {};
// How far a history has come: numbers of the device that gives it.
struct HistoryPosition {
  std::int64_t contact = 0;
  std::int64_t message = 0;
  std::int64_t call = 0;
  friend bool operator==(const HistoryPosition&, const HistoryPosition&) = default;
};
// From a device that was linked (docs/spec/devices.md §10).
struct HistoryRequestContent {
  HistoryPosition after;
  bool done = false;   // nothing more is asked for
  bool calls = false;  // they are taken too
};
struct HistoryContent {
  std::vector<Bytes> records;  // of a backup
  HistoryPosition from;
  HistoryPosition to;
  bool ask = false;   // the last of a window
  bool last = false;  // of all
};
// A path for two devices alone (docs/spec/direct.md §3).
struct DirectOfferContent {
  std::string ticket;
};
struct DirectAnswerContent {
  std::string ticket;
  MessageId offer{};
};
struct DirectCandidatesContent {
  MessageId offer{};
  Bytes candidates;
  bool last = false;
};
// A kind that this version does not know, as it came.
struct UnknownContent {
  Bytes content;
};

struct Content {
  MessageId id{};
  UnixMillis sent_at;
  std::uint32_t expires_after = 0;  // seconds; 0: it stays
  bool direct = false;              // the sender's client would go direct
  std::variant<TextContent, ReactionContent, EditContent, UnsendContent, TimerContent, ReadContent, TypingContent,
               FileContent, SessionRestartedContent, SentCopyContent, DevicesChangedContent, HistoryRequestContent,
               HistoryContent, CallContent, DirectOfferContent, DirectAnswerContent, DirectCandidatesContent,
               UnknownContent>
      body;
};

// Valid UTF-8 (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF).
[[nodiscard]] bool is_utf8(std::string_view text);
// Errors, each with what to do: text_empty, text_too_long, text_not_utf8.
[[nodiscard]] Status check_text(std::string_view text);
// An empty one takes a reaction back. Errors: text_too_long, text_not_utf8.
[[nodiscard]] Status check_emoji(std::string_view emoji);

// A name that is no path: 1 to 255 bytes of UTF-8 without '/' and control characters, neither "." nor "..".
[[nodiscard]] bool is_file_name(std::string_view name);
// Whether every character of a UTF-8 text stands where it is seen: no control character (C0, DEL, C1), no break of a
// line or paragraph, nothing that turns the direction of what follows.
[[nodiscard]] bool is_plain_name(std::string_view text);

// Bytes that begin as a JPEG does, and no more than may be. What is behind that is never looked at.
[[nodiscard]] bool is_preview(ByteView preview);

// What a store keeps of a file: without the message around it. Nothing for bytes that are no FileContent.
[[nodiscard]] Bytes encode_file(const FileContent& file);
[[nodiscard]] std::optional<FileContent> decode_file(ByteView bytes);

// The padded bytes that the ratchet seals.
[[nodiscard]] Bytes encode_content(const Content& content);
// The same without padding, as it stands in a copy.
[[nodiscard]] Bytes encode_plain_content(const Content& content);
// Error: refused, for what is not padded content, or text that breaks a rule. What is only newer is UnknownContent.
[[nodiscard]] Result<Content> decode_content(ByteView padded);
[[nodiscard]] Result<Content> decode_plain_content(ByteView bytes);

}  // namespace pqc::client
