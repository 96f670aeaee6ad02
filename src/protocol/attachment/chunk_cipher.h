// What Sealer and Opener share: the layout, the keyed cipher, the place in the file (docs/spec/attachments.md §3, §4).
#pragma once

#include <array>

#include "crypto/aead.h"
#include "protocol/attachment/error.h"
#include "protocol/attachment/layout.h"
#include "protocol/attachment/progress.h"

namespace pqc::attachment {

class ChunkCipher {
 public:
  static Result<ChunkCipher> start(const FileSecret& secret, std::uint64_t file_size);
  // Error::bad_state for a place that the file does not have.
  static Result<ChunkCipher> resume(const FileSecret& secret, std::uint64_t file_size, const Progress& progress);

  [[nodiscard]] const Layout& layout() const { return layout_; }
  [[nodiscard]] const Progress& progress() const { return progress_; }
  [[nodiscard]] bool done() const { return progress_.next == layout_.chunks(); }

  // Of the chunk that comes next: nonce ‖ plaintext, with room for the tag, becomes the sealed chunk.
  [[nodiscard]] Result<void> seal(ByteSpan chunk);
  // The plaintext of the sealed chunk that comes next.
  [[nodiscard]] Result<void> open(ByteView chunk, ByteSpan plaintext);
  // Takes the sealed chunk into the chain and goes on to the one after it.
  void advance(ByteView chunk);

 private:
  explicit ChunkCipher(const Layout& layout) : layout_(layout) {}
  [[nodiscard]] std::array<std::uint8_t, 9> associated_data() const;

  Layout layout_;
  Progress progress_;
  crypto::Aead aead_{crypto::AeadAlg::aes_256_gcm};
};

}  // namespace pqc::attachment
