#include "p2p/meeting_seal.h"

#include "crypto/aead.h"
#include "crypto/kdf.h"
#include "crypto/password_hash.h"
#include "p2p/labels.h"
#include "p2p/limits.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace pqc::p2p {
namespace {

using client::Result;

constexpr std::size_t key_size = 32;
constexpr std::size_t salt_size = 32;
constexpr std::size_t plaintext_size = limits::meeting_content + 2;
constexpr std::size_t sealed_size = salt_size + plaintext_size + crypto::aead_tag_size;
constexpr crypto::Argon2Parameters stretching{.memory_kib = 64 * 1024, .passes = 3, .lanes = 1};
// Each salt gives a key of its own, which seals once.
constexpr std::array<std::uint8_t, crypto::aead_nonce_size> nonce{};

using SealKey = Secret<struct SealKeyTag, key_size>;

std::unexpected<client::Error> broken() {
  return client::fail(ExitCode::unexpected, "the keys of a meeting could not be made");
}

Result<SealKey> derive(ByteView salt, ByteView key) {
  SealKey out;
  if (!crypto::hkdf(crypto::HashAlg::sha512, salt, key, as_bytes(labels::meeting_seal), out.fill())) return broken();
  return out;
}

}  // namespace

Result<MeetingSeal> MeetingSeal::make(const MeetingCode& code, const net::Fingerprint& server) {
  auto salt = to_bytes(as_bytes(labels::meeting_key));
  append(salt, server.bytes);
  MeetingSeal out;
  out.key_ = SecretBytes(key_size);
  if (!crypto::argon2id(code.view(), salt, stretching, out.key_.fill())) return broken();
  for (std::size_t i = 0; i < out.slots_.size(); ++i) {
    const std::array round{static_cast<std::uint8_t>(i + 1)};
    if (!crypto::hkdf_expand(crypto::HashAlg::sha512, out.key_.view(), {as_bytes(labels::meeting_slot), round},
                             out.slots_[i]))
      return broken();
  }
  return out;
}

Result<Bytes> MeetingSeal::seal(Round round, ByteView content, Rng& rng) const {
  if (content.size() > limits::meeting_content) return broken();
  Bytes plaintext;
  wire::Writer(plaintext).opaque16(content);
  plaintext.resize(plaintext_size);
  Bytes out(sealed_size);
  const auto salt = ByteSpan(out).first(salt_size);
  rng.fill(salt);
  const auto key = derive(salt, key_.view());
  if (!key || !crypto::seal(crypto::AeadAlg::aes_256_gcm, key->view(), nonce, slot(round), plaintext,
                            ByteSpan(out).subspan(salt_size)))
    return broken();
  return out;
}

Result<Bytes> MeetingSeal::open(Round round, ByteView sealed) const {
  const auto bad = client::fail(ExitCode::refused,
                                "what came through the server was not sealed with this code: somebody interferes. "
                                "Make a new code, and tell it over another channel");
  if (sealed.size() != sealed_size) return bad;
  const auto key = derive(sealed.first(salt_size), key_.view());
  if (!key) return std::unexpected(key.error());
  Bytes plaintext(plaintext_size);
  if (!crypto::open(crypto::AeadAlg::aes_256_gcm, key->view(), nonce, slot(round), sealed.subspan(salt_size),
                    plaintext))
    return bad;
  const auto content = wire::Reader(plaintext).opaque16(limits::meeting_content);
  if (!content) return bad;
  return to_bytes(*content);
}

}  // namespace pqc::p2p
