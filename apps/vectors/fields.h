// Typed access to the fields of a JSON test vector. A field that is missing or of another type throws, and the vector
// then counts as failed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/bytes.h"
#include "base/rng.h"

namespace pqc::vectors {

Bytes hex_of(const boost::json::value& value);
Bytes hex_field(const boost::json::object& object, std::string_view name);
std::string text_field(const boost::json::object& object, std::string_view name);
std::uint64_t number_field(const boost::json::object& object, std::string_view name);
const boost::json::array& array_field(const boost::json::object& object, std::string_view name);
const boost::json::object& object_field(const boost::json::object& object, std::string_view name);

// A vector that does not hold: the reason is printed.
struct Mismatch {
  std::string reason;
};
void expect(bool holds, std::string_view reason);
// `got` is what our code answered; an error of it counts as a mismatch too.
template <class T>
const T& need(const T& result, std::string_view reason) {
  expect(result.has_value(), reason);
  return result;
}

// Gives the bytes that a vector says were random, then zeros.
class GivenRng final : public Rng {
 public:
  explicit GivenRng(ByteView bytes) : rest_(bytes) {}
  void fill(ByteSpan out) override;

 private:
  ByteView rest_;
};

}  // namespace pqc::vectors
