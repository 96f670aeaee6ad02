// What is said inside the seal of a direct chat (docs/spec/p2p.md §9). Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "base/bytes.h"
#include "base/clock.h"
#include "client/error.h"
#include "client/types.h"

namespace pqc::p2p {

struct Text {
  client::MessageId id{};
  UnixMillis sent_at;
  std::string text;  // 1 byte to client::limits::text_bytes of UTF-8
  friend bool operator==(const Text&, const Text&) = default;
};
// The text was shown at the other side.
struct Acknowledgement {
  client::MessageId id{};
  friend bool operator==(const Acknowledgement&, const Acknowledgement&) = default;
};
struct Ping {
  std::uint64_t number = 0;
  friend bool operator==(const Ping&, const Ping&) = default;
};
struct Pong {
  std::uint64_t number = 0;
  friend bool operator==(const Pong&, const Pong&) = default;
};
// Nothing more comes from this side; the other one closes.
struct Goodbye {
  friend bool operator==(const Goodbye&, const Goodbye&) = default;
};
// Of a newer version: passed over.
struct Unknown {
  friend bool operator==(const Unknown&, const Unknown&) = default;
};

using Content = std::variant<Text, Acknowledgement, Ping, Pong, Goodbye, Unknown>;

// Padded (wire/padding.h).
[[nodiscard]] Bytes encode(const Content& content);
// Error: refused, for what is not padded, or breaks a rule.
[[nodiscard]] client::Result<Content> decode_content(ByteView padded);

}  // namespace pqc::p2p
