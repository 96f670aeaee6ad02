#include "net/certificate.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/certificate_impl.h"

namespace pqc::net {
namespace {

constexpr long ten_years = 10L * 365 * 24 * 3600;
// The clock of a small board may be off until the network sets it.
constexpr long backdated = 24L * 3600;

std::unexpected<CertificateFailure> failure(CertificateError error, std::string text) {
  return std::unexpected(CertificateFailure{error, std::move(text)});
}

std::unexpected<CertificateFailure> system_failure(const std::string& what, const std::string& file) {
  const int code = errno;
  const auto text = what + " " + file + ": " + std::strerror(code);
  switch (code) {
    case EACCES:
    case EPERM:
    case EROFS:
      return failure(CertificateError::no_permission, text);
    case ENOENT:
      return failure(CertificateError::missing, text);
    case ENOSPC:
    case EDQUOT:
      return failure(CertificateError::disk_full, text);
    default:
      return failure(CertificateError::io, text);
  }
}

EvpPkeyPtr generate_key(CertificateKind kind) {
  if (kind == CertificateKind::ml_dsa_65) return EvpPkeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "ML-DSA-65"));
  return EvpPkeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
}

bool is_address(const std::string& host) {
  ASN1_OCTET_STRING* address = a2i_IPADDRESS(host.c_str());
  ASN1_OCTET_STRING_free(address);
  return address != nullptr;
}

std::string alternative_names(const std::vector<std::string>& hosts) {
  std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";
  for (const auto& host : hosts) {
    // A comma or a colon would start another entry of OpenSSL's list; no host name has one.
    const bool address = is_address(host);
    if (host.empty() || (!address && host.find_first_of(",:= ") != std::string::npos)) continue;
    names += (address ? ",IP:" : ",DNS:") + host;
  }
  return names;
}

bool add_extension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (extension == nullptr) return false;
  const bool added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

bool set_serial(X509* certificate) {
  std::array<std::uint8_t, 16> random;
  if (RAND_bytes(random.data(), random.size()) != 1) return false;
  random[0] = static_cast<std::uint8_t>((random[0] & 0x7F) | 0x40);  // positive, and never shorter
  BIGNUM* number = BN_bin2bn(random.data(), random.size(), nullptr);
  const bool set = number != nullptr && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  return set;
}

bool set_name(X509* certificate, std::string_view common_name) {
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto shortened = common_name.substr(0, 64);  // ub-common-name, RFC 5280 appendix A
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(shortened.data()),
                                    static_cast<int>(shortened.size()), -1, 0) == 1 &&
         X509_set_issuer_name(certificate, name) == 1;
}

bool fill_certificate(X509* certificate, EVP_PKEY* key, std::string_view name, const std::vector<std::string>& hosts) {
  return X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) && set_name(certificate, name) &&
         X509_gmtime_adj(X509_getm_notBefore(certificate), -backdated) != nullptr &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), ten_years) != nullptr &&
         X509_set_pubkey(certificate, key) == 1 &&
         add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
         add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
         add_extension(certificate, NID_subject_alt_name, alternative_names(hosts));
}

// Writes to a new file beside `file` with the mode given, makes it durable, then gives it its name.
CertificateResult<void> write_file(const std::string& file, ByteView content, mode_t mode) {
  const auto temporary = file + ".new";
  ::unlink(temporary.c_str());
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
  if (fd < 0) return system_failure("cannot create", temporary);
  std::size_t written = 0;
  while (written < content.size()) {
    const auto n = ::write(fd, content.data() + written, content.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    written += static_cast<std::size_t>(n);
  }
  const bool durable = written == content.size() && ::fsync(fd) == 0;
  if (!durable) {
    auto result = system_failure("cannot write", temporary);
    ::close(fd);
    ::unlink(temporary.c_str());
    return result;
  }
  ::close(fd);
  if (::rename(temporary.c_str(), file.c_str()) != 0) return system_failure("cannot rename to", file);
  return {};
}

bool is_p256(EVP_PKEY* key) {
  std::array<char, 64> group{};
  std::size_t size = 0;
  const bool named =
      EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) == 1;
  ERR_clear_error();
  return named && std::string_view(group.data()) == "prime256v1";
}

ByteView content_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {reinterpret_cast<const std::uint8_t*>(data), static_cast<std::size_t>(size)};
}

}  // namespace

