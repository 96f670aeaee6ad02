#include "client/key_file.h"

#include "client/files.h"
#include "client/limits.h"
#include "crypto/aead.h"
#include "crypto/password_hash.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace pqc::client {
namespace {

constexpr std::array<std::uint8_t, 4> magic{'P', 'Q', 'C', 'K'};
constexpr std::uint8_t version = 1;
constexpr std::uint8_t form_plain = 0;
constexpr std::uint8_t form_passphrase = 1;
constexpr std::size_t salt_size = 16;
constexpr std::size_t key_size = 32;
constexpr std::size_t longest_file = 256;

std::unexpected<Error> damaged() {
  return fail(ExitCode::damaged, "the profile's key file is damaged: restore the file 'key' from a backup");
}

Result<DatabaseKey> wrapping_key(const SecretBytes& passphrase, ByteView salt,
                                 const crypto::Argon2Parameters& parameters) {
  DatabaseKey key;
  if (!crypto::argon2id(passphrase.view(), salt, parameters, key.fill()))
    return fail(ExitCode::unexpected, "the passphrase could not be turned into a key (too little memory?)");
  return key;
}

Result<DatabaseKey> open_sealed(ByteView head, wire::Reader& reader, const AskPassphrase& ask) {
  crypto::Argon2Parameters parameters;
  const auto memory = reader.u32();
  const auto passes = reader.u32();
  const auto lanes = reader.u32();
  const auto salt = reader.bytes(salt_size);
  const auto nonce = reader.bytes(crypto::aead_nonce_size);
  const auto sealed = reader.bytes(key_size + crypto::aead_tag_size);
  if (!memory || !passes || !lanes || !salt || !nonce || !sealed || !reader.done()) return damaged();
  if (*memory > crypto::max_argon2_memory_kib || *passes > crypto::max_argon2_passes ||
      *lanes > crypto::max_argon2_lanes)
    return damaged();
  parameters = {.memory_kib = *memory, .passes = *passes, .lanes = *lanes};
  const auto passphrase = ask ? ask() : std::nullopt;
  if (!passphrase)
    return fail(ExitCode::wrong_key,
                "this profile is locked with a passphrase: give --passphrase-file, or PQC_CHAT_PASSPHRASE");
  auto wrapping = wrapping_key(*passphrase, *salt, parameters);
  if (!wrapping) return pass(wrapping);
  DatabaseKey key;
  if (!crypto::open(crypto::AeadAlg::aes_256_gcm, wrapping->view(), *nonce, head, *sealed, key.fill()))
    return fail(ExitCode::wrong_key, "the passphrase is not the one of this profile");
  return key;
}

}  // namespace

Bytes encode_key_file(const DatabaseKey& key, const std::optional<SecretBytes>& passphrase, Rng& rng) {
  Bytes out;
  wire::Writer writer(out);
  writer.bytes(magic).u8(version);
  if (!passphrase) {
    writer.u8(form_plain).bytes(key.view());
    return out;
  }
  const crypto::Argon2Parameters parameters;
  const auto salt = rng.bytes<salt_size>();
  const auto nonce = rng.bytes<crypto::aead_nonce_size>();
  writer.u8(form_passphrase).u32(parameters.memory_kib).u32(parameters.passes).u32(parameters.lanes).bytes(salt);
  const Bytes head = out;
  auto wrapping = wrapping_key(*passphrase, salt, parameters);
  std::array<std::uint8_t, key_size + crypto::aead_tag_size> sealed{};
  if (!wrapping || !crypto::seal(crypto::AeadAlg::aes_256_gcm, wrapping->view(), nonce, head, key.view(), sealed))
    return {};
  writer.bytes(nonce).bytes(sealed);
  return out;
}

Result<DatabaseKey> decode_key_file(ByteView bytes, const AskPassphrase& ask) {
  wire::Reader reader(bytes);
  const auto found_magic = reader.bytes(magic.size());
  const auto found_version = reader.u8();
  const auto form = reader.u8();
  if (!found_magic || !equal(*found_magic, magic) || !found_version || !form) return damaged();
  if (*found_version != version)
    return fail(ExitCode::too_new, "the profile's key file was written by a newer pqc-chat: update pqc-chat");
  if (*form == form_passphrase)
    return open_sealed(bytes.first(6 + 12 + salt_size > bytes.size() ? 0 : 6 + 12 + salt_size), reader, ask);
  const auto key = reader.bytes(key_size);
  if (*form != form_plain || !key || !reader.done()) return damaged();
  return DatabaseKey(key->first<key_size>());
}

Result<DatabaseKey> create_key_file(const std::filesystem::path& file, const std::optional<SecretBytes>& passphrase,
                                    Rng& rng) {
  DatabaseKey key;
  rng.fill(key.fill());
  auto bytes = encode_key_file(key, passphrase, rng);
  if (bytes.empty()) return fail(ExitCode::unexpected, "the key could not be sealed under the passphrase");
  auto written = write_private_file(file, bytes);
  wipe(bytes);
  if (!written) return pass(written);
  return key;
}

Result<DatabaseKey> read_key_file(const std::filesystem::path& file, const AskPassphrase& ask) {
  auto bytes = read_private_file(file, longest_file);
  if (!bytes) return pass(bytes);
  return decode_key_file(bytes->view(), ask);
}

}  // namespace pqc::client
