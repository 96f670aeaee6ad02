// Owning pointers to OpenSSL objects, and its error queue as one text. For the .cpp files of this folder.
#pragma once

#include <memory>
#include <string>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/free_by.h"

namespace pqc::net {

using SslPtr = std::unique_ptr<SSL, FreeBy<SSL_free>>;
using SslCtxPtr = std::unique_ptr<SSL_CTX, FreeBy<SSL_CTX_free>>;
using SslSessionPtr = std::unique_ptr<SSL_SESSION, FreeBy<SSL_SESSION_free>>;
using X509Ptr = std::unique_ptr<X509, FreeBy<X509_free>>;
using EvpPkeyPtr = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;
using BioPtr = std::unique_ptr<BIO, FreeBy<BIO_free>>;

// Empties this thread's error queue; the first error's reason, for logs.
inline std::string take_openssl_error() {
  const auto code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "no reason given";
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "error " + std::to_string(code);
}

}  // namespace pqc::net
