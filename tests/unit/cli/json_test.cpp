#include "cli/json.h"

#include <gtest/gtest.h>

namespace pqc::cli {
namespace {

TEST(Json, MembersInTheirOrder) {
  Json json;
  json.add("v", 1).add("text", "a").add("truth", true).add("list", std::vector<std::string>{"x", "y"});
  EXPECT_EQ(json.text(), R"({"v":1,"text":"a","truth":true,"list":["x","y"]})");
  EXPECT_EQ(Json().text(), "{}");
}

TEST(Json, WhatAParserOrTerminalCouldTripOverIsEscaped) {
  EXPECT_EQ(json_quote("\"\\\n\t"), R"("\"\\\n\t")");
  EXPECT_EQ(json_quote(std::string_view("\0\x1b\x7f", 3)), R"("\u0000\u001b\u007f")");
  EXPECT_EQ(json_quote("Grüße"), "\"Grüße\"");
}

}  // namespace
}  // namespace pqc::cli
