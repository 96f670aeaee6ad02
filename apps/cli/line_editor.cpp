#include "cli/line_editor.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace pqc::cli {
namespace {

constexpr std::size_t earlier_kept = 100;
constexpr std::size_t longest_line = 65536;
constexpr std::size_t longest_escape = 16;

// The length that a code point's first byte announces; 0 for a byte that begins none.
std::size_t announced_length(char first) {
  const auto byte = static_cast<unsigned char>(first);
  if (byte < 0x80) return 1;
  if (byte >= 0xC2 && byte <= 0xDF) return 2;
  if (byte >= 0xE0 && byte <= 0xEF) return 3;
  if (byte >= 0xF0 && byte <= 0xF4) return 4;
  return 0;
}

char32_t code_point(std::string_view character) {
  const auto first = static_cast<unsigned char>(character.front());
  if (first < 0x80) return first;
  char32_t out = first & (0xFF >> (character.size() + 1));
  for (const char c : character.substr(1)) out = out << 6 | (static_cast<unsigned char>(c) & 0x3F);
  return out;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto length = std::min(std::max<std::size_t>(announced_length(text.front()), 1), text.size());
    out.emplace_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace

std::size_t display_width(std::string_view character) {
  const auto c = code_point(character);
  if ((c >= 0x0300 && c <= 0x036F) || (c >= 0x200B && c <= 0x200F) || (c >= 0xFE00 && c <= 0xFE0F)) return 0;
  const bool wide = (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) ||
                    (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
                    (c >= 0xFFE0 && c <= 0xFFE6) || (c >= 0x1F300 && c <= 0x1FAFF) || (c >= 0x20000 && c <= 0x3FFFD);
  return wide ? 2 : 1;
}

std::string LineEditor::text() const {
  std::string out;
  for (const auto& character : characters_) out += character;
  return out;
}

std::string LineEditor::take_line() {
  return std::exchange(finished_, {});
}

LineEditor::Event LineEditor::feed(char byte) {
  if (escape_) return feed_escape(byte);
  // Bytes out of place are dropped: a sequence that was not finished, a continuation of nothing.
  const bool continuation = (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
  if (!continuation) partial_.clear();
  if (continuation && partial_.empty()) return Event::none;
  if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F) return feed_control(byte);
  partial_.push_back(byte);
  const auto length = announced_length(partial_.front());
  if (length == 0) partial_.clear();
  if (partial_.size() < length || partial_.empty()) return Event::none;
  insert(std::exchange(partial_, {}));
  return Event::none;
}

void LineEditor::insert(std::string character) {
  if (characters_.size() >= longest_line) return;
  characters_.insert(characters_.begin() + static_cast<std::ptrdiff_t>(cursor_), std::move(character));
  ++cursor_;
}

LineEditor::Event LineEditor::feed_control(char byte) {
  const auto at = [this](std::size_t i) { return characters_.begin() + static_cast<std::ptrdiff_t>(i); };
  switch (byte) {
    case '\r':
    case '\n':
      finished_ = text();
      if (!finished_.empty()) earlier_.push_back(finished_);
      if (earlier_.size() > earlier_kept) earlier_.erase(earlier_.begin());
      recalled_ = earlier_.size();
      characters_.clear();
      cursor_ = 0;
      return Event::line;
    case 3:  // Ctrl-C
      return Event::end;
    case 4:  // Ctrl-D
      if (characters_.empty()) return Event::end;
      if (cursor_ < characters_.size()) characters_.erase(at(cursor_));
      break;
    case 8:
    case 0x7F:
      if (cursor_ > 0) characters_.erase(at(--cursor_));
      break;
    case 1:  // Ctrl-A
      cursor_ = 0;
      break;
    case 5:  // Ctrl-E
      cursor_ = characters_.size();
      break;
    case 2:  // Ctrl-B
      if (cursor_ > 0) --cursor_;
      break;
    case 6:  // Ctrl-F
      if (cursor_ < characters_.size()) ++cursor_;
      break;
    case 11:  // Ctrl-K
      characters_.erase(at(cursor_), characters_.end());
      break;
    case 21:  // Ctrl-U
      characters_.erase(characters_.begin(), at(std::exchange(cursor_, 0)));
      break;
    case 23: {  // Ctrl-W
      auto begin = cursor_;
      while (begin > 0 && characters_[begin - 1] == " ") --begin;
      while (begin > 0 && characters_[begin - 1] != " ") --begin;
      characters_.erase(at(begin), at(cursor_));
      cursor_ = begin;
      break;
    }
    case 27:
      escape_ = true;
      break;
    default:
      break;
  }
  return Event::none;
}

LineEditor::Event LineEditor::feed_escape(char byte) {
  partial_.push_back(byte);
  const bool introduced = partial_.front() == '[' || partial_.front() == 'O';
  const bool ended = !introduced || (partial_.size() > 1 && byte >= 0x40 && byte <= 0x7E);
  if (!ended && partial_.size() < longest_escape) return Event::none;
  const auto sequence = std::exchange(partial_, {});
  escape_ = false;
  const auto last = sequence.back();
  if (last == 'C' && cursor_ < characters_.size()) ++cursor_;
  if (last == 'D' && cursor_ > 0) --cursor_;
  if (last == 'H' || sequence == "[1~" || sequence == "[7~") cursor_ = 0;
  if (last == 'F' || sequence == "[4~" || sequence == "[8~") cursor_ = characters_.size();
  if (sequence == "[3~" && cursor_ < characters_.size())
    characters_.erase(characters_.begin() + static_cast<std::ptrdiff_t>(cursor_));
  if (last == 'A' && recalled_ > 0) recall(recalled_ - 1);
  if (last == 'B' && recalled_ < earlier_.size()) recall(recalled_ + 1);
  return Event::none;
}

void LineEditor::recall(std::size_t index) {
  recalled_ = index;
  characters_ = split(index < earlier_.size() ? std::string_view(earlier_[index]) : std::string_view());
  cursor_ = characters_.size();
}

std::string LineEditor::draw(std::size_t columns) const {
  const std::size_t room = std::max<std::size_t>(columns, prompt_.size() + 8) - prompt_.size() - 1;
  // The part that ends at the cursor is always in view; the rest fills what is left.
  std::size_t first = cursor_;
  std::size_t before = 0;
  while (first > 0 && before + display_width(characters_[first - 1]) <= room)
    before += display_width(characters_[--first]);
  std::string shown;
  std::size_t used = 0;
  for (std::size_t i = first; i < characters_.size(); ++i) {
    if (used + display_width(characters_[i]) > room) break;
    used += display_width(characters_[i]);
    shown += printable(characters_[i]);
  }
  std::string out = erase() + prompt_ + shown + "\r";
  const auto column = prompt_.size() + before;
  if (column > 0) out += "\x1b[" + std::to_string(column) + "C";
  return out;
}

}  // namespace pqc::cli
