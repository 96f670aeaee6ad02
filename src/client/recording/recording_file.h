// A recording on disk as it is read: chunk by chunk, with one in memory (docs/spec/recording.md §4). One thread.
#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>

#include "client/error.h"
#include "protocol/recording/opener.h"

namespace pqc::client {

class RecordingFile {
 public:
  using AskKey = std::function<Result<recording::FileKey>(const recording::Header&)>;

  // Errors: missing, no_permission, damaged (it is no recording), too_new, and those of `ask`.
  static Result<RecordingFile> open(const std::filesystem::path& path, const AskKey& ask);

  // The content of the next chunk, there until the next call; nothing at the end. Errors: wrong_key, damaged,
  // those of the disk.
  Result<std::optional<ByteView>> next();
  // At the end: whether it is the recording's, too, or the file is cut off.
  [[nodiscard]] bool complete() const { return opener_.done(); }

 private:
  RecordingFile(std::filesystem::path path, std::ifstream file, recording::Opener opener)
      : path_(std::move(path)), file_(std::move(file)), opener_(std::move(opener)) {}
  Result<std::size_t> read(ByteSpan out);
  Result<bool> only_zeros(ByteView begun);
  Result<std::optional<ByteView>> refuse(ByteView begun, bool whole);

  std::filesystem::path path_;
  std::ifstream file_;
  recording::Opener opener_;
  Bytes chunk_;
};

}  // namespace pqc::client
