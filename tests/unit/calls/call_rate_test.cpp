// A whole call's media over a bad network, in virtual time: the rate goes where the path allows, and the delay with it.
#include <gtest/gtest.h>

#include "media/voice/wav_file.h"
#include "support/speech.h"
#include "support/temporary_folder.h"
#include "support/virtual_call.h"

namespace pqc::client {
namespace {

using namespace std::chrono_literals;
using media::voice::FrameDuration;
using test::Impairment;

class CallRateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto writer = media::voice::WavWriter::create(folder_.path("said.wav")).value();
    ASSERT_TRUE(writer.write(test::Speech(5).take(48'000 * 5)));
    call_.emplace(folder_.path(), folder_.path("said.wav"), media::voice::RateLimits{.highest_bitrate = 64'000});
  }

  // Goes on, and says how bob heard alice meanwhile.
  struct Heard {
    double made_up = 0;  // share of what was played
    std::chrono::microseconds most_delay{0};
  };
  Heard run(std::chrono::milliseconds time) {
    const auto before = call_->bob.engine->statistics();
    Heard out;
    for (auto left = time; left > 0ms; left -= 100ms) {
      call_->run(100ms);
      out.most_delay = std::max(out.most_delay, call_->bob.engine->statistics().delay);
    }
    const auto now = call_->bob.engine->statistics();
    out.made_up = static_cast<double>(now.concealed_samples - before.concealed_samples) /
                  static_cast<double>(std::max<std::uint64_t>(now.played_samples - before.played_samples, 1));
    return out;
  }
  const media::voice::RateChoice& choice() const { return call_->alice.choice(); }
  double wire_bits() const { return wire_bits_per_second(choice(), 87); }

  test::TemporaryFolder folder_;
  std::optional<test::VirtualCall> call_;
};

constexpr Impairment clean{.delay = 20ms};

TEST_F(CallRateTest, ANarrowPathIsFollowedDownAndUpAgain) {
  call_->set(clean);
  run(6s);
  EXPECT_EQ(choice(), (media::voice::RateChoice{.bitrate = 64'000}));
  // Both ways, so that feedback is held up and lost with the rest.
  call_->set({.bits_per_second = 40'000, .queue = 400ms, .delay = 20ms});
  run(6s);
  EXPECT_EQ(choice().duration, FrameDuration::ms40);
  EXPECT_LT(wire_bits(), 45'000);
  run(4s);
  const auto narrow = run(20s);
  EXPECT_LT(narrow.made_up, 0.04);
  EXPECT_LT(narrow.most_delay, 300ms);
  call_->set(clean);
  run(2s);
  // Frames become shorter twice on the way up, and nobody hears it. The first step may wait for the longest quiet.
  EXPECT_EQ(run(36s).made_up, 0);
  EXPECT_EQ(choice(), (media::voice::RateChoice{.bitrate = 64'000}));
  const auto wide = run(2s);
  EXPECT_EQ(wide.made_up, 0);
  EXPECT_LT(wide.most_delay, 20ms);
  // All that is seen from outside are the changes.
  EXPECT_LE(call_->alice.sizes.size(), static_cast<std::size_t>(call_->alice.changes) + 1);
}

TEST_F(CallRateTest, LossGetsCopiesAndJitterCostsNoRate) {
  call_->set(clean);
  run(3s);
  call_->set({.loss = 0.1, .delay = 50ms, .jitter = 30ms, .reorder = 0.05});
  run(4s);
  EXPECT_TRUE(choice().redundancy);
  const auto bad = run(16s);
  EXPECT_LT(bad.made_up, 0.07);
  EXPECT_LT(bad.most_delay, 110ms);
  EXPECT_EQ(choice().duration, FrameDuration::ms10);
  EXPECT_GE(choice().bitrate, 48'000U);
  call_->set(clean);
  run(10s);
  EXPECT_EQ(choice(), (media::voice::RateChoice{.bitrate = 64'000}));
  EXPECT_LT(run(1s).most_delay, 20ms);
}

TEST_F(CallRateTest, AnOutageIsOverWhenItIsOver) {
  call_->set(clean);
  run(6s);
  const auto before = choice();
  call_->set({.loss = 1, .delay = 20ms});
  run(2s);
  EXPECT_LT(choice().bitrate, before.bitrate);
  call_->set(clean);
  run(2s);
  EXPECT_EQ(choice(), before);
  run(1s);
  const auto after = run(5s);
  EXPECT_EQ(choice(), before);
  EXPECT_EQ(after.made_up, 0);
}

}  // namespace
}  // namespace pqc::client
