#include "fields.h"

#include <stdexcept>

namespace pqc::vectors {
namespace {

const boost::json::value& field(const boost::json::object& object, std::string_view name) {
  const auto* found = object.if_contains(name);
  if (found == nullptr) throw std::runtime_error("field " + std::string(name) + " is missing");
  return *found;
}

}  // namespace

Bytes hex_of(const boost::json::value& value) {
  const auto& text = value.as_string();
  auto bytes = from_hex({text.data(), text.size()});
  if (!bytes) throw std::runtime_error("not hexadecimal");
  return std::move(*bytes);
}

Bytes hex_field(const boost::json::object& object, std::string_view name) {
  return hex_of(field(object, name));
}
std::string text_field(const boost::json::object& object, std::string_view name) {
  const auto& text = field(object, name).as_string();
  return {text.data(), text.size()};
}
std::uint64_t number_field(const boost::json::object& object, std::string_view name) {
  return field(object, name).to_number<std::uint64_t>();
}
const boost::json::array& array_field(const boost::json::object& object, std::string_view name) {
  return field(object, name).as_array();
}
const boost::json::object& object_field(const boost::json::object& object, std::string_view name) {
  return field(object, name).as_object();
}

void expect(bool holds, std::string_view reason) {
  if (!holds) throw Mismatch{std::string(reason)};
}

void GivenRng::fill(ByteSpan out) {
  const auto count = std::min(out.size(), rest_.size());
  std::ranges::copy(rest_.first(count), out.begin());
  std::ranges::fill(out.subspan(count), std::uint8_t{0});
  rest_ = rest_.subspan(count);
}

}  // namespace pqc::vectors
