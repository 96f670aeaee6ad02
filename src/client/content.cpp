#include "client/content.h"

#include <algorithm>

#include "client/limits.h"
#include "proto/content.pb.h"
#include "wire/padding.h"

namespace pqc::client {
namespace {

namespace proto = pqc_chat::content::v1;

constexpr std::uint32_t version = 1;

std::unexpected<Error> refused() {
  return fail(ExitCode::refused, "a message has content that is not allowed");
}

// RFC 3629 §4: the length of the sequence at the start of `text`, 0 where there is no valid one.
std::size_t sequence_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto tail = [&](std::size_t i) { return (at(i) & 0xC0) == 0x80; };
  const auto first = at(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && at(1) < 0xA0;
    const bool surrogate = first == 0xED && at(1) > 0x9F;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool overlong = first == 0xF0 && at(1) < 0x90;
    const bool beyond = first == 0xF4 && at(1) > 0x8F;
    return tail(1) && tail(2) && tail(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

Status check_text(std::string_view text) {
  if (text.empty())
    return fail(ExitCode::text_empty, "the message is empty: give a text, or '-' to read it from standard input");
  if (text.size() > limits::text_bytes)
    return fail(ExitCode::text_too_long, "the message has " + std::to_string(text.size()) + " bytes, at most " +
                                             std::to_string(limits::text_bytes) + " are allowed: split it");
  if (!is_utf8(text))
    return fail(ExitCode::text_not_utf8, "the message is not valid UTF-8 text: convert it first (iconv)");
  return {};
}

Bytes encode_content(const Content& content) {
  proto::Content out;
  out.set_version(version);
  out.set_id(content.id.data(), content.id.size());
  out.set_sent_at(content.sent_at.value);
  if (const auto* text = std::get_if<TextContent>(&content.body)) out.mutable_text()->set_text(text->text);
  if (std::holds_alternative<SessionRestartedContent>(content.body)) out.mutable_session_restarted();
  std::string encoded = out.SerializeAsString();
  Bytes padded;
  padded.reserve(wire::padded_size(encoded.size()));
  wire::pad(as_bytes(encoded), padded);
  explicit_bzero(encoded.data(), encoded.size());
  return padded;
}

Result<Content> decode_content(ByteView padded) {
  const auto bytes = wire::unpad(padded);
  if (!bytes || bytes->size() > limits::content_bytes) return refused();
  proto::Content in;
  if (!in.ParseFromArray(bytes->data(), static_cast<int>(bytes->size()))) return refused();
  Content content;
  if (in.version() == 0 || in.id().size() != content.id.size()) return refused();
  std::ranges::copy(as_bytes(in.id()), content.id.begin());
  content.sent_at = {in.sent_at()};
  if (in.version() == version && in.has_text()) {
    if (!check_text(in.text().text())) return refused();
    content.body = TextContent{in.text().text()};
  } else if (in.version() == version && in.has_session_restarted()) {
    content.body = SessionRestartedContent{};
  } else {
    content.body = UnknownContent{to_bytes(*bytes)};
  }
  return content;
}

}  // namespace pqc::client
