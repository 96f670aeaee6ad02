// Whether an open file is still the one at a path: whoever takes a lock on a file that its last owner may have removed
// has to ask after locking it.
#pragma once

#include <filesystem>

#include <sys/stat.h>

namespace pqc {

inline bool is_at(int file, const std::filesystem::path& path) {
  struct stat ours{};
  struct stat there{};
  return ::fstat(file, &ours) == 0 && ::stat(path.c_str(), &there) == 0 && ours.st_ino == there.st_ino &&
         ours.st_dev == there.st_dev;
}

}  // namespace pqc
