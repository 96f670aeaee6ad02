// Makes a WAV file of a recording: stereo, what this side said on the left, what it heard on the right
// (docs/spec/recording.md §4). Memory does not depend on its length. One thread.
#pragma once

#include <chrono>
#include <filesystem>

#include "client/recording/recording_file.h"
#include "protocol/recording/entries.h"

namespace pqc::client {

struct ExportedRecording {
  recording::Start start;
  std::chrono::milliseconds length{0};
  bool complete = false;  // else its end is missing
};

// Nothing is left at `to` where it fails. Errors: those of RecordingFile, usage (something is at `to` already), those
// of the disk.
Result<ExportedRecording> export_recording(const std::filesystem::path& from, const std::filesystem::path& to,
                                           const RecordingFile::AskKey& ask);

}  // namespace pqc::client
