// docs/spec/agent.md §8: the lines of the security log, its rotation and its numbers.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "keys/audit/log_file.h"
#include "keys/audit/refusal_limit.h"
#include "support/temporary_folder.h"

namespace pqc::keys::audit {
namespace {

constexpr UnixMillis noon{1'769'860'800'123};

TEST(AuditLine, LooksAsTheSpecificationSays) {
  EXPECT_EQ(
      to_line({.kind = Kind::unlock_failed, .reason = "wrong_secret", .count = 4}, Source::agent, 17, noon),
      "{\"v\":1,\"seq\":17,\"time\":\"2026-01-31T12:00:00.123Z\",\"source\":\"agent\",\"event\":\"unlock_failed\","
      "\"reason\":\"wrong_secret\",\"count\":4}\n");
  EXPECT_EQ(
      to_line({.kind = Kind::session_started, .peer = "bob@b", .level = "QUANTUM_RESISTANT", .suite = "pq"},
              Source::client, 1, noon),
      "{\"v\":1,\"seq\":1,\"time\":\"2026-01-31T12:00:00.123Z\",\"source\":\"client\",\"event\":\"session_started\","
      "\"peer\":\"bob@b\",\"level\":\"QUANTUM_RESISTANT\",\"suite\":\"pq\"}\n");
}

TEST(AuditLine, IsOneLineWhateverTheTextsHold) {
  const auto line =
      to_line({.kind = Kind::refused, .peer = "a\"\\\n\x1b\x7f\xC2\x9B\xFF\xED\xA0\x80é"}, Source::client, 1, noon);
  EXPECT_NE(line.find("\"peer\":\"a\\\"\\\\\\u000a\\u001b\\u007f\\u009b"), line.npos) << line;
  EXPECT_NE(line.find("\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDé\""), line.npos) << line;
  EXPECT_EQ(line.find('\n'), line.size() - 1);
}

TEST(AuditLine, CutsLongTextsBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 400; ++i) text += "é";
  const auto line = to_line({.kind = Kind::refused, .peer = text, .level = text, .suite = text, .reason = text},
                            Source::client, UINT64_MAX, noon);
  EXPECT_LE(line.size(), max_line_size);
  EXPECT_EQ(line.find("\xEF\xBF\xBD"), line.npos);
}

TEST(AuditKinds, HaveNamesAndNumbersFromOutsideAreChecked) {
  for (std::uint32_t n = 1; n <= 26; ++n) EXPECT_FALSE(name_of(*find_kind(n)).empty());
  EXPECT_FALSE(find_kind(0));
  EXPECT_FALSE(find_kind(27));
  EXPECT_TRUE(client_may_report(Kind::verified));
  EXPECT_TRUE(client_may_report(Kind::device_added));
  EXPECT_FALSE(client_may_report(Kind::unlocked));
}

TEST(RefusalLimit, TakesSomeAtOnceAndSomeAnHour) {
  RefusalLimit limit;
  auto now = noon;
  for (std::uint64_t i = 0; i < refusals_at_once; ++i) EXPECT_EQ(limit.admit(now), 0U);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(limit.admit(now), std::nullopt);
  now = now + time_a_refusal;
  EXPECT_EQ(limit.admit(now), 1000U) << "it says how many are missing";
  EXPECT_EQ(limit.admit(now), std::nullopt);
  now = now + std::chrono::hours(1000);
  for (std::uint64_t i = 0; i < refusals_at_once; ++i) EXPECT_EQ(limit.admit(now), i == 0 ? 1U : 0U);
  EXPECT_EQ(limit.admit(now), std::nullopt);
}

TEST(RefusalLimit, AClockThatIsSetBackGivesNothing) {
  RefusalLimit limit;
  for (std::uint64_t i = 0; i < refusals_at_once; ++i) EXPECT_TRUE(limit.admit(noon));
  EXPECT_FALSE(limit.admit(noon - std::chrono::hours(100)));
  EXPECT_TRUE(limit.admit(noon - std::chrono::hours(100) + time_a_refusal)) << "but time goes on from there";
}

struct AuditFileTest : testing::Test {
  test::TemporaryFolder temporary;
  int folder = open(temporary.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ManualClock clock;
  ~AuditFileTest() override { close(folder); }
};

TEST_F(AuditFileTest, NumbersGoOnOverRestarts) {
  {
    LogFile log(folder, clock);
    log.add({.kind = Kind::agent_started});
    log.add({.kind = Kind::agent_stopped});
    EXPECT_TRUE(log.ok());
  }
  LogFile log(folder, clock);
  EXPECT_EQ(log.next_sequence(), 3);
}

TEST_F(AuditFileTest, RotatesAndDropsTheOldest) {
  const Rotation small{.max_size = 300, .kept = kept_files};
  {
    LogFile log(folder, clock, small);
    for (int i = 0; i < 40; ++i) log.add({.kind = Kind::unlocked, .reason = "passphrase"});
    EXPECT_TRUE(log.ok());
  }
  const auto lines = read_lines(folder);
  ASSERT_GE(lines.size(), 5);
  EXPECT_LT(lines.size(), 40);
  EXPECT_NE(lines.back().find("\"seq\":40,"), std::string::npos);
  EXPECT_NE(lines[lines.size() - 2].find("\"seq\":39,"), std::string::npos);
  EXPECT_EQ(access(temporary.path("audit.log.4").c_str(), F_OK), 0);
  EXPECT_NE(access(temporary.path("audit.log.5").c_str(), F_OK), 0);
  EXPECT_EQ(LogFile(folder, clock, small).next_sequence(), 41);
}

TEST_F(AuditFileTest, ALineCutOffByACrashSpoilsNoOther) {
  {
    LogFile log(folder, clock);
    log.add({.kind = Kind::unlocked});
    log.add({.kind = Kind::locked});
  }
  ASSERT_EQ(truncate(temporary.path("audit.log").c_str(), 130), 0);
  LogFile log(folder, clock);
  log.add({.kind = Kind::agent_started});
  const auto lines = read_lines(folder);
  ASSERT_EQ(lines.size(), 2);
  EXPECT_NE(lines[1].find("agent_started"), std::string::npos);
}

TEST_F(AuditFileTest, SaysWhenItCannotWrite) {
  const int gone = open("/dev/null", O_RDONLY | O_CLOEXEC);
  LogFile log(gone, clock);
  log.add({.kind = Kind::unlocked});
  EXPECT_FALSE(log.ok());
  close(gone);
}

}  // namespace
}  // namespace pqc::keys::audit
