#include "client/attachments/source_file.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/messages/content.h"
#include "protocol/attachment/limits.h"

namespace pqc::client {
namespace {

struct Type {
  std::string_view ending;
  std::string_view name;
};

constexpr std::array types{
    Type{"avif", "image/avif"},       Type{"flac", "audio/flac"},      Type{"gif", "image/gif"},
    Type{"gz", "application/gzip"},   Type{"heic", "image/heic"},      Type{"html", "text/html"},
    Type{"jpeg", "image/jpeg"},       Type{"jpg", "image/jpeg"},       Type{"json", "application/json"},
    Type{"md", "text/markdown"},      Type{"mkv", "video/x-matroska"}, Type{"mp3", "audio/mpeg"},
    Type{"mp4", "video/mp4"},         Type{"ogg", "audio/ogg"},        Type{"opus", "audio/ogg"},
    Type{"pdf", "application/pdf"},   Type{"png", "image/png"},        Type{"svg", "image/svg+xml"},
    Type{"tar", "application/x-tar"}, Type{"txt", "text/plain"},       Type{"wav", "audio/wav"},
    Type{"webm", "video/webm"},       Type{"webp", "image/webp"},      Type{"xz", "application/x-xz"},
    Type{"zip", "application/zip"},   Type{"zst", "application/zstd"},
};

constexpr std::int64_t nanoseconds = 1'000'000'000;

Result<FileMark> mark_of(int file, const std::string& path) {
  struct stat status{};
  if (::fstat(file, &status) != 0) return std::unexpected(system_error(errno, "read", path));
  if (!S_ISREG(status.st_mode)) return fail(ExitCode::usage, path + " is no regular file");
  return FileMark{.inode = static_cast<std::int64_t>(status.st_ino),
                  .size = status.st_size,
                  .changed_at = status.st_mtim.tv_sec * nanoseconds + status.st_mtim.tv_nsec};
}

}  // namespace

Error file_changed(const std::string& path) {
  return {ExitCode::file_changed, path + " has changed while it was sent: send it again"};
}

Result<SourceFile> SourceFile::open(const std::string& path) {
  // A pipe without a writer must not hold us up.
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return std::unexpected(system_error(errno, "read", path));
  auto mark = mark_of(file.get(), path);
  if (!mark) return pass(mark);
  if (static_cast<std::uint64_t>(mark->size) > attachment::max_file_size)
    return fail(ExitCode::file_too_large, path + " is larger than 2 GiB: split it");
  return SourceFile(std::move(file), path, *mark);
}

Status SourceFile::read(std::uint64_t offset, ByteSpan out) const {
  while (!out.empty()) {
    const auto got = ::pread(file_.get(), out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(system_error(errno, "read", path_));
    if (got == 0) return std::unexpected(file_changed(path_));
    offset += static_cast<std::uint64_t>(got);
    out = out.subspan(static_cast<std::size_t>(got));
  }
  return {};
}

Status SourceFile::unchanged() const {
  const auto now = mark_of(file_.get(), path_);
  if (!now) return std::unexpected(now.error());
  if (*now != mark_) return std::unexpected(file_changed(path_));
  return {};
}

std::string SourceFile::name_of(const std::string& path) {
  auto name = std::filesystem::path(path).filename().string();
  return is_file_name(name) ? name : "file";
}

std::string SourceFile::media_type_of(const std::string& name) {
  const auto dot = name.rfind('.');
  auto ending = dot == std::string::npos ? std::string() : name.substr(dot + 1);
  std::ranges::transform(ending, ending.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const auto* const found = std::ranges::find(types, ending, &Type::ending);
  return std::string(found == types.end() ? "application/octet-stream" : found->name);
}

}  // namespace pqc::client
