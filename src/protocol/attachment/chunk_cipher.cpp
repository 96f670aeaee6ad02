#include "protocol/attachment/chunk_cipher.h"

#include "crypto/kdf.h"
#include "protocol/attachment/labels.h"
#include "protocol/attachment/limits.h"
#include "wire/writer.h"

namespace pqc::attachment {
namespace {

static_assert(chunk_overhead == crypto::aead_nonce_size + crypto::aead_tag_size);

struct ChunkKeyTag;
using ChunkKey = Secret<ChunkKeyTag, 32>;

std::array<std::uint8_t, 8> encoded(std::uint64_t size) {
  std::array<std::uint8_t, 8> out{};
  wire::Writer(ByteSpan(out)).u64(size);
  return out;
}

Result<void> set_key(crypto::Aead& aead, const FileSecret& secret, std::uint64_t file_size) {
  ChunkKey key;
  crypto::Sha512Digest prk{};
  const auto worked = crypto::hkdf_extract(crypto::HashAlg::sha512, {}, secret.view(), prk)
                          .and_then([&] {
                            return crypto::hkdf_expand(crypto::HashAlg::sha512, prk,
                                                       {as_bytes(labels::key), encoded(file_size)}, key.fill());
                          })
                          .and_then([&] { return aead.set_key(key.view()); });
  wipe(prk);
  if (!worked) return std::unexpected(Error::backend);
  return {};
}

}  // namespace

Result<ChunkCipher> ChunkCipher::start(const FileSecret& secret, std::uint64_t file_size) {
  return resume(secret, file_size, {0, crypto::sha256({as_bytes(labels::chain), encoded(file_size)})});
}

Result<ChunkCipher> ChunkCipher::resume(const FileSecret& secret, std::uint64_t file_size, const Progress& progress) {
  const auto layout = Layout::of(file_size);
  if (!layout) return std::unexpected(layout.error());
  if (progress.next > layout->chunks()) return std::unexpected(Error::bad_state);
  ChunkCipher out(*layout);
  if (auto keyed = set_key(out.aead_, secret, file_size); !keyed) return std::unexpected(keyed.error());
  out.progress_ = progress;
  return out;
}

std::array<std::uint8_t, 9> ChunkCipher::associated_data() const {
  std::array<std::uint8_t, 9> out{};
  const bool last = progress_.next + 1 == layout_.chunks();
  wire::Writer(ByteSpan(out)).u32(progress_.next).u32(layout_.chunks()).u8(last ? 1 : 0);
  return out;
}

Result<void> ChunkCipher::seal(ByteSpan chunk) {
  const auto body = chunk.subspan(crypto::aead_nonce_size);
  const auto plaintext = body.first(body.size() - crypto::aead_tag_size);
  if (!aead_.seal(chunk.first(crypto::aead_nonce_size), associated_data(), plaintext, body)) {
    return std::unexpected(Error::backend);
  }
  return {};
}

Result<void> ChunkCipher::open(ByteView chunk, ByteSpan plaintext) {
  const auto nonce = chunk.first(crypto::aead_nonce_size);
  const auto opened = aead_.open(nonce, associated_data(), chunk.subspan(nonce.size()), plaintext);
  if (opened) return {};
  return std::unexpected(opened.error() == crypto::Error::refused ? Error::refused : Error::backend);
}

void ChunkCipher::advance(ByteView chunk) {
  progress_.chain = crypto::sha256({progress_.chain, chunk});
  ++progress_.next;
}

}  // namespace pqc::attachment
