// The KDFs of HPKE: HKDF (RFC 9180 §7.2) in two stages, SHAKE (draft-ietf-hpke-pq-03 §5) in one.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/secret.h"
#include "crypto/hash.h"
#include "protocol/hpke/error.h"

namespace pqc::hpke {

// The numbers of the registry "HPKE KDF Identifiers".
enum class Kdf : std::uint16_t {
  hkdf_sha256 = 0x0001,
  hkdf_sha384 = 0x0002,
  hkdf_sha512 = 0x0003,
  shake128 = 0x0010,
  shake256 = 0x0011,
};

constexpr bool two_stage(Kdf kdf) {
  return kdf < Kdf::shake128;
}

constexpr crypto::HashAlg hash_of(Kdf kdf) {
  switch (kdf) {
    case Kdf::hkdf_sha256:
      return crypto::HashAlg::sha256;
    case Kdf::hkdf_sha384:
      return crypto::HashAlg::sha384;
    case Kdf::hkdf_sha512:
      return crypto::HashAlg::sha512;
    case Kdf::shake128:
      return crypto::HashAlg::shake128;
    case Kdf::shake256:
      return crypto::HashAlg::shake256;
  }
  return crypto::HashAlg::sha256;
}

// Nh.
constexpr std::size_t kdf_size(Kdf kdf) {
  if (two_stage(kdf)) return crypto::hash_size(hash_of(kdf));
  return kdf == Kdf::shake128 ? 32 : 64;
}

// RFC 9180 §4: Extract(salt, "HPKE-v1" ‖ suite_id ‖ label ‖ ikm), with ikm = `ikm` ‖ `rest`. Two-stage KDFs only.
Result<SecretBytes> labeled_extract(Kdf kdf, ByteView suite_id, ByteView salt, std::string_view label, ByteView ikm,
                                    ByteView rest = {});
// RFC 9180 §4: Expand(prk, L ‖ "HPKE-v1" ‖ suite_id ‖ label ‖ info, L), for all of `out`. Two-stage KDFs only.
Result<void> labeled_expand(Kdf kdf, ByteView suite_id, ByteView prk, std::string_view label, ByteView info,
                            ByteSpan out);
// LabeledDerive of the one-stage KDFs: Derive(ikm ‖ "HPKE-v1" ‖ suite_id ‖ len(label) ‖ label ‖ L ‖ context, L).
Result<void> labeled_derive(Kdf kdf, ByteView suite_id, ByteView ikm, std::string_view label, ByteView context,
                            ByteSpan out);

}  // namespace pqc::hpke
