#include "protocol/hpke/kdf.h"

#include <array>

#include "crypto/kdf.h"

namespace pqc::hpke {
namespace {

constexpr std::string_view version = "HPKE-v1";
constexpr std::size_t max_16 = 0xFFFF;

std::array<std::uint8_t, 2> two_bytes(std::size_t value) {
  return {static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
}

Error mapped(crypto::Error error) {
  return error == crypto::Error::limit ? Error::too_long : Error::backend;
}

}  // namespace

Result<SecretBytes> labeled_extract(Kdf kdf, ByteView suite_id, ByteView salt, std::string_view label, ByteView ikm,
                                    ByteView rest) {
  SecretBytes prk(kdf_size(kdf));
  return crypto::hkdf_extract(hash_of(kdf), salt, {as_bytes(version), suite_id, as_bytes(label), ikm, rest}, prk.fill())
      .transform([&] { return std::move(prk); })
      .transform_error(mapped);
}

Result<void> labeled_expand(Kdf kdf, ByteView suite_id, ByteView prk, std::string_view label, ByteView info,
                            ByteSpan out) {
  if (out.size() > max_16) return std::unexpected(Error::too_long);
  const auto length = two_bytes(out.size());
  return crypto::hkdf_expand(hash_of(kdf), prk, {length, as_bytes(version), suite_id, as_bytes(label), info}, out)
      .transform_error(mapped);
}

Result<void> labeled_derive(Kdf kdf, ByteView suite_id, ByteView ikm, std::string_view label, ByteView context,
                            ByteSpan out) {
  if (out.size() > max_16 || label.size() > max_16) return std::unexpected(Error::too_long);
  const auto length = two_bytes(out.size());
  const auto label_length = two_bytes(label.size());
  return crypto::hash(hash_of(kdf), {ikm, as_bytes(version), suite_id, label_length, as_bytes(label), length, context},
                      out)
      .transform_error(mapped);
}

}  // namespace pqc::hpke
