// One check for each type of test group. Internal to the reader of Wycheproof files.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "base/bytes.h"
#include "report.h"

namespace pqc::vectors {

struct Test {
  std::string_view algorithm;  // of the file
  const boost::json::object& group;
  const boost::json::object& test;

  [[nodiscard]] std::string_view result() const;
  [[nodiscard]] bool valid() const { return result() == "valid"; }
};

using Check = Verdict (*)(const Test& test);

// Null for a type that we do not know.
Check find_check(std::string_view type);

// A member that must be there: throws std::runtime_error otherwise.
std::string_view text(const boost::json::object& object, std::string_view name);
Bytes bytes(const boost::json::object& object, std::string_view name);
std::uint64_t number(const boost::json::object& object, std::string_view name);

}  // namespace pqc::vectors
