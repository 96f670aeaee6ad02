// From the sound to the datagram: what a listener on the network sees of a call.
#include <gtest/gtest.h>

#include "media/voice/frame_encoder.h"
#include "support.h"
#include "support/speech.h"

namespace pqc::media::testing {
namespace {

enum class Said { speech, nothing, muted };

// The sizes of all datagrams of the one who speaks, once connected; the shape changes at the same places each time.
std::vector<std::size_t> sizes_of(Said said) {
  Call call;
  call.start();
  EXPECT_TRUE(call.connect());
  const auto before = call.alice.out.seen.size();
  auto encoder = voice::FrameEncoder::create(64'000, voice::FrameDuration::ms10).value();
  pqc::test::Speech speech(4);
  for (int i = 0; i < 300; ++i) {
    if (i == 100) encoder.set_rate({.bitrate = 64'000, .redundancy = true});
    if (i == 200) {
      encoder.set_rate({.bitrate = 64'000, .duration = voice::FrameDuration::ms20, .redundancy = true});
    }
    voice::Block block{};
    if (said != Said::nothing) speech.fill(block);
    // As VoiceEngine does it while muted.
    if (said == Said::muted && i % 100 >= 50) block.fill(0);
    encoder.add(block, [&](const voice::EncodedFrame& frame) {
      EXPECT_TRUE(call.alice.session->send_frame(StreamId::audio, frame.timestamp, frame.payload, call.now));
    });
    call.run(10ms);
  }
  std::vector<std::size_t> out;
  for (const auto& datagram : std::span(call.alice.out.seen).subspan(before)) out.push_back(datagram.size());
  return out;
}

TEST(Shape, Threat18SpeechPausesAndMuteSendTheSameDatagrams) {
  const auto silence = sizes_of(Said::nothing);
  EXPECT_GE(silence.size(), 250u);
  EXPECT_EQ(sizes_of(Said::speech), silence);
  EXPECT_EQ(sizes_of(Said::muted), silence);
}

}  // namespace
}  // namespace pqc::media::testing
