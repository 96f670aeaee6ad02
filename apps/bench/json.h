// Writes one JSON object (RFC 8259), members in the order they are added. For reports; it does not parse.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace pqc::bench {

class JsonObject {
 public:
  JsonObject& add(std::string_view name, std::string_view text);
  JsonObject& add(std::string_view name, const char* text) { return add(name, std::string_view(text)); }
  JsonObject& add(std::string_view name, bool value) { return add_raw(name, value ? "true" : "false"); }
  // A number that is not finite becomes null.
  JsonObject& add(std::string_view name, double value);
  JsonObject& add(std::string_view name, const JsonObject& value) { return add_raw(name, value.text()); }
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  JsonObject& add(std::string_view name, T value) {
    return add_raw(name, std::to_string(value));
  }

  [[nodiscard]] std::string text() const { return "{" + members_ + "}"; }

 private:
  JsonObject& add_raw(std::string_view name, std::string_view value);

  std::string members_;
};

}  // namespace pqc::bench
