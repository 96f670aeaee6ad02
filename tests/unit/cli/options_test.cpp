#include "cli/options.h"

#include <gtest/gtest.h>

namespace pqc::cli {
namespace {

TEST(AudioOptions, WhatIsTypedInAChatIsReadAsOnTheCommandLine) {
  const auto read = parse_audio_options(
      "--record 'a b.pqcrec' --audio-in \"USB mic\" --audio-out=heard.wav --relay-only "
      "--voice-processing off",
      {});
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->record, "a b.pqcrec");
  EXPECT_EQ(read->in, "USB mic");
  EXPECT_EQ(read->out, "heard.wav");
  EXPECT_TRUE(read->relay_only);
  EXPECT_EQ(read->processing, "off");
}

TEST(AudioOptions, WhatIsLeftOpenStaysAsTheChatWasBegun) {
  const AudioOptions chat{.in = "said.wav", .out = "heard.wav", .relay_only = true, .record = {}, .processing = "off"};
  const auto same = parse_audio_options("", chat);
  ASSERT_TRUE(same);
  EXPECT_EQ(same->in, "said.wav");
  EXPECT_TRUE(same->relay_only);
  EXPECT_EQ(same->processing, "off");
  const auto recorded = parse_audio_options("--record call.pqcrec --audio-out headphones", chat);
  ASSERT_TRUE(recorded);
  EXPECT_EQ(recorded->in, "said.wav");
  EXPECT_EQ(recorded->out, "headphones");
  EXPECT_EQ(recorded->record, "call.pqcrec");
  EXPECT_TRUE(recorded->relay_only);
  EXPECT_EQ(recorded->processing, "off");
  EXPECT_EQ(parse_audio_options("--voice-processing on", chat)->processing, "on");
}

TEST(AudioOptions, WhatIsNoOptionIsSaidTogetherWithThoseThatThereAre) {
  for (const auto* words :
       {"bob", "--record", "--loud", "--json", "--record a --record b", "--voice-processing maybe"}) {
    const auto read = parse_audio_options(words, {});
    ASSERT_FALSE(read) << words;
    EXPECT_NE(read.error().find("what may follow: --record FILE"), std::string::npos) << read.error();
  }
}

// Else it would go direct, and record into a file with the name of the option.
TEST(AudioOptions, AnOptionIsNotTakenForTheValueOfTheOneBeforeIt) {
  EXPECT_TRUE(parse_audio_options("--record", {}).error().starts_with("--record needs a value: FILE; "));
  for (const auto* words : {"--record --relay-only", "--audio-in --relay-only", "--audio-out --relay-only"}) {
    const auto read = parse_audio_options(words, {});
    ASSERT_FALSE(read) << words;
    EXPECT_NE(read.error().find("a value is missing before --relay-only; "), std::string::npos) << read.error();
  }
}

}  // namespace
}  // namespace pqc::cli
