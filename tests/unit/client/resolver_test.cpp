// Looking names up beside the loop.
#include "client/resolver.h"

#include <algorithm>
#include <future>
#include <optional>
#include <semaphore>

#include <gtest/gtest.h>

namespace pqc::client {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

class ResolverTest : public testing::Test {
 protected:
  Resolver::Answers look_up(std::vector<Resolver::Question> questions, std::chrono::milliseconds time) {
    std::optional<Resolver::Answers> out;
    resolver.look_up(std::move(questions), time, [&out](Resolver::Answers answers) { out = std::move(answers); });
    EXPECT_FALSE(out);  // later, always
    EXPECT_TRUE(loop.run_until([&out] { return out.has_value(); }, steady_clock::now() + seconds(30)));
    return std::move(*out);
  }
  static net::HostPort first(const Result<Addresses>& answer) {
    return name_of((*answer)->ai_addr, (*answer)->ai_addrlen);
  }

  Loop loop;
  Resolver resolver{loop};
};

TEST_F(ResolverTest, AnswersEveryQuestionInItsPlace) {
  const auto answers = look_up({{.address = {"192.0.2.1", 7}},
                                {.address = {"localhost", 8}, .family = AF_INET},
                                {.address = {"2001:db8::1", 9}}},
                               seconds(20));
  ASSERT_EQ(answers.size(), 3U);
  ASSERT_TRUE(answers[0] && answers[1] && answers[2]);
  EXPECT_EQ(first(answers[0]), (net::HostPort{"192.0.2.1", 7}));
  EXPECT_EQ(first(answers[1]), (net::HostPort{"127.0.0.1", 8}));
  EXPECT_EQ(first(answers[2]), (net::HostPort{"2001:db8::1", 9}));
  EXPECT_TRUE(look_up({}, seconds(20)).empty());
}

TEST_F(ResolverTest, WhatTakesTooLongIsNotWaitedFor) {
  const auto answers =
      look_up({{.address = {"nobody.invalid", 7}}, {.address = {"192.0.2.1", 7}}}, std::chrono::milliseconds(0));
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_FALSE(answers[0]);
  EXPECT_TRUE(answers[1]);
}

// Somebody who asks again and again while name servers are silent takes no more threads than that.
TEST_F(ResolverTest, OnlySoManyThreadsWaitForNameServers) {
  std::promise<void> silence;
  std::counting_semaphore<> ended(0);
  Resolver patient(loop, [&ended, over = silence.get_future().share()](const Resolver::Question&) {
    over.wait();
    ended.release();
    return Result<Addresses>();
  });
  std::optional<Resolver::Answers> answers;
  patient.look_up({Resolver::at_once + 3, {.address = {"name.invalid", 7}}}, std::chrono::milliseconds(0),
                  [&answers](Resolver::Answers all) { answers = std::move(all); });
  EXPECT_TRUE(loop.run_until([&answers] { return answers.has_value(); }, steady_clock::now() + seconds(30)));
  const auto refused =
      std::ranges::count_if(*answers, [](const auto& one) { return one.error().code == ExitCode::unreachable; });
  EXPECT_GE(refused, 3);
  silence.set_value();
  for (auto left = std::ssize(*answers) - refused; left > 0; --left) ended.acquire();
}

TEST_F(ResolverTest, MayEndBeforeItsAnswer) {
  Resolver gone(loop);
  gone.look_up({{.address = {"localhost", 7}}}, seconds(20), [](const Resolver::Answers&) { ADD_FAILURE(); });
}

}  // namespace
}  // namespace pqc::client
