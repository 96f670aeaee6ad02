// The certificate of one call's DTLS: ECDSA P-256, self-signed, made anew for every call, named by its SHA-256
// (RFC 8122) in what signalling carries.
#pragma once

#include <array>
#include <memory>

#include "base/bytes.h"
#include "media/transport/error.h"

namespace pqc::media {

struct Fingerprint {
  std::array<std::uint8_t, 32> bytes{};
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

// With its private key. Cheap to copy (shared), immutable, any thread.
class MediaCertificate {
 public:
  static Result<MediaCertificate> make();

  // SHA-256 of the certificate's DER.
  [[nodiscard]] const Fingerprint& fingerprint() const;

  struct Impl;  // OpenSSL's objects, for dtls.cpp
  [[nodiscard]] const Impl& impl() const { return *impl_; }

 private:
  explicit MediaCertificate(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

}  // namespace pqc::media
