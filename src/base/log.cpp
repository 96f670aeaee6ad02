#include "base/log.h"

#include <utility>

#include "base/bytes.h"

namespace pqc {
namespace {

LogSink& sink() {
  static LogSink the_sink;
  return the_sink;
}

LogLevel lowest_level = LogLevel::info;

bool needs_quotes(std::string_view text) {
  return text.empty() || text.find_first_of(" \"=") != std::string_view::npos;
}

}  // namespace

void set_log_sink(LogSink new_sink, LogLevel lowest) {
  sink() = std::move(new_sink);
  lowest_level = lowest;
}

bool log_enabled(LogLevel level) {
  return sink() && level >= lowest_level;
}

void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (!log_enabled(level)) return;
  std::string line(event);
  for (const auto& field : fields) {
    const auto value = printable(field.value.text());
    line.append(" ").append(field.name).append("=");
    if (!needs_quotes(value)) {
      line.append(value);
      continue;
    }
    line.push_back('"');
    for (const auto c : value) {
      if (c == '"') line.push_back('\\');
      line.push_back(c);
    }
    line.push_back('"');
  }
  sink()(level, line);
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    // C0, DEL, and the C1 controls in their two-byte UTF-8 form (0xC2 0x80..0x9F): a terminal obeys all of them.
    const bool c1 = c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) >= 0x80 &&
                    static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (c >= 0x20 && c != 0x7F && !c1) {
      out.push_back(text[i]);
      continue;
    }
    const std::uint8_t escaped = c1 ? static_cast<std::uint8_t>(text[++i]) : c;
    out.append("\\x").append(to_hex({&escaped, 1}));
  }
  return out;
}

}  // namespace pqc
