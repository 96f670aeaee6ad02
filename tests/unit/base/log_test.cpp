#include "base/log.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/secret.h"

namespace pqc {
namespace {

static_assert(!std::is_constructible_v<LogValue, Secret<struct Tag, 16>>);
static_assert(!std::is_constructible_v<LogValue, SecretBytes>);
static_assert(!std::is_constructible_v<LogValue, Bytes>);

TEST(Log, OneCallIsOneLine) {
  std::string seen;
  set_log_sink([&](LogLevel, std::string_view line) { seen += std::string(line) + "\n"; });
  log(LogLevel::info, "login", {{"account", "eve\nroot login"}, {"tries", 3}, {"ok", false}});
  log(LogLevel::debug, "not shown");
  set_log_sink(nullptr);
  EXPECT_EQ(seen, "login account=\"eve\\x0aroot login\" tries=3 ok=false\n");
}

TEST(Printable, EscapesWhatATerminalObeys) {
  EXPECT_EQ(printable("a\x1b[2Jb"), "a\\x1b[2Jb");
  EXPECT_EQ(printable("\xc2\x9b"), "\\x9b");
  EXPECT_EQ(printable("grüße"), "grüße");
}

}  // namespace
}  // namespace pqc
