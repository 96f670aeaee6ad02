// Seals the chunks of a recording, one after the other (docs/spec/recording.md §2). A key seals one file: chunks are
// numbered, and their numbers are the nonces. One thread at a time; no allocation after the start.
#pragma once

#include "crypto/aead.h"
#include "protocol/recording/file_key.h"

namespace pqc::recording {

class Sealer {
 public:
  static Result<Sealer> start(const FileKey& key);

  // The next chunk, there until the next call. Nothing comes after the last one. Error::bad_state for more than
  // chunk_size bytes and after the last chunk.
  [[nodiscard]] Result<ByteView> seal_next(ByteView content, bool last);

 private:
  Sealer() : chunk_(chunk_head_size + chunk_size + tag_size) {}

  crypto::Aead aead_{crypto::AeadAlg::aes_256_gcm};
  Bytes chunk_;
  std::uint64_t next_ = 0;
  bool done_ = false;
};

}  // namespace pqc::recording
