#include "cli/config.h"

#include <gtest/gtest.h>

namespace pqc::cli {
namespace {

TEST(Config, TakesOurOptionsAndPassesOverThoseOfOthers) {
  const auto config = parse_config(
      "# comment\n[server]\nsignaling_host = chat.example\nsignaling_port=9443\r\naudio_port = 10000\n"
      "[user]\n  username = alice \nminimum_level=ENHANCED\n[video]\nwidth = 640\n[tls]\ncertfile = x\n");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->host, "chat.example");
  EXPECT_EQ(config->port, 9443);
  EXPECT_EQ(config->username, "alice");
  EXPECT_EQ(config->minimum_level, "ENHANCED");
}

TEST(Config, EmptyIsTheDefault) {
  const auto config = parse_config("");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->port, 8443);
}

TEST(Config, MistakesAreNamedWithTheirLine) {
  for (const auto* text : {"[user]\nnonsense = 1\n", "[server]\nsignaling_port = x\n", "[server]\nsignaling_port = 0\n",
                           "[user]\nno equals sign\n", "# in no section\nusername = alice\n",
                           "[server]\nsignaling_port = 70000\n", "# misspelt\n[sever]\n"}) {
    const auto config = parse_config(text);
    ASSERT_FALSE(config) << text;
    EXPECT_EQ(config.error().code, ExitCode::usage);
    EXPECT_NE(config.error().message.find("line 2"), std::string::npos);
  }
}

TEST(Config, OnlyTheFileThatWasAskedForMustExist) {
  EXPECT_TRUE(read_config("/nonexistent/client.conf", false));
  EXPECT_EQ(read_config("/nonexistent/client.conf", true).error().code, ExitCode::missing);
}

}  // namespace
}  // namespace pqc::cli
