// What a Certificate holds; for the .cpp files of this folder.
#pragma once

#include <expected>

#include "net/certificate.h"
#include "net/openssl_ptr.h"

namespace pqc::net {

struct Certificate::Impl {
  X509Ptr certificate;
  EvpPkeyPtr key;
  Fingerprint fingerprint;
};

// SHA-256 over the certificate's SubjectPublicKeyInfo in DER.
std::expected<Fingerprint, std::string> fingerprint_of(X509* certificate);

}  // namespace pqc::net
