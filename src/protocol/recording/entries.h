// What stands in a recording's chunks (docs/spec/recording.md §2). Pure; any thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <variant>

#include "base/bytes.h"
#include "protocol/recording/error.h"
#include "protocol/recording/limits.h"

namespace pqc::recording {

struct Start {
  std::array<std::uint8_t, 16> call{};
  std::uint64_t began = 0;  // milliseconds since 1970
  std::string ours;
  std::string theirs;
  friend bool operator==(const Start&, const Start&) = default;
};

enum class Side : std::uint8_t { ours = 2, theirs = 3 };

struct Frame {
  Side side{};
  std::chrono::milliseconds time{0};  // since the first frame
  std::uint32_t timestamp = 0;
  ByteView payload;
};

using Entry = std::variant<Start, Frame>;

// Names longer than name_size are cut off.
void write_start(const Start& start, Bytes& out);
// Into `out`, which has room for entry_size; answers the part that was written. A payload has 1 to payload_size bytes.
[[nodiscard]] ByteView write_frame(const Frame& frame, ByteSpan out);

// Takes the entries out of the contents of chunks, in their order.
class EntryReader {
 public:
  // The whole content of a chunk goes through `take`; a payload lives as long as the content. Error::malformed where an
  // entry breaks a rule; what came before it was taken.
  template <class Take>
  [[nodiscard]] Result<void> read(ByteView content, const Take& take) {
    while (!content.empty()) {
      auto entry = next(content);
      if (!entry) return std::unexpected(entry.error());
      take(*entry);
    }
    return {};
  }

 private:
  Result<Entry> next(ByteView& content);

  bool started_ = false;
  std::chrono::milliseconds latest_{0};
};

}  // namespace pqc::recording
