// Structured log lines without secrets: an event's name and named values, handed to one sink that the program sets.
//
// What may be a value is a closed list (text, numbers, truth values); Secret and Bytes do not convert, so a secret does
// not get into a log by accident. log() may be called from any thread; set_log_sink once, before other threads start.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

namespace pqc {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

class LogValue {
 public:
  LogValue(std::string_view text) : text_(text) {}    // NOLINT(google-explicit-constructor)
  LogValue(const char* text) : text_(text) {}         // NOLINT(google-explicit-constructor)
  LogValue(const std::string& text) : text_(text) {}  // NOLINT(google-explicit-constructor)
  template <std::integral T>
  LogValue(T number)  // NOLINT(google-explicit-constructor)
      : text_(std::same_as<T, bool> ? (number ? "true" : "false") : std::to_string(number)) {}
  LogValue(std::floating_point auto number) : text_(std::to_string(number)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

struct LogField {
  std::string_view name;
  LogValue value;
};

using LogSink = std::function<void(LogLevel, std::string_view line)>;

// Where the lines go; without a sink they are dropped.
void set_log_sink(LogSink sink, LogLevel lowest = LogLevel::info);
[[nodiscard]] bool log_enabled(LogLevel level);

// Writes `event name=value …`. Values are quoted where they need it, and control characters are escaped, so one call is
// always one line.
void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});

// The same escaping, for text of others that is printed to a terminal.
std::string printable(std::string_view text);

}  // namespace pqc
