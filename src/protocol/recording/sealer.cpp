#include "protocol/recording/sealer.h"

#include "protocol/recording/chunk.h"

namespace pqc::recording {

Result<Sealer> Sealer::start(const FileKey& key) {
  Sealer out;
  if (!out.aead_.set_key(key.view())) return std::unexpected(Error::backend);
  return out;
}

Result<ByteView> Sealer::seal_next(ByteView content, bool last) {
  if (done_ || content.size() > chunk_size) return std::unexpected(Error::bad_state);
  const auto chunk = ByteSpan(chunk_).first(chunk_head_size + content.size() + tag_size);
  const auto head = chunk.first(chunk_head_size);
  wire::Writer(head).u8(last ? kind_last : kind_more).u32(static_cast<std::uint32_t>(content.size()));
  if (!aead_.seal(nonce_of(next_), head, content, chunk.subspan(chunk_head_size)))
    return std::unexpected(Error::backend);
  ++next_;
  done_ = last;
  return chunk;
}

}  // namespace pqc::recording
