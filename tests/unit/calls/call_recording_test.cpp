// What the frames of a call say about recordings, and what is made of it.
#include "client/calls/call_recording.h"

#include <gtest/gtest.h>

namespace pqc::client {
namespace {

constexpr Recorder::Time now{std::chrono::seconds(100)};

Bytes frame(bool recorded) {
  Bytes out{0, 1, 2};
  media::voice::mark_recorded(out, recorded);
  return out;
}

TEST(CallRecording, SaysNothingWhereNothingIsRecorded) {
  CallRecording calm{std::shared_ptr<Recorder>()};
  auto ours = frame(false);
  calm.sending(480, ours, now);
  EXPECT_EQ(ours, frame(false));
  CallQuality quality;
  EXPECT_FALSE(calm.tell(quality));
  EXPECT_EQ(quality.recording, RecordingState::none);
}

TEST(CallRecording, TheLatestFrameTellsWhetherTheOtherSideRecords) {
  CallRecording seen{std::shared_ptr<Recorder>()};
  CallQuality quality;
  EXPECT_TRUE(seen.received(960, frame(true), now)) << "the user is told at once";
  EXPECT_TRUE(seen.tell(quality));
  EXPECT_EQ(quality.recorded, RecordingState::on);
  EXPECT_FALSE(seen.received(480, frame(false), now));
  EXPECT_FALSE(seen.tell(quality)) << "it was sent before";
  EXPECT_FALSE(seen.received(1'440, frame(false), now));
  EXPECT_TRUE(seen.tell(quality));
  EXPECT_EQ(quality.recorded, RecordingState::ended);
  EXPECT_FALSE(seen.received(1'920, frame(true), now));
  EXPECT_TRUE(seen.tell(quality));
  EXPECT_EQ(quality.recorded, RecordingState::on);
}

TEST(CallRecording, OneThatCouldNotBeginIsToldAndPromisesNothing) {
  CallRecording failed{fail(ExitCode::disk_full, "the disk is full")};
  auto ours = frame(false);
  failed.sending(480, ours, now);
  EXPECT_FALSE(media::voice::is_recorded(ours));
  EXPECT_FALSE(failed.received(480, frame(false), now));
  CallQuality quality;
  EXPECT_TRUE(failed.tell(quality));
  EXPECT_EQ(quality.recording, RecordingState::failed);
  ASSERT_TRUE(quality.recording_failure);
  EXPECT_EQ(quality.recording_failure->code, ExitCode::disk_full);
}

}  // namespace
}  // namespace pqc::client
