// Opens the chunks of a recording, one after the other (docs/spec/recording.md §2, §4). What it answers is authentic
// and at its place; whether the file is whole is known once done() says so. One thread at a time.
#pragma once

#include <optional>

#include "crypto/aead.h"
#include "protocol/recording/file_key.h"

namespace pqc::recording {

class Opener {
 public:
  static Result<Opener> start(const FileKey& key);

  // The length of the whole chunk that begins with these chunk_head_size bytes. Error::refused for a kind or length
  // that no chunk has.
  [[nodiscard]] static Result<std::size_t> length_of(ByteView head);
  // The content of the chunk that comes next, there until the next call. Error::refused for any other bytes, and then
  // nothing has changed; Error::bad_state after the last chunk.
  [[nodiscard]] Result<ByteView> open_next(ByteView chunk);
  // How many chunks were opened, and whether the last one was.
  [[nodiscard]] std::uint64_t opened() const { return next_; }
  [[nodiscard]] bool done() const { return done_; }

 private:
  Opener() : content_(chunk_size) {}

  crypto::Aead aead_{crypto::AeadAlg::aes_256_gcm};
  Bytes content_;
  std::uint64_t next_ = 0;
  bool done_ = false;
};

}  // namespace pqc::recording
