#include "protocol/attachment/opener.h"

#include "protocol/attachment/limits.h"

namespace pqc::attachment {

Opener::Opener(ChunkCipher cipher) : cipher_(std::move(cipher)), plaintext_(chunk_size) {}

Result<Opener> Opener::start(const FileSecret& secret, std::uint64_t file_size) {
  return ChunkCipher::start(secret, file_size).transform([](ChunkCipher&& made) { return Opener(std::move(made)); });
}

Result<Opener> Opener::resume(const FileSecret& secret, std::uint64_t file_size, const Progress& progress) {
  return ChunkCipher::resume(secret, file_size, progress).transform([](ChunkCipher&& made) {
    return Opener(std::move(made));
  });
}

Result<ByteView> Opener::open_next(ByteView chunk) {
  if (done()) return std::unexpected(Error::bad_state);
  const auto index = progress().next;
  if (chunk.size() != layout().sealed_size(index)) return std::unexpected(Error::refused);
  const auto plaintext = ByteSpan(plaintext_).first(layout().plaintext_size(index));
  if (auto opened = cipher_.open(chunk, plaintext); !opened) return std::unexpected(opened.error());
  const auto content = plaintext.first(layout().content_size(index));
  if (std::ranges::any_of(plaintext.subspan(content.size()), [](std::uint8_t byte) { return byte != 0; })) {
    return std::unexpected(Error::refused);
  }
  cipher_.advance(chunk);
  return content;
}

Result<void> Opener::finish(const Chain& announced) const {
  if (!done()) return std::unexpected(Error::bad_state);
  if (progress().chain != announced) return std::unexpected(Error::refused);
  return {};
}

}  // namespace pqc::attachment
