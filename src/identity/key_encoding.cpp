#include "identity/key_encoding.h"

#include "crypto/composite.h"
#include "identity/limits.h"

namespace pqc::identity {

std::optional<std::size_t> key_size(KeyKind kind, crypto::SuiteId id) {
  const auto* suite = crypto::find_suite(id);
  if (suite == nullptr) return std::nullopt;
  switch (kind) {
    case KeyKind::identity_signature:
    case KeyKind::device_signature:
      return crypto::composite_sizes(*suite).public_key;
    case KeyKind::device_dh:
    case KeyKind::signed_dh_prekey:
    case KeyKind::one_time_dh_prekey:
    case KeyKind::ephemeral_dh:
      return crypto::dh_key_size(suite->dh);
    case KeyKind::one_time_kem_prekey:
    case KeyKind::last_resort_kem_prekey:
      if (!suite->kem) return std::nullopt;
      return crypto::kem_sizes(*suite->kem).public_key;
  }
  return std::nullopt;
}

void encode_key(wire::Writer& writer, KeyKind kind, crypto::SuiteId suite, ByteView key) {
  writer.u8(static_cast<std::uint8_t>(kind)).u16(crypto::number(suite)).opaque16(key);
}

Result<ByteView> decode_key(wire::Reader& reader, KeyKind kind, crypto::SuiteId suite) {
  const auto kind_read = reader.u8();
  if (!kind_read || *kind_read != static_cast<std::uint8_t>(kind)) return std::unexpected(Error::malformed);
  const auto suite_read = reader.u16();
  if (!suite_read || *suite_read != crypto::number(suite)) return std::unexpected(Error::malformed);
  const auto key = reader.opaque16(max_public_key_size);
  if (!key || key->empty()) return std::unexpected(Error::malformed);
  const bool held = crypto::find_suite(suite) != nullptr;
  if (held && key_size(kind, suite) != key->size()) return std::unexpected(Error::malformed);
  return *key;
}

}  // namespace pqc::identity
