// The server's two self-signed certificates (docs/spec/relay.md §2): ML-DSA-65 for our clients, who pin its key, and
// ECDSA P-256 for browsers and tools. Made at the first start, kept in the data folder, key files mode 0600.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "net/fingerprint.h"

namespace pqc::net {

enum class CertificateError : std::uint8_t {
  backend,        // OpenSSL failed or lacks the algorithm
  malformed,      // not PEM, or of another kind than its name says
  mismatch,       // the key is not the certificate's
  no_permission,  // a file may not be read or written, or its key is open to others
  missing,
  disk_full,
  io,
};

struct CertificateFailure {
  CertificateError error{};
  std::string text;  // names the file and what to do
};

template <class T>
using CertificateResult = std::expected<T, CertificateFailure>;

enum class CertificateKind : std::uint8_t { ml_dsa_65, ecdsa_p256 };

// A certificate with its private key. Cheap to copy (shared), immutable, any thread.
class Certificate {
 public:
  // Self-signed, valid for ten years, for these host names and addresses (subjectAltName). "localhost", 127.0.0.1 and
  // ::1 are added.
  static CertificateResult<Certificate> make(CertificateKind kind, std::string_view common_name,
                                             const std::vector<std::string>& hosts);
  // From PEM files. A key file that others may read is refused.
  static CertificateResult<Certificate> load(const std::string& certificate_file, const std::string& key_file);
  // Writes both; the key is on disk with mode 0600 before it has its name.
  [[nodiscard]] CertificateResult<void> save(const std::string& certificate_file, const std::string& key_file) const;

  // Of the key in the certificate.
  [[nodiscard]] Fingerprint fingerprint() const;
  [[nodiscard]] CertificateKind kind() const;

  struct Impl;  // OpenSSL's objects, for tls_context.cpp
  [[nodiscard]] const Impl& impl() const { return *impl_; }

 private:
  explicit Certificate(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

}  // namespace pqc::net
