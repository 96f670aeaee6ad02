#include "protocol/recording/opener.h"

#include "protocol/recording/chunk.h"
#include "wire/reader.h"

namespace pqc::recording {

Result<Opener> Opener::start(const FileKey& key) {
  Opener out;
  if (!out.aead_.set_key(key.view())) return std::unexpected(Error::backend);
  return out;
}

Result<std::size_t> Opener::length_of(ByteView head) {
  wire::Reader reader(head);
  const auto kind = reader.u8();
  const auto length = reader.u32();
  if (!kind || !length || (*kind != kind_more && *kind != kind_last) || *length > chunk_size)
    return std::unexpected(Error::refused);
  return chunk_head_size + *length + tag_size;
}

Result<ByteView> Opener::open_next(ByteView chunk) {
  if (done_) return std::unexpected(Error::bad_state);
  const auto length = length_of(chunk);
  if (!length || *length != chunk.size()) return std::unexpected(Error::refused);
  const auto content = ByteSpan(content_).first(*length - chunk_head_size - tag_size);
  const auto opened =
      aead_.open(nonce_of(next_), chunk.first(chunk_head_size), chunk.subspan(chunk_head_size), content);
  if (!opened) return std::unexpected(opened.error() == crypto::Error::refused ? Error::refused : Error::backend);
  ++next_;
  done_ = chunk[0] == kind_last;
  return content;
}

}  // namespace pqc::recording
