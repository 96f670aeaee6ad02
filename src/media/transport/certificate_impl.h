// OpenSSL's side of a MediaCertificate, for the .cpp files of this folder.
#pragma once

#include "media/transport/certificate.h"
#include "media/transport/openssl_ptr.h"

namespace pqc::media {

struct MediaCertificate::Impl {
  X509Ptr certificate;
  PkeyPtr key;
  Fingerprint fingerprint;
};

// SHA-256 of the DER; nothing where OpenSSL fails.
Result<Fingerprint> fingerprint_of(const X509* certificate);

}  // namespace pqc::media
