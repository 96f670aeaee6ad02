// A file that is sent: opened once, read where it is needed, and watched for changes.
#pragma once

#include <string>

#include "client/files.h"
#include "client/store/transfer_table.h"

namespace pqc::client {

class SourceFile {
 public:
  // Errors: usage (no regular file), file_too_large, missing, no_permission.
  static Result<SourceFile> open(const std::string& path);

  // As it was when it was opened.
  [[nodiscard]] const FileMark& mark() const { return mark_; }
  // Fills all of `out`. Errors: file_changed (it ends before), and the system's.
  Status read(std::uint64_t offset, ByteSpan out) const;
  // Error: file_changed, when it is not what it was.
  [[nodiscard]] Status unchanged() const;

  // The name without folders, as it is sent.
  [[nodiscard]] static std::string name_of(const std::string& path);
  // What its name says it is.
  [[nodiscard]] static std::string media_type_of(const std::string& name);

 private:
  SourceFile(FileDescriptor file, std::string path, FileMark mark)
      : file_(std::move(file)), path_(std::move(path)), mark_(mark) {}

  FileDescriptor file_;
  std::string path_;
  FileMark mark_;
};

// Of a file that has changed since it was chosen.
Error file_changed(const std::string& path);

}  // namespace pqc::client
