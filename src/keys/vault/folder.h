// The key folder on disk: owned by the user alone, locked by one agent, its files replaced atomically
// (docs/spec/vault.md §9, docs/spec/agent.md §2).
//
// Names are relative to the folder and hold no '/'. One thread at a time.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/secret.h"
#include "keys/vault/error.h"

namespace pqc::keys::vault {

// A file descriptor that is closed when it goes.
class OwnedFd {
 public:
  OwnedFd() = default;
  explicit OwnedFd(int fd) : fd_(fd) {}
  ~OwnedFd() { reset(); }
  OwnedFd(OwnedFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  OwnedFd& operator=(OwnedFd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  OwnedFd(const OwnedFd&) = delete;
  OwnedFd& operator=(const OwnedFd&) = delete;

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_ = -1;
};

class KeyFolder {
 public:
  // Makes the folder (not its parents) where it is missing. Errors: missing, no_permission (another's, or open to group
  // or others), io.
  static Result<KeyFolder> open(const std::string& path);

  // Holds the folder for this process until it ends. Error::busy when another process does.
  [[nodiscard]] Result<void> lock();
  // Goes on at another path of the same folder: what the agent does when the folder has become its root.
  [[nodiscard]] Result<void> reopen(const std::string& path);
  [[nodiscard]] int fd() const { return folder_.get(); }

  // A whole file of at most `max` bytes. Errors: missing, no_permission, limit, io.
  [[nodiscard]] Result<Bytes> read(const char* name, std::size_t max) const;
  // The same into locked memory, without a copy elsewhere.
  [[nodiscard]] Result<SecretBytes> read_secret(const char* name, std::size_t max) const;
  [[nodiscard]] bool has(const char* name) const;

  // Writes name.new, syncs it, renames it to `name`, syncs the folder. Errors: no_permission, disk_full, io; the file
  // is then as it was.
  [[nodiscard]] Result<void> replace(const char* name, ByteView bytes) const;
  // No error when it is not there. Synced.
  [[nodiscard]] Result<void> remove(const char* name) const;

 private:
  explicit KeyFolder(OwnedFd folder) : folder_(std::move(folder)) {}

  OwnedFd folder_;
  OwnedFd lock_;
};

namespace files {
inline constexpr const char* vault = "vault";
inline constexpr const char* vault_new = "vault.new";
inline constexpr const char* attempts = "attempts";
inline constexpr const char* key_file = "vault.key";
inline constexpr const char* lock = "lock";
}  // namespace files

}  // namespace pqc::keys::vault
