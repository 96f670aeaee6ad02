#include "cli/security_log.h"

#include <array>

#include "base/log.h"

namespace pqc::cli {
namespace {

constexpr std::string_view start = "{\"v\":1,";

bool is_line(std::string_view line) {
  return line.starts_with(start) && line.ends_with('}');
}

// The member's value as it is written, without the quotes of a text. Quotes inside texts are escaped, so what looks
// like a member's beginning is one.
std::string_view member(std::string_view line, std::string_view name) {
  const auto key = ",\"" + std::string(name) + "\":";
  const auto at = line.find(key);
  if (at == std::string_view::npos) return {};
  auto value = line.substr(at + key.size());
  if (!value.starts_with('"')) return value.substr(0, value.find_first_of(",}"));
  value.remove_prefix(1);
  std::size_t end = 0;
  while (end < value.size() && value[end] != '"') end += value[end] == '\\' ? 2 : 1;
  return value.substr(0, end);
}

}  // namespace

std::string describe_event(std::string_view line) {
  if (!is_line(line)) return {};
  std::string out(member(line, "time"));
  out += "  ";
  out += member(line, "event");
  static constexpr std::array<std::string_view, 5> details{"peer", "level", "suite", "reason", "count"};
  for (const auto name : details) {
    const auto value = member(line, name);
    if (!value.empty()) out.append("  ").append(name).append(" ").append(value);
  }
  return printable(out);
}

std::string typed_event(std::string_view line) {
  if (!is_line(line)) return {};
  return std::string(start) + "\"type\":\"audit\"," + std::string(line.substr(start.size()));
}

}  // namespace pqc::cli
