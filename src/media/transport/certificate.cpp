#include "media/transport/certificate.h"

#include <openssl/err.h>

#include "crypto/random.h"
#include "media/transport/certificate_impl.h"

namespace pqc::media {
namespace {

constexpr long day = 24L * 60 * 60;
// What is in the certificate travels in clear, so it says nothing of program or people.
constexpr const char* common_name = "media";

bool fill_in(X509* certificate, EVP_PKEY* key) {
  const auto serial = crypto::SystemRng::instance().bytes<8>();
  X509_NAME* name = X509_get_subject_name(certificate);
  const std::unique_ptr<BIGNUM, FreeBy<BN_free>> number(BN_bin2bn(serial.data(), serial.size(), nullptr));
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr &&
         X509_set_version(certificate, X509_VERSION_3) == 1 &&
         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(common_name), -1,
                                    -1, 0) == 1 &&
         X509_set_issuer_name(certificate, name) == 1 &&
         X509_gmtime_adj(X509_getm_notBefore(certificate), -day) != nullptr &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), 30 * day) != nullptr &&
         X509_set_pubkey(certificate, key) == 1 && X509_sign(certificate, key, EVP_sha256()) > 0;
}

std::unexpected<Error> fail() {
  ERR_clear_error();
  return std::unexpected(Error::backend);
}

}  // namespace

Result<Fingerprint> fingerprint_of(const X509* certificate) {
  Fingerprint out;
  unsigned size = 0;
  if (X509_digest(certificate, EVP_sha256(), out.bytes.data(), &size) != 1 || size != out.bytes.size()) return fail();
  return out;
}

Result<MediaCertificate> MediaCertificate::make() {
  auto impl = std::make_shared<Impl>();
  impl->key = PkeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  impl->certificate = X509Ptr(X509_new());
  if (!impl->key || !impl->certificate || !fill_in(impl->certificate.get(), impl->key.get())) return fail();
  return fingerprint_of(impl->certificate.get()).transform([&](const Fingerprint& fingerprint) {
    impl->fingerprint = fingerprint;
    return MediaCertificate(std::move(impl));
  });
}

const Fingerprint& MediaCertificate::fingerprint() const {
  return impl_->fingerprint;
}

}  // namespace pqc::media
