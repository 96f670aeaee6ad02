#include "keys/audit/log_file.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pqc::keys::audit {
namespace {

constexpr auto log_name = "audit.log";
// More than a rotated file ever has: a file that somebody made larger is read to here only.
constexpr std::size_t max_read = 4 * max_file_size;

std::string file_name(int number) {
  return number == 0 ? log_name : std::string(log_name) + "." + std::to_string(number);
}

std::string read_file(int folder, const std::string& name) {
  std::string text;
  const int fd = openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return text;
  char buffer[16384];
  for (;;) {
    const auto n = read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0 || text.size() > max_read) break;
    text.append(buffer, static_cast<std::size_t>(n));
  }
  close(fd);
  return text;
}

// The number of a line that to_line() made; 0 for another.
std::uint64_t sequence_of(std::string_view line) {
  constexpr std::string_view start = "{\"v\":1,\"seq\":";
  if (!line.starts_with(start)) return 0;
  std::uint64_t value = 0;
  const auto rest = line.substr(start.size());
  const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  return parsed.ec == std::errc{} ? value : 0;
}

template <class Visit>
void each_line(std::string_view text, Visit visit) {
  for (auto end = text.find('\n'); end != text.npos; end = text.find('\n')) {
    visit(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
}

std::uint64_t last_sequence(int folder) {
  std::uint64_t last = 0;
  for (int number = 0; number <= 1 && last == 0; ++number)
    each_line(read_file(folder, file_name(number)),
              [&](std::string_view line) { last = std::max(last, sequence_of(line)); });
  return last;
}

}  // namespace

LogFile::LogFile(int folder, const Clock& clock, Rotation rotation)
    : folder_(folder), clock_(clock), rotation_(rotation), next_(last_sequence(folder) + 1) {
  open();
}

LogFile::~LogFile() {
  if (file_ >= 0) close(file_);
}

void LogFile::open() {
  file_ = openat(folder_, log_name, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  struct stat status{};
  if (file_ < 0 || fstat(file_, &status) != 0) {
    ok_ = false;
    return;
  }
  size_ = static_cast<std::size_t>(status.st_size);
  // A line that was cut off by a crash is ended, so that the next one stands for itself.
  char last = '\n';
  if (size_ > 0 && pread(file_, &last, 1, status.st_size - 1) == 1 && last != '\n' && write(file_, "\n", 1) == 1)
    ++size_;
}

void LogFile::rotate() {
  close(file_);
  for (int number = rotation_.kept - 1; number >= 0; --number)
    if (renameat(folder_, file_name(number).c_str(), folder_, file_name(number + 1).c_str()) != 0 && errno != ENOENT)
      ok_ = false;
  open();
}

void LogFile::add(const Event& event, Source source) {
  const auto line = to_line(event, source, next_++, clock_.now());
  if (file_ >= 0 && size_ + line.size() > rotation_.max_size && size_ > 0) rotate();
  if (file_ < 0) open();
  if (file_ < 0 || write(file_, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    ok_ = false;
  else
    size_ += line.size();
}

std::vector<std::string> read_lines(int folder) {
  std::vector<std::string> lines;
  for (int number = kept_files; number >= 0; --number)
    each_line(read_file(folder, file_name(number)), [&](std::string_view line) {
      if (line.starts_with('{') && line.ends_with('}')) lines.emplace_back(line);
    });
  return lines;
}

}  // namespace pqc::keys::audit
