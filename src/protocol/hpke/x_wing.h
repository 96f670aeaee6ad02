// X-Wing: ML-KEM-768 and X25519 combined by SHA3-256 (draft-connolly-cfrg-xwing-kem-09 §5).
#pragma once

#include "protocol/hpke/kem.h"

namespace pqc::hpke {

// GenerateKeyPairDerand of a 32-byte seed.
Result<KeyPair> x_wing_pair(ByteView seed);
// The seed that DeriveKeyPair makes of any input: SHAKE256(ikm, 32).
Result<SecretBytes> expand_x_wing_seed(ByteView ikm);
// Draws 64 bytes: ML-KEM's randomness, then the ephemeral X25519 key.
Result<Encapsulated> x_wing_encapsulate(ByteView public_key, Rng& rng);
Result<SecretBytes> x_wing_decapsulate(const KeyPair& pair, ByteView output);

}  // namespace pqc::hpke
