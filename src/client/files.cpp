#include "client/files.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pqc::client {
namespace {

Status write_all(int fd, ByteView content, const std::filesystem::path& file) {
  while (!content.empty()) {
    const auto written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return std::unexpected(system_error(errno, "write", file));
    content = content.subspan(static_cast<std::size_t>(written));
  }
  if (::fsync(fd) != 0) return std::unexpected(system_error(errno, "write", file));
  return {};
}

void sync_folder(const std::filesystem::path& folder) {
  const FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd) ::fsync(fd.get());
}

}  // namespace

void FileDescriptor::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Error system_error(int number, std::string_view doing, const std::filesystem::path& what) {
  const auto subject = "cannot " + std::string(doing) + " " + what.string() + ": ";
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return {ExitCode::missing, subject + "it does not exist"};
    case EISDIR:
      return {ExitCode::missing, subject + "it is a folder, not a file"};
    case EACCES:
    case EPERM:
    case EROFS:
      return {ExitCode::no_permission, subject + "no permission; check owner and mode"};
    case ENOSPC:
    case EDQUOT:
      return {ExitCode::disk_full, subject + "the disk is full; free some space, nothing was lost"};
    default:
      return {ExitCode::unexpected, subject + std::strerror(number)};
  }
}

Result<SecretBytes> read_private_file(const std::filesystem::path& file, std::size_t longest) {
  const FileDescriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return std::unexpected(system_error(errno, "read", file));
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return std::unexpected(system_error(errno, "read", file));
  if (S_ISREG(status.st_mode) && (status.st_mode & 077) != 0)
    return fail(ExitCode::no_permission, file.string() + " may be read by others: chmod 600 " + file.string());
  SecretBytes content(longest + 1);
  std::size_t size = 0;
  while (size < content.size()) {
    const auto got = ::read(fd.get(), content.fill().data() + size, content.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(system_error(errno, "read", file));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > longest) return fail(ExitCode::damaged, file.string() + " is longer than such a file can be");
  return SecretBytes(content.view().first(size));
}

Status write_private_file(const std::filesystem::path& file, ByteView content) {
  const auto temporary = std::filesystem::path(file.string() + ".new");
  const FileDescriptor fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return std::unexpected(system_error(errno, "write", temporary));
  if (auto written = write_all(fd.get(), content, temporary); !written) return written;
  if (::rename(temporary.c_str(), file.c_str()) != 0) return std::unexpected(system_error(errno, "write", file));
  sync_folder(file.parent_path());
  return {};
}

Status make_private_folder(const std::filesystem::path& folder) {
  const auto make = [&folder] { return ::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST; };
  if (make()) return {};
  if (errno != ENOENT || !folder.has_parent_path()) return std::unexpected(system_error(errno, "make", folder));
  if (auto parents = make_private_folder(folder.parent_path()); !parents) return parents;
  if (make()) return {};
  return std::unexpected(system_error(errno, "make", folder));
}

}  // namespace pqc::client
