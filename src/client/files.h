// Small private files and what the system says about them.
#pragma once

#include <filesystem>
#include <string_view>
#include <utility>

#include "base/secret.h"
#include "client/error.h"

namespace pqc::client {

// An open file descriptor.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() { reset(); }
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_ = -1;
};

// The error of a system call (errno) on `what`: missing, no_permission, disk_full or unexpected.
Error system_error(int number, std::string_view doing, const std::filesystem::path& what);

// Whole content of a file that nobody but its owner may read. Errors: missing, no_permission (also when others may
// read it), damaged (longer than `longest`).
Result<SecretBytes> read_private_file(const std::filesystem::path& file, std::size_t longest);

// Writes it with mode 0600, synced, in one step: a crash leaves the old file or the new one.
Status write_private_file(const std::filesystem::path& file, ByteView content);

// Makes the folder with mode 0700, and so those above it that are missing.
Status make_private_folder(const std::filesystem::path& folder);

}  // namespace pqc::client
