#include "client/recording/recording_export.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "client/files.h"
#include "client/recording/limits.h"
#include "client/recording/track.h"
#include "media/voice/wav_format.h"

namespace pqc::client {
namespace {

namespace voice = media::voice;

constexpr std::size_t channels = 2;

// A new WAV file that is removed unless it is finished.
class StereoFile {
 public:
  static Result<StereoFile> create(const std::filesystem::path& path) {
    FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file && errno == EEXIST)
      return fail(ExitCode::usage, path.string() + " is there already: choose another name");
    if (!file) return std::unexpected(system_error(errno, "make", path));
    return StereoFile(std::move(file), path);
  }
  ~StereoFile() {
    if (file_) (void)::unlink(path_.c_str());
  }
  StereoFile(StereoFile&&) noexcept = default;
  StereoFile& operator=(StereoFile&&) = delete;
  StereoFile(const StereoFile&) = delete;
  StereoFile& operator=(const StereoFile&) = delete;

  Status add(Track::Block left, Track::Block right) {
    const auto put = [this](std::int16_t sample) {
      const auto bits = static_cast<std::uint16_t>(sample);
      waiting_.push_back(static_cast<std::uint8_t>(bits & 0xffU));
      waiting_.push_back(static_cast<std::uint8_t>(bits >> 8U));
    };
    for (std::size_t i = 0; i < left.size(); ++i) {
      put(left[i]);
      put(right[i]);
    }
    return waiting_.size() < flush_at ? Status() : flush();
  }
  Status finish() {
    auto done = flush();
    if (done) {
      const auto head = voice::make_wav_head(static_cast<std::uint32_t>(written_ - head_size_), channels);
      if (::pwrite(file_.get(), head.data(), head.size(), 0) != static_cast<::ssize_t>(head.size()))
        done = std::unexpected(system_error(errno, "write", path_));
    }
    if (done && ::fsync(file_.get()) != 0) done = std::unexpected(system_error(errno, "write", path_));
    if (done) file_.reset();
    return done;
  }

 private:
  StereoFile(FileDescriptor file, std::filesystem::path path) : file_(std::move(file)), path_(std::move(path)) {
    waiting_.resize(head_size_);
  }
  Status flush() {
    for (ByteView left = waiting_; !left.empty();) {
      const auto written = ::write(file_.get(), left.data(), left.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return std::unexpected(system_error(errno, "write", path_));
      left = left.subspan(static_cast<std::size_t>(written));
    }
    written_ += waiting_.size();
    waiting_.clear();
    return {};
  }

  static constexpr std::size_t flush_at = std::size_t{64} << 10;
  static constexpr std::size_t head_size_ = std::tuple_size_v<voice::WavHead>;
  FileDescriptor file_;
  std::filesystem::path path_;
  Bytes waiting_;
  std::size_t written_ = 0;
};

class Exporter {
 public:
  Exporter(StereoFile file, Track ours, Track theirs)
      : file_(std::move(file)), ours_(std::move(ours)), theirs_(std::move(theirs)) {}

  Status take(ByteView content) {
    const auto read = entries_.read(content, [this](const recording::Entry& entry) { take(entry); });
    if (!read) return fail(ExitCode::damaged, "the recording is damaged: it holds what no recording does");
    return written_;
  }
  Result<ExportedRecording> finish(bool complete) {
    if (!has_sound_) return fail(ExitCode::damaged, "the recording is cut off before its first sound");
    write_to(std::max(ours_.end(), theirs_.end()));
    if (!written_) return pass(written_);
    if (auto done = file_.finish(); !done) return pass(done);
    return ExportedRecording{.start = start_, .length = std::chrono::milliseconds(10) * block_, .complete = complete};
  }

 private:
  void take(const recording::Entry& entry) {
    if (const auto* start = std::get_if<recording::Start>(&entry)) {
      start_ = *start;
      return;
    }
    const auto& frame = std::get<recording::Frame>(entry);
    has_sound_ = true;
    write_to((frame.time - limits::recording_reorder).count() / 10);
    (frame.side == recording::Side::ours ? ours_ : theirs_).add(frame.time, frame.timestamp, frame.payload);
  }
  void write_to(std::int64_t end) {
    std::array<std::int16_t, voice::limits::block_samples> left{};
    std::array<std::int16_t, voice::limits::block_samples> right{};
    const auto longest = limits::recording_longest / std::chrono::milliseconds(10);
    for (end = std::min<std::int64_t>(end, longest); written_ && block_ < end; ++block_) {
      ours_.take(left);
      theirs_.take(right);
      written_ = file_.add(left, right);
    }
  }

  StereoFile file_;
  Track ours_;
  Track theirs_;
  recording::EntryReader entries_;
  recording::Start start_;
  Status written_;
  std::int64_t block_ = 0;
  bool has_sound_ = false;
};

}  // namespace

Result<ExportedRecording> export_recording(const std::filesystem::path& from, const std::filesystem::path& to,
                                           const RecordingFile::AskKey& ask) {
  auto file = RecordingFile::open(from, ask);
  if (!file) return pass(file);
  auto ours = Track::create();
  auto theirs = Track::create();
  if (!ours || !theirs) return fail(ExitCode::unexpected, "no decoder could be made");
  auto out = StereoFile::create(to);
  if (!out) return pass(out);
  Exporter exporter(std::move(*out), std::move(*ours), std::move(*theirs));
  for (;;) {
    auto content = file->next();
    if (!content) return pass(content);
    if (!*content) return exporter.finish(file->complete());
    if (auto done = exporter.take(**content); !done) return pass(done);
  }
}

}  // namespace pqc::client
