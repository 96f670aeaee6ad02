// A line that is being typed on a terminal: keys in, finished lines and what to draw out. Pure; the terminal is
// console.h's.
//
// Keys: printable UTF-8, Backspace, Delete, arrows, Home, End, Ctrl-A E B F H K U W D C, Up and Down for earlier lines.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pqc::cli {

class LineEditor {
 public:
  enum class Event : std::uint8_t { none, line, end };

  explicit LineEditor(std::string prompt) : prompt_(std::move(prompt)) {}

  // Takes one byte of input. At Event::line take_line() has the line.
  Event feed(char byte);
  [[nodiscard]] std::string take_line();

  // What to write so that the terminal's last row shows the line and the cursor, in at most `columns`.
  [[nodiscard]] std::string draw(std::size_t columns) const;
  // What to write to take the line away; the cursor is then at the row's start.
  [[nodiscard]] static std::string erase() { return "\r\x1b[K"; }

 private:
  Event feed_escape(char byte);
  Event feed_control(char byte);
  void insert(std::string character);
  void recall(std::size_t index);
  [[nodiscard]] std::string text() const;

  std::string prompt_;
  std::vector<std::string> characters_;  // one code point each
  std::size_t cursor_ = 0;
  std::string partial_;  // of a code point or an escape sequence
  bool escape_ = false;
  std::string finished_;
  std::vector<std::string> earlier_;
  std::size_t recalled_ = 0;
};

// Columns that a code point takes.
std::size_t display_width(std::string_view character);

}  // namespace pqc::cli
