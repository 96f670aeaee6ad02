#include "client/attachments/part_file.h"

#include <cerrno>
#include <climits>
#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pqc::client {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view part_ending = ".part";

std::unexpected<Error> already_there(const std::string& path) {
  return fail(ExitCode::usage, path + " is there already: choose another name");
}

// The kernel's way of renaming without replacing; a second name and the loss of the first where it does not have it.
int rename_to_new(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  if (::link(from.c_str(), to.c_str()) != 0) return errno;
  return ::unlink(from.c_str()) == 0 ? 0 : errno;
}

}  // namespace

std::string safe_name(const std::string& name) {
  auto out = name;
  if (out.starts_with('.') || out.starts_with('-')) out.front() = '_';
  return out;
}

Result<std::string> place_for(const std::string& path, const std::string& name) {
  std::error_code code;
  const auto place = fs::is_directory(path, code) ? (fs::path(path) / safe_name(name)).string() : path;
  struct stat status{};
  if (::lstat(place.c_str(), &status) == 0) return already_there(place);
  if (errno != ENOENT) return std::unexpected(system_error(errno, "write", place));
  const auto folder = fs::path(place).parent_path();
  if (!fs::is_directory(folder, code)) return std::unexpected(system_error(ENOENT, "write into", folder));
  return place;
}

std::string part_name(const std::string& path, std::string_view digits) {
  const auto ending = "." + std::string(digits) + std::string(part_ending);
  auto name = fs::path(path).filename().string();
  const auto is_tail = [&](std::size_t i) { return (static_cast<unsigned char>(name[i]) & 0xC0) == 0x80; };
  if (auto length = NAME_MAX - ending.size(); name.size() > length) {
    while (length > 0 && is_tail(length)) --length;
    name.resize(length);
  }
  return (fs::path(path).parent_path() / (name + ending)).string();
}

void remove_part(const std::string& path) {
  struct stat status{};
  if (!path.ends_with(part_ending) || ::lstat(path.c_str(), &status) != 0) return;
  if (S_ISREG(status.st_mode) && status.st_uid == ::geteuid() && status.st_nlink == 1) ::unlink(path.c_str());
}

Result<PartFile> PartFile::open(const std::string& path, std::uint64_t from, bool own) {
  const int how = own ? 0 : O_EXCL;
  FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | how, 0600));
  if (!file && errno == EEXIST) return already_there(path);
  if (!file) return std::unexpected(system_error(errno, "write", path));
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return std::unexpected(system_error(errno, "write", path));
  const bool ours =
      S_ISREG(status.st_mode) && status.st_uid == ::geteuid() && status.st_nlink == 1 && (status.st_mode & 077) == 0;
  if (!ours) return already_there(path);
  if (static_cast<std::uint64_t>(status.st_size) < from)
    return fail(ExitCode::missing, path + " is shorter than it was: it is saved anew");
  if (::ftruncate(file.get(), static_cast<off_t>(from)) != 0)
    return std::unexpected(system_error(errno, "write", path));
  return PartFile(std::move(file), path);
}

Status PartFile::write(std::uint64_t offset, ByteView data) {
  while (!data.empty()) {
    const auto written = ::pwrite(file_.get(), data.data(), data.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return std::unexpected(system_error(errno, "write", name_));
    offset += static_cast<std::uint64_t>(written);
    data = data.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Status PartFile::sync() {
  if (::fdatasync(file_.get()) != 0) return std::unexpected(system_error(errno, "write", name_));
  return {};
}

Status PartFile::finish(const std::string& path) {
  if (auto done = sync(); !done) return done;
  if (const int failed = rename_to_new(name_, path); failed == EEXIST) {
    return already_there(path);
  } else if (failed != 0) {
    return std::unexpected(system_error(failed, "write", path));
  }
  const FileDescriptor folder(::open(fs::path(path).parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder) ::fsync(folder.get());
  return {};
}

void PartFile::remove() {
  ::unlink(name_.c_str());
}

}  // namespace pqc::client
