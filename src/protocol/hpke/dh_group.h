// One face for the five Diffie-Hellman groups of DHKEM. Internal to this folder.
#pragma once

#include <variant>

#include "crypto/dh.h"
#include "crypto/ec.h"
#include "protocol/hpke/kdf.h"
#include "protocol/hpke/kem.h"

namespace pqc::hpke {

struct DhGroup {
  std::variant<crypto::DhAlg, crypto::Curve> alg;
  Kdf kdf;                   // of the KEM itself, not of the suite
  std::size_t secret;        // Ndh
  std::uint8_t scalar_mask;  // RFC 9180 §7.1.3, the NIST curves
};

// Null where the KEM is not a DHKEM.
const DhGroup* dh_group(Kem kem);

Result<KeyPair> dh_pair(const DhGroup& group, ByteView private_key);
// DH(private, peer), appended to `out`.
Result<void> dh_agree(const DhGroup& group, const KeyPair& pair, ByteView peer_public, SecretBytes& out);

}  // namespace pqc::hpke
