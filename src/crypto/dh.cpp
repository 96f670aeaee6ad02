#include "crypto/dh.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "crypto/backend.h"

namespace pqc::crypto {
namespace {

const char* name_of(DhAlg alg) {
  return alg == DhAlg::x25519 ? "X25519" : "X448";
}

// A public key object of the calling thread that takes the bytes of one peer after another: making a new one each time
// would cost 3 % of an X25519 operation. Null where OpenSSL refuses.
EVP_PKEY* peer_of_this_thread(DhAlg alg, ByteView encoded) {
  thread_local std::array<PkeyHandle, 2> peers;
  auto& peer = peers[static_cast<std::size_t>(alg)];
  if (!peer) peer = raw_public_key(name_of(alg), encoded).value_or(nullptr);
  if (!peer || EVP_PKEY_set1_encoded_public_key(peer.get(), encoded.data(), encoded.size()) != 1) return nullptr;
  return peer.get();
}

}  // namespace

Result<DhPrivateKey> DhPrivateKey::generate(DhAlg alg, Rng& rng) {
  Secret<struct DhScalarTag, max_dh_size> scalar;
  const auto bytes = ByteSpan(scalar.fill()).first(dh_key_size(alg));
  rng.fill(bytes);
  return from_bytes(alg, bytes);
}

Result<DhPrivateKey> DhPrivateKey::from_bytes(DhAlg alg, ByteView private_key) {
  if (private_key.size() != dh_key_size(alg)) return std::unexpected(Error::bad_length);
  auto key = raw_private_key(name_of(alg), private_key);
  if (!key) return std::unexpected(key.error());
  DhPrivateKey out(alg, std::move(*key));
  return read_public(out.key_.get(), ByteSpan(out.public_key_).first(dh_key_size(alg))).transform([&] {
    return std::move(out);
  });
}

Result<DhPrivateKey> DhPrivateKey::from_pair(DhAlg alg, ByteView private_key, ByteView public_key) {
  if (private_key.size() != dh_key_size(alg) || public_key.size() != dh_key_size(alg)) {
    return std::unexpected(Error::bad_length);
  }
  const PkeyContextHandle context(EVP_PKEY_CTX_new_from_name(nullptr, name_of(alg), nullptr));
  // OpenSSL only reads what the parameters point to.
  std::array parameters{
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, const_cast<std::uint8_t*>(private_key.data()),
                                        private_key.size()),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, const_cast<std::uint8_t*>(public_key.data()),
                                        public_key.size()),
      OSSL_PARAM_construct_end()};
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, parameters.data()) != 1) {
    return fail(Error::bad_key);
  }
  DhPrivateKey out(alg, PkeyHandle(key));
  std::ranges::copy(public_key, out.public_key_.begin());
  return out;
}

Result<void> DhPrivateKey::agree(ByteView peer_public, ByteSpan shared) const {
  wipe(shared);
  if (peer_public.size() != dh_key_size(alg_) || shared.size() != dh_key_size(alg_)) {
    return std::unexpected(Error::bad_length);
  }
  auto* peer = peer_of_this_thread(alg_, peer_public);
  const PkeyContextHandle context(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr));
  if (peer == nullptr || !context || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer_ex(context.get(), peer, 0) != 1) {
    return fail(Error::backend);
  }
  // OpenSSL refuses an all-zero result itself, and has no other reason to fail here.
  auto size = shared.size();
  if (EVP_PKEY_derive(context.get(), shared.data(), &size) != 1) {
    wipe(shared);
    return fail(Error::low_order);
  }
  return {};
}

Result<void> DhPrivateKey::export_private(ByteSpan out) const {
  auto size = out.size();
  if (size != dh_key_size(alg_)) return std::unexpected(Error::bad_length);
  if (EVP_PKEY_get_raw_private_key(key_.get(), out.data(), &size) != 1) return fail(Error::backend);
  return {};
}

Result<SecretBytes> DhPrivateKey::export_private() const {
  SecretBytes out(dh_key_size(alg_));
  return export_private(out.fill()).transform([&] { return std::move(out); });
}

}  // namespace pqc::crypto
