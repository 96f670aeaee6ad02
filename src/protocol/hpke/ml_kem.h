// ML-KEM as a KEM of HPKE (draft-ietf-hpke-pq-03 §3). Internal to this folder.
#pragma once

#include "protocol/hpke/kem.h"

namespace pqc::hpke {

bool is_ml_kem(Kem kem);
Result<KeyPair> ml_kem_pair(Kem kem, ByteView seed);
Result<Encapsulated> ml_kem_encapsulate(Kem kem, ByteView public_key, Rng& rng);
Result<SecretBytes> ml_kem_decapsulate(Kem kem, ByteView seed, ByteView output);

}  // namespace pqc::hpke
