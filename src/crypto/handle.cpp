#include "crypto/handle.h"

#include <openssl/evp.h>

namespace pqc::crypto {

void HandleFree::operator()(EVP_PKEY* handle) const noexcept {
  EVP_PKEY_free(handle);
}
void HandleFree::operator()(EVP_PKEY_CTX* handle) const noexcept {
  EVP_PKEY_CTX_free(handle);
}
void HandleFree::operator()(EVP_CIPHER_CTX* handle) const noexcept {
  EVP_CIPHER_CTX_free(handle);
}
void HandleFree::operator()(EVP_MD_CTX* handle) const noexcept {
  EVP_MD_CTX_free(handle);
}

}  // namespace pqc::crypto
