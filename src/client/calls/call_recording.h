// What a call's media have to do with recordings (docs/spec/recording.md §5): our frames say whether we record, theirs
// tell whether they do, and both go to the recorder where there is one. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>

#include "client/recording/recorder.h"
#include "client/types.h"
#include "media/voice/payload.h"

namespace pqc::client {

class CallRecording {
 public:
  // None: the call is not recorded here.
  explicit CallRecording(Result<std::shared_ptr<Recorder>> recorder) {
    if (recorder)
      recorder_ = std::move(*recorder);
    else
      failure_ = std::move(recorder).error();
  }

  // A frame that goes out; it is marked.
  void sending(std::uint32_t timestamp, ByteSpan payload, Recorder::Time now) {
    const bool on = recorder_ && recorder_->going();
    media::voice::mark_recorded(payload, on);
    if (on) recorder_->add(recording::Side::ours, timestamp, payload, now);
    began_ = began_ || on;
  }

  // Whether it is the first one to say that the other side records.
  bool received(std::uint32_t timestamp, ByteView payload, Recorder::Time now) {
    if (began_) recorder_->add(recording::Side::theirs, timestamp, payload, now);
    // Only the latest frame tells how it is.
    if (heard_ && static_cast<std::int32_t>(timestamp - latest_) <= 0) return false;
    heard_ = true;
    latest_ = timestamp;
    const bool on = media::voice::is_recorded(payload);
    const bool first = on && recorded_ == RecordingState::none;
    if (on) recorded_ = RecordingState::on;
    if (!on && recorded_ == RecordingState::on) recorded_ = RecordingState::ended;
    return first;
  }

  // Writes how it stands; whether that differs from what stood there.
  bool tell(CallQuality& quality) {
    const auto ours = state();
    const bool changed = quality.recording != ours || quality.recorded != recorded_;
    quality.recording = ours;
    quality.recorded = recorded_;
    if (changed) quality.recording_failure = failure_ ? failure_ : recorder_ ? recorder_->failure() : std::nullopt;
    return changed;
  }

 private:
  [[nodiscard]] RecordingState state() const {
    if (failure_ || (recorder_ && recorder_->failure())) return RecordingState::failed;
    if (!recorder_) return RecordingState::none;
    return recorder_->going() ? RecordingState::on : RecordingState::ended;
  }

  std::shared_ptr<Recorder> recorder_;
  std::optional<Error> failure_;  // it did not begin
  bool began_ = false;            // a frame that says so is on its way
  RecordingState recorded_ = RecordingState::none;
  bool heard_ = false;
  std::uint32_t latest_ = 0;
};

}  // namespace pqc::client
