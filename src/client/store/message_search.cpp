#include "client/store/message_search.h"

#include <algorithm>
#include <array>
#include <limits>

#include "client/limits.h"
#include "client/store/message_row.h"

namespace pqc::client {
namespace {

#define PQC_SHOWN                                                                                               \
  "m.kind NOT IN (3, 4, 5) AND m.sent_at >= ?2 AND m.sent_at < ?3 AND m.seq > ?4 AND (m.expires_at IS NULL OR " \
  "m.expires_at > ?5) "

constexpr std::string_view newest =
    PQC_MESSAGE_COLUMNS "WHERE m.contact = ?1 AND " PQC_SHOWN "ORDER BY m.seq DESC LIMIT ?6";
constexpr std::string_view oldest = PQC_MESSAGE_COLUMNS "WHERE m.contact = ?1 AND " PQC_SHOWN "ORDER BY m.seq LIMIT ?6";
#define PQC_WORDS                                                                                                  \
  "FROM message_words w CROSS JOIN messages m ON m.seq = w.rowid CROSS JOIN contacts c ON c.id = m.contact WHERE " \
  "w.message_words MATCH ?7 AND (?1 = 0 OR m.contact = ?1) AND " PQC_SHOWN
constexpr std::string_view newest_words = PQC_MESSAGE_FIELDS PQC_WORDS "ORDER BY w.rowid DESC LIMIT ?6";
constexpr std::string_view oldest_words = PQC_MESSAGE_FIELDS PQC_WORDS "ORDER BY w.rowid LIMIT ?6";
#undef PQC_WORDS
#undef PQC_SHOWN

struct Range {
  char32_t first;
  char32_t last;
};
// Punctuation and symbols beyond ASCII: they part words, as unicode61 has it.
constexpr std::array separators{
    Range{0x80, 0xA9},       Range{0xAB, 0xB1},     Range{0xB4, 0xB4},       Range{0xB6, 0xB8},
    Range{0xBB, 0xBB},       Range{0xBF, 0xBF},     Range{0xD7, 0xD7},       Range{0xF7, 0xF7},
    Range{0x2000, 0x206F},   Range{0x207A, 0x207E}, Range{0x208A, 0x208E},   Range{0x20A0, 0x20CF},
    Range{0x2190, 0x245F},   Range{0x249C, 0x24E9}, Range{0x2500, 0x2775},   Range{0x2794, 0x2BFF},
    Range{0x2E00, 0x2E7F},   Range{0x3000, 0x3004}, Range{0x3008, 0x3020},   Range{0x3030, 0x3030},
    Range{0xFE10, 0xFE1F},   Range{0xFE30, 0xFE6F}, Range{0xFF01, 0xFF0F},   Range{0xFF1A, 0xFF20},
    Range{0xFF3B, 0xFF40},   Range{0xFF5B, 0xFF65}, Range{0x1F000, 0x1F0FF}, Range{0x1F110, 0x1FAFF},
    Range{0xE0000, 0xE0FFF},
};

struct CodePoint {
  char32_t value = 0;
  std::size_t length = 1;
};

// Of valid UTF-8; what is not valid counts byte by byte.
CodePoint first_of(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t length = byte(0) < 0xC0 ? 1 : byte(0) < 0xE0 ? 2 : byte(0) < 0xF0 ? 3 : 4;
  if (length == 1 || length > text.size()) return {byte(0), 1};
  char32_t value = byte(0) & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    // Else a damaged character would take the quote behind it into a word.
    if ((byte(i) & 0xC0) != 0x80) return {byte(0), 1};
    value = value << 6 | (byte(i) & 0x3Fu);
  }
  return {value, length};
}

bool parts_words(char32_t c) {
  if (c < 0x80) return !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
  return std::ranges::any_of(separators, [c](const Range& range) { return c >= range.first && c <= range.last; });
}

}  // namespace

std::string match_expression(std::string_view words) {
  std::string out;
  std::string word;
  std::size_t count = 0;
  const auto end_word = [&](bool prefix) {
    if (word.empty() || count == limits::search_words) return word.clear();
    out += (count++ == 0 ? "\"" : " \"") + word + (prefix ? "\" *" : "\"");
    word.clear();
  };
  while (!words.empty()) {
    const auto [value, length] = first_of(words);
    if (!parts_words(value))
      word += words.substr(0, length);
    else
      end_word(value == '*');
    words.remove_prefix(length);
  }
  end_word(false);
  return out;
}

Result<std::vector<MessageRow>> MessageSearch::find(const Where& where) {
  const auto since = where.since.value_or(UnixMillis{std::numeric_limits<std::int64_t>::min()});
  const auto before = where.before.value_or(UnixMillis{std::numeric_limits<std::int64_t>::max()});
  std::vector<MessageRow> rows;
  const auto add = [&](const Row& row) { rows.push_back(read_message(row)); };
  Status done;
  if (where.words.empty()) {
    done = database_.each(where.after ? oldest : newest, add, where.contact, since, before, where.after.value_or(0),
                          where.now, where.limit);
  } else {
    const auto expression = match_expression(where.words);
    if (expression.empty())
      return fail(ExitCode::usage, "there is no word to search for: letters or digits are needed");
    done = database_.each(where.after ? oldest_words : newest_words, add, where.contact, since, before,
                          where.after.value_or(0), where.now, where.limit, expression);
    // The index has no positions: what it takes for several words without a gap it cannot look for.
    if (!done && done.error().code == ExitCode::unexpected)
      return fail(ExitCode::usage, "these characters cannot be searched for: put spaces between the words");
  }
  if (!done) return pass(done);
  if (!where.after) std::ranges::reverse(rows);
  return rows;
}

}  // namespace pqc::client
