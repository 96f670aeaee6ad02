#include "server/blobs/blob_folder.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "server/blobs/limits.h"

namespace pqc::server::blobs {
namespace {

class File {
 public:
  File(const std::string& name, int flags) : fd_(::open(name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, 0600)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

std::unexpected<BlobError> system_error(int number) {
  if (number == ENOENT) return std::unexpected(BlobError::missing);
  if (number == ENOSPC || number == EDQUOT || number == EFBIG) return std::unexpected(BlobError::disk_full);
  return std::unexpected(BlobError::io);
}

Result<std::uint64_t> length_of(const File& file) {
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return system_error(errno);
  return static_cast<std::uint64_t>(status.st_size);
}

Result<void> cut(const File& file, std::uint64_t length) {
  if (::ftruncate(file.get(), static_cast<off_t>(length)) != 0) return system_error(errno);
  return {};
}

// errno, or 0.
int write_all(const File& file, std::uint64_t offset, ByteView data) {
  while (!data.empty()) {
    const auto written = ::pwrite(file.get(), data.data(), data.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    if (written == 0) return ENOSPC;
    offset += static_cast<std::uint64_t>(written);
    data = data.subspan(static_cast<std::size_t>(written));
  }
  return 0;
}

}  // namespace

std::string_view name_of(BlobError error) {
  switch (error) {
    case BlobError::missing:
      return "missing";
    case BlobError::misplaced:
      return "misplaced";
    case BlobError::disk_full:
      return "disk_full";
    case BlobError::io:
      return "io";
  }
  return "unknown";
}

std::expected<BlobFolder, int> BlobFolder::open(const std::string& path) {
  if (::mkdir(path.c_str(), S_IRWXU) != 0 && errno != EEXIST) return std::unexpected(errno);
  if (::access(path.c_str(), R_OK | W_OK | X_OK) != 0) return std::unexpected(errno);
  return BlobFolder(path);
}

// Messages go on when blobs have filled their part of the disk.
bool BlobFolder::has_room(std::uint64_t bytes) const {
  struct statvfs disk{};
  if (::statvfs(path_.c_str(), &disk) != 0) return true;  // then writing says it
  const auto block = static_cast<std::uint64_t>(disk.f_frsize);
  const auto reserve = std::min(max_reserve, static_cast<std::uint64_t>(disk.f_blocks) * block / 16);
  const auto free = static_cast<std::uint64_t>(disk.f_bavail) * block;
  return free >= reserve && free - reserve >= bytes;
}

Result<std::uint64_t> BlobFolder::prepare(const BlobId& id, std::uint64_t offset, std::uint64_t size) {
  const bool is_new = !holds(id);
  const File file(this->file(id), O_RDWR | O_CREAT);
  if (!file) return system_error(errno);
  const auto length = length_of(file);
  if (!length) return length;
  const auto left = std::min(*length, offset);
  if (!has_room(size - std::min(size, left))) return std::unexpected(BlobError::disk_full);
  if (*length > left)
    if (auto done = cut(file, left); !done) return std::unexpected(done.error());
  if (!is_new) return left;
  // The name is on disk before anything in the file is confirmed.
  const File folder(path_, O_RDONLY | O_DIRECTORY);
  if (!folder || ::fsync(folder.get()) != 0) return system_error(errno);
  return left;
}

Result<std::uint64_t> BlobFolder::append(const BlobId& id, std::uint64_t offset, ByteView data) {
  const File file(this->file(id), O_WRONLY);
  if (!file) return system_error(errno);
  const auto length = length_of(file);
  if (!length) return length;
  if (*length != offset) return std::unexpected(BlobError::misplaced);
  if (!has_room(data.size())) return std::unexpected(BlobError::disk_full);
  if (const int failed = write_all(file, offset, data); failed != 0) {
    static_cast<void>(cut(file, offset));  // else the next opening cuts it
    return system_error(failed);
  }
  return offset + data.size();
}

Result<void> BlobFolder::sync(const BlobId& id) {
  const File file(this->file(id), O_WRONLY);
  if (!file || ::fdatasync(file.get()) != 0) return system_error(errno);
  return {};
}

Result<std::string> BlobFolder::read(const BlobId& id, std::uint64_t offset, std::size_t size) const {
  const File file(this->file(id), O_RDONLY);
  if (!file) return system_error(errno);
  std::string data(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    const auto count = ::pread(file.get(), data.data() + got, size - got, static_cast<off_t>(offset + got));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(errno);
    if (count == 0) return std::unexpected(BlobError::missing);
    got += static_cast<std::size_t>(count);
  }
  return data;
}

bool BlobFolder::holds(const BlobId& id) const {
  return ::access(file(id).c_str(), F_OK) == 0;
}

void BlobFolder::remove(const BlobId& id) {
  ::unlink(file(id).c_str());
}

Result<std::vector<BlobId>> BlobFolder::list() const {
  std::vector<BlobId> ids;
  std::error_code error;
  for (std::filesystem::directory_iterator at(path_, error), end; !error && at != end; at.increment(error)) {
    const auto bytes = from_hex(at->path().filename().string());
    BlobId id{};
    if (!bytes || bytes->size() != id.size()) continue;
    std::ranges::copy(*bytes, id.begin());
    ids.push_back(id);
  }
  if (error) return system_error(error.value());
  return ids;
}

}  // namespace pqc::server::blobs
