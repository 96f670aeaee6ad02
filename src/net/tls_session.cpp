#include "net/tls_session.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <openssl/x509v3.h>

#include "net/certificate_impl.h"
#include "net/limits.h"
#include "net/tls_context_impl.h"

namespace pqc::net {

struct TlsTicket::Impl {
  SslSessionPtr session;
};

TlsTicket::TlsTicket() = default;
TlsTicket::~TlsTicket() = default;
TlsTicket::TlsTicket(TlsTicket&&) noexcept = default;
TlsTicket& TlsTicket::operator=(TlsTicket&&) noexcept = default;

struct TlsSession::Impl {
  std::unique_ptr<ClientVerification> verification;  // outlives ssl, which points at it
  SslPtr ssl;
  std::string failure;

  IoStatus outcome(int result);
  [[nodiscard]] std::string reason() const;
};

// What is wrong with a certificate, where that is it: the queue of errors does not say.
std::string TlsSession::Impl::reason() const {
  const auto verified = SSL_get_verify_result(ssl.get());
  const bool of_certificate = verification && verification->by_name && verified != X509_V_OK;
  return of_certificate ? X509_verify_cert_error_string(verified) : take_openssl_error();
}

IoStatus TlsSession::Impl::outcome(int result) {
  const int system_error = errno;
  switch (SSL_get_error(ssl.get(), result)) {
    case SSL_ERROR_NONE:
      return IoStatus::done;
    case SSL_ERROR_WANT_READ:
      return IoStatus::want_read;
    case SSL_ERROR_WANT_WRITE:
      return IoStatus::want_write;
    case SSL_ERROR_ZERO_RETURN:
      return IoStatus::closed;
    case SSL_ERROR_SYSCALL:
      failure = system_error != 0 ? std::strerror(system_error) : "the connection ended";
      break;
    default:
      failure = reason();
  }
  ERR_clear_error();
  return IoStatus::failed;
}

namespace {

// RFC 9525 §6, with wildcards for a whole label only.
bool expect_name(SSL* ssl, const std::string& name, bool is_address) {
  auto* rules = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (name.empty()) return false;
  return is_address ? X509_VERIFY_PARAM_set1_ip_asc(rules, name.c_str()) == 1
                    : X509_VERIFY_PARAM_set1_host(rules, name.c_str(), name.size()) == 1;
}

}  // namespace

TlsSession::TlsSession(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsSession::~TlsSession() = default;
TlsSession::TlsSession(TlsSession&&) noexcept = default;
TlsSession& TlsSession::operator=(TlsSession&&) noexcept = default;

std::expected<TlsSession, std::string> TlsSession::accept(const TlsServerContext& context, int socket) {
  auto impl = std::make_unique<Impl>();
  impl->ssl = SslPtr(SSL_new(context.impl().context.get()));
  if (!impl->ssl || SSL_set_fd(impl->ssl.get(), socket) != 1) return std::unexpected(take_openssl_error());
  SSL_set_accept_state(impl->ssl.get());
  return TlsSession(std::move(impl));
}

std::expected<TlsSession, std::string> TlsSession::connect(const TlsClientContext& context, int socket,
                                                           const std::string& server_name,
                                                           const std::optional<Fingerprint>& pin, TlsTicket ticket) {
  auto impl = std::make_unique<Impl>();
  impl->verification = std::make_unique<ClientVerification>();
  impl->verification->pin = pin;
  impl->verification->by_name = context.impl().by_name;
  impl->ssl = SslPtr(SSL_new(context.impl().context.get()));
  if (!impl->ssl || SSL_set_fd(impl->ssl.get(), socket) != 1) return std::unexpected(take_openssl_error());
  SSL* ssl = impl->ssl.get();
  SSL_set_app_data(ssl, impl->verification.get());
  ASN1_OCTET_STRING* address = a2i_IPADDRESS(server_name.c_str());
  ERR_clear_error();
  const bool is_address = address != nullptr;
  ASN1_OCTET_STRING_free(address);
  if (!is_address && SSL_set_tlsext_host_name(ssl, server_name.c_str()) != 1)
    return std::unexpected(take_openssl_error());
  if (context.impl().by_name && !expect_name(ssl, server_name, is_address))
    return std::unexpected(take_openssl_error());
  if (ticket.impl && ticket.impl->session) SSL_set_session(ssl, ticket.impl->session.get());
  SSL_set_connect_state(ssl);
  return TlsSession(std::move(impl));
}

IoStatus TlsSession::handshake() {
  errno = 0;
  return impl_->outcome(SSL_do_handshake(impl_->ssl.get()));
}

IoResult TlsSession::read(ByteSpan out) {
  errno = 0;
  std::size_t read = 0;
  const int result = SSL_read_ex(impl_->ssl.get(), out.data(), out.size(), &read);
  if (result == 1) return {IoStatus::done, read};
  return {impl_->outcome(result), 0};
}

IoResult TlsSession::write(ByteView bytes) {
  errno = 0;
  std::size_t written = 0;
  const auto size = std::min(bytes.size(), tls_record_payload);
  const int result = SSL_write_ex(impl_->ssl.get(), bytes.data(), size, &written);
  if (result == 1) return {IoStatus::done, written};
  return {impl_->outcome(result), 0};
}

bool TlsSession::has_pending() const {
  return SSL_has_pending(impl_->ssl.get()) == 1;
}

void TlsSession::shutdown() {
  if (SSL_is_init_finished(impl_->ssl.get()) == 0) return;
  SSL_shutdown(impl_->ssl.get());
  ERR_clear_error();
}

std::expected<std::array<std::uint8_t, 32>, std::string> TlsSession::exporter(const char* label) const {
  std::array<std::uint8_t, 32> out{};
  if (SSL_export_keying_material(impl_->ssl.get(), out.data(), out.size(), label, std::strlen(label), nullptr, 0, 0) !=
      1) {
    return std::unexpected(take_openssl_error());
  }
  return out;
}

std::string TlsSession::group() const {
  const char* name = SSL_get0_group_name(impl_->ssl.get());
  return name != nullptr ? name : "";
}

std::string TlsSession::cipher() const {
  return SSL_CIPHER_get_name(SSL_get_current_cipher(impl_->ssl.get()));
}
bool TlsSession::resumed() const {
  return SSL_session_reused(impl_->ssl.get()) == 1;
}

std::optional<Fingerprint> TlsSession::peer_fingerprint() const {
  // A resumed session carries the certificate of the handshake that its ticket came from.
  X509* certificate = SSL_get0_peer_certificate(impl_->ssl.get());
  if (certificate == nullptr) return std::nullopt;
  const auto fingerprint = fingerprint_of(certificate);
  if (!fingerprint) return std::nullopt;
  return *fingerprint;
}

bool TlsSession::wrong_server() const {
  return impl_->verification && impl_->verification->wrong_server;
}

TlsTicket TlsSession::take_ticket() {
  TlsTicket ticket;
  if (!impl_->verification || !impl_->verification->ticket) return ticket;
  ticket.impl = std::make_unique<TlsTicket::Impl>();
  ticket.impl->session = std::move(impl_->verification->ticket);
  return ticket;
}

const std::string& TlsSession::failure_text() const {
  return impl_->failure;
}

}  // namespace pqc::net