std::expected<Fingerprint, std::string> fingerprint_of(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0) return std::unexpected(take_openssl_error());
  Fingerprint out;
  const bool hashed =
      EVP_Q_digest(nullptr, "SHA256", nullptr, der, static_cast<std::size_t>(size), out.bytes.data(), nullptr) == 1;
  OPENSSL_free(der);
  if (!hashed) return std::unexpected(take_openssl_error());
  return out;
}

namespace {

template <class Impl>
CertificateResult<void> set_fingerprint(Impl& impl) {
  auto fingerprint = fingerprint_of(impl.certificate.get());
  if (!fingerprint) return failure(CertificateError::backend, fingerprint.error());
  impl.fingerprint = *fingerprint;
  return {};
}

}  // namespace

CertificateResult<Certificate> Certificate::make(CertificateKind kind, std::string_view common_name,
                                                 const std::vector<std::string>& hosts) {
  auto impl = std::make_shared<Impl>();
  impl->key = generate_key(kind);
  impl->certificate = X509Ptr(X509_new());
  if (!impl->key || !impl->certificate) return failure(CertificateError::backend, take_openssl_error());
  const EVP_MD* digest = kind == CertificateKind::ml_dsa_65 ? nullptr : EVP_sha256();
  if (!fill_certificate(impl->certificate.get(), impl->key.get(), common_name, hosts) ||
      X509_sign(impl->certificate.get(), impl->key.get(), digest) <= 0) {
    return failure(CertificateError::backend, "cannot make a certificate: " + take_openssl_error());
  }
  if (auto known = set_fingerprint(*impl); !known) return std::unexpected(known.error());
  return Certificate(std::move(impl));
}

CertificateResult<Certificate> Certificate::load(const std::string& certificate_file, const std::string& key_file) {
  struct stat status{};
  if (::stat(key_file.c_str(), &status) != 0) return system_failure("cannot read", key_file);
  if ((status.st_mode & (S_IRGRP | S_IROTH | S_IWGRP | S_IWOTH)) != 0) {
    return failure(CertificateError::no_permission,
                   "others may read the private key " + key_file + ": run chmod 600 " + key_file);
  }
  auto impl = std::make_shared<Impl>();
  BioPtr certificate(BIO_new_file(certificate_file.c_str(), "r"));
  if (!certificate) return system_failure("cannot read", certificate_file);
  impl->certificate = X509Ptr(PEM_read_bio_X509(certificate.get(), nullptr, nullptr, nullptr));
  BioPtr key(BIO_new_file(key_file.c_str(), "r"));
  if (!key) return system_failure("cannot read", key_file);
  impl->key = EvpPkeyPtr(PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (!impl->certificate) return failure(CertificateError::malformed, certificate_file + " holds no PEM certificate");
  if (!impl->key) return failure(CertificateError::malformed, key_file + " holds no PEM private key");
  if (EVP_PKEY_is_a(impl->key.get(), "ML-DSA-65") != 1 && !is_p256(impl->key.get())) {
    return failure(CertificateError::malformed, key_file + " is neither an ML-DSA-65 nor an ECDSA P-256 key");
  }
  if (X509_check_private_key(impl->certificate.get(), impl->key.get()) != 1) {
    ERR_clear_error();
    return failure(CertificateError::mismatch, key_file + " is not the key of " + certificate_file);
  }
  if (auto known = set_fingerprint(*impl); !known) return std::unexpected(known.error());
  return Certificate(std::move(impl));
}

CertificateResult<void> Certificate::save(const std::string& certificate_file, const std::string& key_file) const {
  BioPtr key(BIO_new(BIO_s_secmem()));
  BioPtr certificate(BIO_new(BIO_s_mem()));
  if (!key || !certificate ||
      PEM_write_bio_PrivateKey(key.get(), impl_->key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
      PEM_write_bio_X509(certificate.get(), impl_->certificate.get()) != 1) {
    return failure(CertificateError::backend, take_openssl_error());
  }
  // The key last: where it is, its certificate is too, also after a crash in between.
  constexpr mode_t for_all = S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH;
  if (auto written = write_file(certificate_file, content_of(certificate.get()), for_all); !written) return written;
  return write_file(key_file, content_of(key.get()), S_IRUSR | S_IWUSR);
}

Fingerprint Certificate::fingerprint() const {
  return impl_->fingerprint;
}

CertificateKind Certificate::kind() const {
  return EVP_PKEY_is_a(impl_->key.get(), "ML-DSA-65") == 1 ? CertificateKind::ml_dsa_65 : CertificateKind::ecdsa_p256;
}

}  // namespace pqc::net
