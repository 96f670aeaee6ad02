#include "client/recording/recorder.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "client/files.h"
#include "client/recording/entry_ring.h"
#include "client/recording/limits.h"
#include "protocol/recording/sealer.h"

namespace pqc::client {
namespace {

// A file that is written from its start to its end, and holds only what was written whole.
class GrowingFile {
 public:
  static Result<GrowingFile> create(const std::string& path) {
    FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file) return GrowingFile(std::move(file), path);
    if (errno == EEXIST) return fail(ExitCode::usage, path + " is there already, and a recording replaces nothing");
    return std::unexpected(system_error(errno, "make", path));
  }

  // On disk afterwards; or not in the file at all.
  Status append(ByteView bytes) {
    for (auto left = bytes; !left.empty();) {
      const auto written = ::write(file_.get(), left.data(), left.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return cut_off(errno);
      left = left.subspan(static_cast<std::size_t>(written));
    }
    if (::fdatasync(file_.get()) != 0) return cut_off(errno);
    size_ += static_cast<::off_t>(bytes.size());
    return {};
  }
  // Its name is on disk afterwards, where the folder's file system can do that at all.
  Status keep_name() {
    const auto path = std::filesystem::path(path_).parent_path();
    const FileDescriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder && ::fsync(folder.get()) != 0 && errno != EINVAL)
      return std::unexpected(system_error(errno, "write into", path));
    return {};
  }
  void remove() { (void)::unlink(path_.c_str()); }

 private:
  GrowingFile(FileDescriptor file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  Status cut_off(int why) {
    // Where even that fails the reader finds a chunk that ends too early, which says the same.
    if (::ftruncate(file_.get(), size_) != 0) log(LogLevel::warning, "recording.not_cut_off");
    return std::unexpected(system_error(why, "write", path_));
  }

  FileDescriptor file_;
  std::string path_;
  ::off_t size_ = 0;
};

}  // namespace

class Recorder::Writer {
 public:
  Writer(GrowingFile file, recording::Sealer sealer) : file_(std::move(file)), sealer_(std::move(sealer)) {
    content_.reserve(recording::chunk_size);
  }
  ~Writer() {
    finish();
    wipe(content_);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  Status begin(const RecordingPlan& plan) {
    recording::write_start(plan.start, content_);
    auto begun = file_.append(plan.header);
    if (begun) begun = put(false);
    if (begun) begun = file_.keep_name();
    if (!begun) {
      file_.remove();
      return begun;
    }
    thread_ = std::thread([this] { run(); });
    return {};
  }

  void add(recording::Side side, std::uint32_t timestamp, ByteView payload, Time now) {
    if (!going() || payload.empty() || payload.size() > recording::payload_size) return;
    if (!first_) first_ = now;
    // Frames of two directions may come with times that were taken in another order.
    latest_ = std::max(latest_, std::chrono::duration_cast<std::chrono::milliseconds>(now - *first_));
    if (latest_ >= limits::recording_longest) {
      full_.store(true, std::memory_order_relaxed);
      return;
    }
    const auto entry =
        recording::write_frame({.side = side, .time = latest_, .timestamp = timestamp, .payload = payload}, entry_);
    (void)ring_.write(entry);
    wipe(ByteSpan(entry_).first(entry.size()));
  }
  [[nodiscard]] bool going() const {
    return !full_.load(std::memory_order_relaxed) && !failed_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::optional<Error> failure() const {
    const std::lock_guard lock(mutex_);
    return failure_;
  }

  void finish() {
    if (!thread_.joinable()) return;
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_one();
    thread_.join();
    if (!first_) file_.remove();
  }

 private:
  void run() {
    while (!ended_ && !wait()) drain(false);
    drain(true);
  }

  // Whether it is to end.
  bool wait() {
    std::unique_lock lock(mutex_);
    return wake_.wait_for(lock, limits::recording_interval, [this] { return stop_; }) ||
           full_.load(std::memory_order_relaxed);
  }

  void drain(bool last) {
    if (ended_) return;
    std::array<std::uint8_t, recording::entry_size> entry{};
    auto done = Status();
    for (auto next = ring_.read(entry); done && !next.empty(); next = ring_.read(entry)) {
      if (content_.size() + next.size() > recording::chunk_size) done = put(false);
      content_.insert(content_.end(), next.begin(), next.end());
    }
    wipe(entry);
    if (done && (last || !content_.empty())) done = put(last);
    ended_ = last;
    if (!done) end(std::move(done).error());
  }

  Status put(bool last) {
    const auto chunk = sealer_.seal_next(content_, last);
    wipe(content_);
    content_.clear();
    if (!chunk) return fail(ExitCode::unexpected, "the recording could not be encrypted");
    return file_.append(*chunk);
  }

  void end(Error why) {
    ended_ = true;
    log(LogLevel::warning, "recording.ended", {{"why", why.message}});
    {
      const std::lock_guard lock(mutex_);
      failure_ = std::move(why);
    }
    failed_.store(true, std::memory_order_relaxed);
  }

  EntryRing<limits::recording_ring_bytes> ring_;

  // Of the thread that calls add().
  std::array<std::uint8_t, recording::entry_size> entry_{};
  std::optional<Time> first_;
  std::chrono::milliseconds latest_{0};

  // Of the recorder's thread.
  GrowingFile file_;
  recording::Sealer sealer_;
  Bytes content_;
  bool ended_ = false;

  std::atomic<bool> full_ = false;
  std::atomic<bool> failed_ = false;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;             // under the mutex
  std::optional<Error> failure_;  // under the mutex
  std::thread thread_;
};

Recorder::Recorder(std::unique_ptr<Writer> writer) : writer_(std::move(writer)) {}
Recorder::~Recorder() = default;

Result<std::unique_ptr<Recorder>> Recorder::start(RecordingPlan plan) {
  auto sealer = recording::Sealer::start(plan.key);
  if (!sealer) return fail(ExitCode::unexpected, "the recording could not be encrypted");
  auto file = GrowingFile::create(plan.path);
  if (!file) return pass(file);
  auto writer = std::make_unique<Writer>(std::move(*file), std::move(*sealer));
  if (auto begun = writer->begin(plan); !begun) return pass(begun);
  return std::unique_ptr<Recorder>(new Recorder(std::move(writer)));
}

void Recorder::add(recording::Side side, std::uint32_t timestamp, ByteView payload, Time now) {
  writer_->add(side, timestamp, payload, now);
}

void Recorder::finish() {
  writer_->finish();
}

bool Recorder::going() const {
  return writer_->going();
}

std::optional<Error> Recorder::failure() const {
  return writer_->failure();
}

}  // namespace pqc::client
