#include "keys/audit/event.h"

#include <array>
#include <chrono>
#include <format>

namespace pqc::keys::audit {
namespace {

constexpr std::array<std::string_view, 27> names{
    "",
    "agent_started",
    "agent_stopped",
    "unlocked",
    "locked",
    "unlock_failed",
    "vault_created",
    "vault_damaged",
    "passphrase_changed",
    "passphrase_strengthened",
    "keyring_enabled",
    "keyring_disabled",
    "key_file_enabled",
    "key_file_disabled",
    "rolled_back",
    "identity_created",
    "record_signed",
    "prekeys_created",
    "prekeys_destroyed",
    "refused",
    "verified",
    "verification_withdrawn",
    "identity_changed",
    "session_started",
    "identity_discarded",
    "device_added",
    "device_removed",
};

constexpr std::string_view replacement = "\xEF\xBF\xBD";

// The length of the well-formed UTF-8 character at the start of `text` (RFC 3629 §4); 0 where there is none.
std::size_t character_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return byte(i) >= low && byte(i) <= high;
  };
  const auto first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned low = first == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = first == 0xED ? 0x9F : 0xBF;
    return follows(1, low, high) && follows(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned low = first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
    return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (first < 0x20 || first == 0x7F) return true;
  return first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;  // C1, which terminals obey too
}

// A JSON string (RFC 8259 §7) of at most max_text_size bytes between its quotes.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const auto size = character_size(text);
    const auto character = text.substr(0, size == 0 ? 1 : size);
    std::string piece(size == 0 ? replacement : character);
    if (size != 0 && is_control(character))
      piece = std::format("\\u{:04x}", static_cast<unsigned char>(character.back()));
    else if (character == "\"" || character == "\\")
      piece.insert(0, "\\");
    if (out.size() + piece.size() > max_text_size + 1) break;
    out += piece;
    text.remove_prefix(character.size());
  }
  return out + "\"";
}

void add_text(std::string& line, std::string_view name, std::string_view text) {
  if (!text.empty()) line += std::format(",\"{}\":{}", name, quoted(text));
}

// RFC 3339, UTC, with milliseconds.
std::string timestamp(UnixMillis time) {
  const std::chrono::sys_time<std::chrono::milliseconds> when{std::chrono::milliseconds(time.value)};
  return std::format("{:%FT%T}Z", when);
}

}  // namespace

std::string_view name_of(Kind kind) {
  const auto number = static_cast<std::size_t>(kind);
  return number < names.size() ? names[number] : names[0];
}

std::optional<Kind> find_kind(std::uint32_t number) {
  if (number == 0 || number >= names.size()) return std::nullopt;
  return static_cast<Kind>(number);
}

bool client_may_report(Kind kind) {
  switch (kind) {
    case Kind::refused:
    case Kind::verified:
    case Kind::verification_withdrawn:
    case Kind::identity_changed:
    case Kind::session_started:
    case Kind::device_added:
    case Kind::device_removed:
      return true;
    default:
      return false;
  }
}

std::string to_line(const Event& event, Source source, std::uint64_t sequence, UnixMillis time) {
  auto line = std::format(R"({{"v":1,"seq":{},"time":"{}","source":"{}","event":"{}")", sequence, timestamp(time),
                          source == Source::agent ? "agent" : "client", name_of(event.kind));
  add_text(line, "peer", event.peer);
  add_text(line, "level", event.level);
  add_text(line, "suite", event.suite);
  add_text(line, "reason", event.reason);
  if (event.count) line += std::format(",\"count\":{}", *event.count);
  return line + "}\n";
}

}  // namespace pqc::keys::audit
