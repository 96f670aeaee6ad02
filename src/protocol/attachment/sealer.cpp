#include "protocol/attachment/sealer.h"

#include "protocol/attachment/limits.h"

namespace pqc::attachment {

Sealer::Sealer(ChunkCipher cipher) : cipher_(std::move(cipher)), chunk_(chunk_size + chunk_overhead) {}

Result<Sealer> Sealer::start(const FileSecret& secret, std::uint64_t file_size) {
  return ChunkCipher::start(secret, file_size).transform([](ChunkCipher&& made) { return Sealer(std::move(made)); });
}

Result<Sealer> Sealer::resume(const FileSecret& secret, std::uint64_t file_size, const Progress& progress) {
  return ChunkCipher::resume(secret, file_size, progress).transform([](ChunkCipher&& made) {
    return Sealer(std::move(made));
  });
}

Result<ByteView> Sealer::seal_next(ByteView content, Rng& rng) {
  if (done()) return std::unexpected(Error::bad_state);
  const auto index = progress().next;
  if (content.size() != layout().content_size(index)) return std::unexpected(Error::bad_length);
  const auto chunk = ByteSpan(chunk_).first(layout().sealed_size(index));
  const auto plaintext = chunk.subspan(crypto::aead_nonce_size, layout().plaintext_size(index));
  rng.fill(chunk.first(crypto::aead_nonce_size));
  std::ranges::copy(content, plaintext.begin());
  std::ranges::fill(plaintext.subspan(content.size()), std::uint8_t{0});
  if (auto sealed = cipher_.seal(chunk); !sealed) return std::unexpected(sealed.error());
  cipher_.advance(chunk);
  return chunk;
}

Result<Chain> Sealer::finish() const {
  if (!done()) return std::unexpected(Error::bad_state);
  return progress().chain;
}

}  // namespace pqc::attachment
