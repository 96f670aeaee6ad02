// What the security log records (docs/spec/agent.md §8), and the one line each event becomes. No secrets: the values
// are names, classes and counts. Pure functions; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace pqc::keys::audit {

inline constexpr std::size_t max_text_size = 256;
inline constexpr std::size_t max_line_size = 2048;

// The numbers are those of agent.proto; never given a second meaning.
enum class Kind : std::uint8_t {
  agent_started = 1,
  agent_stopped = 2,
  unlocked = 3,
  locked = 4,
  unlock_failed = 5,
  vault_created = 6,
  vault_damaged = 7,
  passphrase_changed = 8,
  passphrase_strengthened = 9,
  keyring_enabled = 10,
  keyring_disabled = 11,
  key_file_enabled = 12,
  key_file_disabled = 13,
  rolled_back = 14,
  identity_created = 15,
  record_signed = 16,
  prekeys_created = 17,
  prekeys_destroyed = 18,
  refused = 19,
  verified = 20,
  verification_withdrawn = 21,
  identity_changed = 22,
  session_started = 23,
  identity_discarded = 24,
  device_added = 25,
  device_removed = 26,
};

enum class Source : std::uint8_t { agent, client };

[[nodiscard]] std::string_view name_of(Kind kind);
// The kind of a number from outside; none where there is no such.
[[nodiscard]] std::optional<Kind> find_kind(std::uint32_t number);
// What a client may report; everything else only the agent knows.
[[nodiscard]] bool client_may_report(Kind kind);

// Empty members are left out of the line.
struct Event {
  Kind kind{};
  std::string peer{};
  std::string level{};
  std::string suite{};
  std::string reason{};
  std::optional<std::uint64_t> count{};
};

// One JSON object with a line feed, at most max_line_size bytes. Texts are cut at max_text_size bytes, at the start of
// a character; bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string to_line(const Event& event, Source source, std::uint64_t sequence, UnixMillis time);

}  // namespace pqc::keys::audit
