#include "json.h"

#include <cmath>
#include <format>

namespace pqc::bench {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += std::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace

JsonObject& JsonObject::add(std::string_view name, std::string_view text) {
  return add_raw(name, quoted(text));
}

JsonObject& JsonObject::add(std::string_view name, double value) {
  return add_raw(name, std::isfinite(value) ? std::format("{:.3f}", value) : "null");
}

JsonObject& JsonObject::add_raw(std::string_view name, std::string_view value) {
  if (!members_.empty()) members_ += ",";
  members_ += quoted(name);
  members_ += ":";
  members_ += value;
  return *this;
}

}  // namespace pqc::bench
