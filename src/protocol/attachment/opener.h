// Opens a sealed file chunk by chunk (docs/spec/attachments.md §3, §4), with one chunk in memory.
//
// What open_next answers is authentic, at its place, and of the file's size; that all of it is the file that the sender
// announced is known only after finish(). Until then it belongs into a file that nobody takes for the finished one.
// One thread at a time.
#pragma once

#include "protocol/attachment/chunk_cipher.h"

namespace pqc::attachment {

class Opener {
 public:
  // Secret and size are those of the message. Error::limit for a size that no attachment has.
  static Result<Opener> start(const FileSecret& secret, std::uint64_t file_size);
  static Result<Opener> resume(const FileSecret& secret, std::uint64_t file_size, const Progress& progress);

  [[nodiscard]] const Layout& layout() const { return cipher_.layout(); }
  [[nodiscard]] const Progress& progress() const { return cipher_.progress(); }
  [[nodiscard]] bool done() const { return cipher_.done(); }

  // The file's part in the sealed chunk that comes next, there until the next call; empty where the chunk holds only
  // padding. Error::refused for any other bytes, of any length, and then nothing has changed.
  [[nodiscard]] Result<ByteView> open_next(ByteView chunk);
  // Whether the whole file is the announced one: Error::refused if not, Error::bad_state before the last chunk.
  [[nodiscard]] Result<void> finish(const Chain& announced) const;

 private:
  explicit Opener(ChunkCipher cipher);

  ChunkCipher cipher_;
  Bytes plaintext_;
};

}  // namespace pqc::attachment
