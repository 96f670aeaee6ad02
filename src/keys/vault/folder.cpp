#include "keys/vault/folder.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pqc::keys::vault {
namespace {

constexpr mode_t folder_mode = 0700;
constexpr mode_t file_mode = 0600;
constexpr mode_t others = 0077;

Error from_errno(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return Error::missing;
    case EACCES:
    case EPERM:
    case EROFS:
    case ELOOP:
      return Error::no_permission;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return Error::disk_full;
    default:
      return Error::io;
  }
}

std::unexpected<Error> last_error() {
  return std::unexpected(from_errno(errno));
}

// Of the user alone.
Result<struct stat> checked(int fd) {
  struct stat status{};
  if (fstat(fd, &status) != 0) return last_error();
  if (status.st_uid != geteuid() || (status.st_mode & others) != 0) return std::unexpected(Error::no_permission);
  return status;
}

Result<OwnedFd> open_folder(const std::string& path) {
  OwnedFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return last_error();
  if (const auto status = checked(fd.get()); !status) return std::unexpected(status.error());
  return fd;
}

Result<void> write_all(int fd, ByteView bytes) {
  while (!bytes.empty()) {
    const auto n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return last_error();
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

Result<std::size_t> read_all(int fd, ByteSpan out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const auto n = ::read(fd, out.data() + done, out.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return last_error();
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

// Reads into what `make(size)` answers.
template <class Buffer>
Result<Buffer> read_file(int folder, const char* name, std::size_t max) {
  const OwnedFd fd(openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return last_error();
  const auto status = checked(fd.get());
  if (!status) return std::unexpected(status.error());
  if (!S_ISREG(status->st_mode)) return std::unexpected(Error::no_permission);
  const auto size = static_cast<std::size_t>(status->st_size);
  if (size > max) return std::unexpected(Error::limit);
  Buffer buffer(size);
  ByteSpan space;
  if constexpr (requires { buffer.fill(); })
    space = buffer.fill();
  else
    space = buffer;
  const auto n = read_all(fd.get(), space);
  if (!n) return std::unexpected(n.error());
  if (*n != size) return std::unexpected(Error::io);
  return buffer;
}

}  // namespace

void OwnedFd::reset() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Result<KeyFolder> KeyFolder::open(const std::string& path) {
  if (mkdir(path.c_str(), folder_mode) != 0 && errno != EEXIST) return last_error();
  auto fd = open_folder(path);
  if (!fd) return std::unexpected(fd.error());
  return KeyFolder(std::move(*fd));
}

Result<void> KeyFolder::lock() {
  OwnedFd fd(openat(folder_.get(), files::lock, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, file_mode));
  if (!fd) return last_error();
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
    return std::unexpected(errno == EWOULDBLOCK ? Error::busy : from_errno(errno));
  lock_ = std::move(fd);
  return {};
}

Result<void> KeyFolder::reopen(const std::string& path) {
  struct stat before{};
  struct stat after{};
  auto fd = open_folder(path);
  if (!fd) return std::unexpected(fd.error());
  if (fstat(folder_.get(), &before) != 0 || fstat(fd->get(), &after) != 0) return last_error();
  if (before.st_ino != after.st_ino || before.st_dev != after.st_dev) return std::unexpected(Error::io);
  folder_ = std::move(*fd);
  return {};
}

Result<Bytes> KeyFolder::read(const char* name, std::size_t max) const {
  return read_file<Bytes>(folder_.get(), name, max);
}

Result<SecretBytes> KeyFolder::read_secret(const char* name, std::size_t max) const {
  return read_file<SecretBytes>(folder_.get(), name, max);
}

bool KeyFolder::has(const char* name) const {
  struct stat status{};
  return fstatat(folder_.get(), name, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

Result<void> KeyFolder::replace(const char* name, ByteView bytes) const {
  const auto temporary = std::string(name) + ".new";
  // Never into something that is there already: a pipe, or a file with another mode.
  if (unlinkat(folder_.get(), temporary.c_str(), 0) != 0 && errno != ENOENT) return last_error();
  const auto flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  const OwnedFd fd(openat(folder_.get(), temporary.c_str(), flags, file_mode));
  if (!fd) return last_error();
  auto written = write_all(fd.get(), bytes);
  if (written && fsync(fd.get()) != 0) written = last_error();
  if (written && renameat(folder_.get(), temporary.c_str(), folder_.get(), name) != 0) written = last_error();
  if (!written) {
    unlinkat(folder_.get(), temporary.c_str(), 0);
    return written;
  }
  if (fsync(folder_.get()) != 0) return last_error();
  return {};
}

Result<void> KeyFolder::remove(const char* name) const {
  if (unlinkat(folder_.get(), name, 0) != 0) {
    if (errno == ENOENT) return {};
    return last_error();
  }
  if (fsync(folder_.get()) != 0) return last_error();
  return {};
}

}  // namespace pqc::keys::vault
