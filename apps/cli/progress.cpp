#include "cli/progress.h"

#include <array>
#include <cstdio>

#include <unistd.h>

namespace pqc::cli {
namespace {

constexpr std::chrono::milliseconds interval{500};
constexpr std::chrono::seconds patience{30};

}  // namespace

std::string size_text(std::uint64_t bytes) {
  constexpr std::array units{"bytes", "KiB", "MiB", "GiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
  return text;
}

Progress::Progress(const Output& output, std::string id)
    : output_(output), id_(std::move(id)), terminal_(!output.json() && ::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (drawn_) std::fputs("\r\033[K", stderr);
}

void Progress::show(const client::FileTransfer& t) {
  if (t.size == 0 || (!terminal_ && !output_.json())) return;
  const auto now = Clock::now();
  if (told_at_ == Clock::time_point{}) first_ = t.done;
  if (told_at_ != Clock::time_point{} && (now - told_at_ < interval || t.done == told_)) return;
  told_at_ = now;
  told_ = t.done;
  if (output_.json()) {
    output_.object(json_object("progress").add("id", id_).add("done", t.done).add("size", t.size));
    return;
  }
  const auto seconds = std::chrono::duration<double>(now - started_).count();
  const auto rate = seconds > 0.1 ? static_cast<double>(t.done - first_) / seconds : 0.0;
  std::fprintf(stderr, "\r\033[K%3d%%  %s of %s  %s/s", static_cast<int>(t.done * 100 / t.size),
               size_text(t.done).c_str(), size_text(t.size).c_str(),
               size_text(static_cast<std::uint64_t>(rate)).c_str());
  std::fflush(stderr);
  drawn_ = true;
}

bool Patience::over(std::uint64_t done) {
  const auto now = std::chrono::steady_clock::now();
  if (!first_) first_ = done;
  if (done != done_) since_ = now;
  done_ = done;
  return done_ == *first_ || now - since_ > patience;
}

bool worth_waiting(const client::Error& error) {
  return error.code == ExitCode::unreachable || error.code == ExitCode::timed_out || error.code == ExitCode::queued ||
         error.code == ExitCode::not_delivered;
}

}  // namespace pqc::cli
