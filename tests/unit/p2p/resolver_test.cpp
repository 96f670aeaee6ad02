// Looking names up beside the loop.
#include "p2p/resolver.h"

#include <optional>

#include <gtest/gtest.h>

namespace pqc::p2p {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

class P2pResolver : public testing::Test {
 protected:
  Resolver::Answers look_up(std::vector<Resolver::Question> questions, std::chrono::milliseconds time) {
    std::optional<Resolver::Answers> out;
    resolver.look_up(std::move(questions), time, [&out](Resolver::Answers answers) { out = std::move(answers); });
    EXPECT_FALSE(out);  // later, always
    EXPECT_TRUE(loop.run_until([&out] { return out.has_value(); }, steady_clock::now() + seconds(30)));
    return std::move(*out);
  }
  static Address first(const client::Result<Addresses>& answer) {
    return name_of((*answer)->ai_addr, (*answer)->ai_addrlen);
  }

  client::Loop loop;
  Resolver resolver{loop};
};

TEST_F(P2pResolver, AnswersEveryQuestionInItsPlace) {
  const auto answers = look_up({{.address = {"192.0.2.1", 7}},
                                {.address = {"localhost", 8}, .family = AF_INET},
                                {.address = {"2001:db8::1", 9}}},
                               seconds(20));
  ASSERT_EQ(answers.size(), 3U);
  ASSERT_TRUE(answers[0] && answers[1] && answers[2]);
  EXPECT_EQ(first(answers[0]), (Address{"192.0.2.1", 7}));
  EXPECT_EQ(first(answers[1]), (Address{"127.0.0.1", 8}));
  EXPECT_EQ(first(answers[2]), (Address{"2001:db8::1", 9}));
  EXPECT_TRUE(look_up({}, seconds(20)).empty());
}

TEST_F(P2pResolver, WhatTakesTooLongIsNotWaitedFor) {
  const auto answers =
      look_up({{.address = {"nobody.invalid", 7}}, {.address = {"192.0.2.1", 7}}}, std::chrono::milliseconds(0));
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_FALSE(answers[0]);
  EXPECT_TRUE(answers[1]);
}

TEST_F(P2pResolver, MayEndBeforeItsAnswer) {
  Resolver gone(loop);
  gone.look_up({{.address = {"localhost", 7}}}, seconds(20), [](const Resolver::Answers&) { ADD_FAILURE(); });
}

}  // namespace
}  // namespace pqc::p2p
