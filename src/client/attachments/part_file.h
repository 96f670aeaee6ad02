// A file that is being saved: written under another name beside its place, and given its name only once it is whole.
// Nothing that is there already is replaced; only the user may read it (0600). Loop thread only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "client/files.h"

namespace pqc::client {

// Where a file goes: `path` itself, or inside it where it is a folder, under the sender's name. Errors: usage
// (something has this name already), missing, no_permission.
Result<std::string> place_for(const std::string& path, const std::string& name);
// The name that a file gets in a folder, made from the sender's: no hidden file, none that looks like an option.
std::string safe_name(const std::string& name);

// The name beside `path` under which it is written: with these digits and ".part" behind it. A long one is cut off, at
// the boundary of a character, to what file systems take.
std::string part_name(const std::string& path, std::string_view digits);
// Removes an unfinished file of an earlier run: a regular one of the user's own that has a name of that kind.
void remove_part(const std::string& path);

class PartFile {
 public:
  // `from` 0: a new file. Else the one that an earlier run left, cut off at `from`; with `own`, what is there under
  // this name is known to be ours. Errors: usage (something else is there), missing (shorter than `from`), and the
  // system's.
  static Result<PartFile> open(const std::string& path, std::uint64_t from, bool own);

  Status write(std::uint64_t offset, ByteView data);
  // All that was written is on disk.
  Status sync();
  // Gives the whole file its name. Errors: usage, where something got that name meanwhile.
  Status finish(const std::string& path);
  void remove();

 private:
  PartFile(FileDescriptor file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}

  FileDescriptor file_;
  std::string name_;
};

}  // namespace pqc::client
