// Owning pointers to OpenSSL objects, for the .cpp files of this folder.
#pragma once

#include <memory>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/free_by.h"

namespace pqc::media {

using SslPtr = std::unique_ptr<SSL, FreeBy<SSL_free>>;
using SslCtxPtr = std::unique_ptr<SSL_CTX, FreeBy<SSL_CTX_free>>;
using BioPtr = std::unique_ptr<BIO, FreeBy<BIO_free>>;
using X509Ptr = std::unique_ptr<X509, FreeBy<X509_free>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;

}  // namespace pqc::media
