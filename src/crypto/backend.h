// What the .cpp files of this folder share: fetched algorithms, and contexts of the calling thread.
//
// Every algorithm is fetched once a process, explicitly (OpenSSL's "explicit fetching", crypto(7)); a look-up on a hot
// path would cost as much as the operation. Internal: no header of this folder includes it.
#pragma once

#include <expected>

#include <openssl/evp.h>

#include "crypto/aead.h"
#include "crypto/error.h"
#include "crypto/hash.h"

namespace pqc::crypto {

// Null only where the library was built or configured without the algorithm.
const EVP_MD* fetched(HashAlg alg);
const EVP_CIPHER* fetched(AeadAlg alg);

// An error answer. It empties OpenSSL's error queue of this thread, which TLS code on the same thread would otherwise
// take for its own (SSL_get_error(3)).
std::unexpected<Error> fail(Error error);

// The first use of OpenSSL can throw nothing but this: no memory for a context.
template <class Handle>
Handle require(Handle handle) {
  if (handle == nullptr) throw std::bad_alloc();
  return handle;
}

// A key from its raw private or public bytes (X25519, X448, Ed25519, Ed448, public ML-KEM and ML-DSA keys).
Result<PkeyHandle> raw_private_key(const char* name, ByteView bytes);
Result<PkeyHandle> raw_public_key(const char* name, ByteView bytes);
// A key made deterministically from its seed (ML-KEM, ML-DSA), by OpenSSL's key generation: importing a seed would add
// a pairwise check that costs more than the key.
Result<PkeyHandle> key_from_seed(const char* name, ByteView seed);
// Writes exactly out.size() bytes.
Result<void> read_public(const EVP_PKEY* key, ByteSpan out);

}  // namespace pqc::crypto
