// Seals a file chunk by chunk (docs/spec/attachments.md §3), with one chunk in memory.
//
// Every sealing takes a fresh random nonce, so that going on after a crash, over a file that changed meanwhile too,
// never uses a key and nonce for two plaintexts. A resumed file so has other bytes from there on: progress is stored
// with what was stored of the sealed file. One thread at a time.
#pragma once

#include "base/rng.h"
#include "protocol/attachment/chunk_cipher.h"

namespace pqc::attachment {

class Sealer {
 public:
  // Error::limit for a file that is too large.
  static Result<Sealer> start(const FileSecret& secret, std::uint64_t file_size);
  static Result<Sealer> resume(const FileSecret& secret, std::uint64_t file_size, const Progress& progress);

  [[nodiscard]] const Layout& layout() const { return cipher_.layout(); }
  [[nodiscard]] const Progress& progress() const { return cipher_.progress(); }
  [[nodiscard]] bool done() const { return cipher_.done(); }

  // `content` is the file's part in the next chunk, layout().content_size(progress().next) bytes. The answer is the
  // sealed chunk, there until the next call. On an error nothing has changed.
  [[nodiscard]] Result<ByteView> seal_next(ByteView content, Rng& rng);
  // What the message carries; Error::bad_state before the last chunk.
  [[nodiscard]] Result<Chain> finish() const;

 private:
  explicit Sealer(ChunkCipher cipher);

  ChunkCipher cipher_;
  Bytes chunk_;
};

}  // namespace pqc::attachment
