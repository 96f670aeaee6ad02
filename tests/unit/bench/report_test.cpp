#include <chrono>
#include <limits>

#include <gtest/gtest.h>
#include <unistd.h>

#include "json.h"
#include "process.h"

namespace pqc::bench {
namespace {

TEST(JsonObject, KeepsOrderAndEscapes) {
  JsonObject inner;
  inner.add("n", 3U).add("ok", true);
  JsonObject object;
  object.add("text", "a\"b\\c\n").add("inner", inner).add("ms", 1.25).add("minus", -7);
  EXPECT_EQ(object.text(), R"({"text":"a\"b\\c\u000a","inner":{"n":3,"ok":true},"ms":1.250,"minus":-7})");
}

TEST(JsonObject, HasNoWordForInfinity) {
  JsonObject object;
  object.add("x", std::numeric_limits<double>::infinity());
  EXPECT_EQ(object.text(), R"({"x":null})");
  EXPECT_EQ(JsonObject().text(), "{}");
}

TEST(Process, ReadsStatWhateverTheNameHolds) {
  const auto fields = parse_stat("4711 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 70 30 13 14 15 16 17 18 19 20 555 22");
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields->cpu_ticks, 100U);
  EXPECT_EQ(fields->resident_pages, 555U);
  EXPECT_FALSE(parse_stat(""));
  EXPECT_FALSE(parse_stat("1 (x) S 1 2 3"));
}

TEST(Process, MeasuresThisOne) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(60);
  while (std::chrono::steady_clock::now() < end) {
  }
  const auto usage = own_usage();
  EXPECT_GT(usage.resident_bytes, 1U << 20);
  EXPECT_GT(usage.cpu.count(), 0);
  EXPECT_FALSE(usage_of(-1));
}

}  // namespace
}  // namespace pqc::bench
