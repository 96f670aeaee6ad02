// One JSON object in one line (RFC 8259), member by member. Texts are valid UTF-8 by their own checks; what a terminal
// or a parser could trip over is escaped.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pqc::cli {

class Json {
 public:
  Json& add(std::string_view name, std::string_view value);
  Json& add(std::string_view name, const char* value) { return add(name, std::string_view(value)); }
  Json& add(std::string_view name, const std::string& value) { return add(name, std::string_view(value)); }
  Json& add(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  Json& add(std::string_view name, T value) {
    return raw(name, std::to_string(value));
  }
  Json& add(std::string_view name, const std::vector<std::string>& values);

  // With the braces, without an end of line.
  [[nodiscard]] std::string text() const { return "{" + members_ + "}"; }

 private:
  Json& raw(std::string_view name, std::string_view value);
  std::string members_;
};

std::string json_quote(std::string_view text);

}  // namespace pqc::cli
