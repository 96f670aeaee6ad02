#include "cli/output.h"

#include <gtest/gtest.h>

namespace pqc::cli {
namespace {

TEST(Output, TimesAreRfc3339InUtc) {
  EXPECT_EQ(rfc3339({0}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(rfc3339({1'700'000'000'042}), "2023-11-14T22:13:20.042Z");
  EXPECT_EQ(rfc3339({-1}), "1969-12-31T23:59:59.999Z");
}

TEST(Output, TextOfOthersCannotCommandTheTerminal) {
  EXPECT_EQ(displayable("a\nb", "  "), "a\n  b");
  EXPECT_EQ(displayable("\x1b[2Jx\r", ""), "\\x1b[2Jx\\x0d");
}

TEST(Output, EveryObjectHasVersionAndType) {
  EXPECT_EQ(json_object("message").text(), R"({"v":1,"type":"message"})");
}

}  // namespace
}  // namespace pqc::cli
