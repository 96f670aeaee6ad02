#include "cli/json.h"

#include "base/bytes.h"

namespace pqc::cli {

std::string json_quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (byte < 0x20 || byte == 0x7F)
          out += "\\u00" + to_hex(ByteView(&byte, 1));
        else
          out.push_back(c);
    }
  }
  return out + "\"";
}

Json& Json::raw(std::string_view name, std::string_view value) {
  if (!members_.empty()) members_ += ",";
  members_.append(json_quote(name)).append(":").append(value);
  return *this;
}

Json& Json::add(std::string_view name, std::string_view value) {
  return raw(name, json_quote(value));
}

Json& Json::add(std::string_view name, const std::vector<std::string>& values) {
  std::string list;
  for (const auto& value : values) list.append(list.empty() ? "" : ",").append(json_quote(value));
  return raw(name, "[" + list + "]");
}

}  // namespace pqc::cli
