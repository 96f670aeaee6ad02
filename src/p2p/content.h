// What is said inside the seal of a direct chat (docs/spec/p2p.md §9). Pure; any thread.
#pragma once

#include <array>
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
// The text was shown, or the file is whole, at the other side.
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
// A file that the other side may have.
struct FileOffer {
  client::MessageId id{};
  std::uint64_t size = 0;  // at most limits::file
  std::string name;        // one part of a path, 1 to limits::file_name bytes of UTF-8
  friend bool operator==(const FileOffer&, const FileOffer&) = default;
};
// To an offer; refused also takes back what was accepted or offered before.
struct FileAnswer {
  client::MessageId id{};
  bool accepted = false;
  friend bool operator==(const FileAnswer&, const FileAnswer&) = default;
};
// The bytes that come next.
struct FileChunk {
  client::MessageId id{};
  std::uint64_t offset = 0;
  Bytes data;  // 1 to limits::file_chunk
  friend bool operator==(const FileChunk&, const FileChunk&) = default;
};
// SHA-256 of the whole file, behind its last chunk.
struct FileEnd {
  client::MessageId id{};
  std::array<std::uint8_t, 32> hash{};
  friend bool operator==(const FileEnd&, const FileEnd&) = default;
};
// Of a newer version: passed over.
struct Unknown {
  friend bool operator==(const Unknown&, const Unknown&) = default;
};

using Content =
    std::variant<Text, Acknowledgement, Ping, Pong, Goodbye, FileOffer, FileAnswer, FileChunk, FileEnd, Unknown>;

// Whether a file may have this name here: no part of a path, nothing that hides or that a terminal obeys.
[[nodiscard]] bool is_file_name(std::string_view name);

// Padded (wire/padding.h).
[[nodiscard]] Bytes encode(const Content& content);
// Error: refused, for what is not padded, or breaks a rule.
[[nodiscard]] client::Result<Content> decode_content(ByteView padded);

}  // namespace pqc::p2p
