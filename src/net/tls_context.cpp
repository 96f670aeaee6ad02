#include "net/tls_context.h"

#include <array>
#include <csignal>

#include <openssl/rand.h>

#include "net/certificate_impl.h"
#include "net/limits.h"
#include "net/tls_context_impl.h"

namespace pqc::net {
namespace {

constexpr const char* hybrid_groups = "X25519MLKEM768:SecP384r1MLKEM1024";
constexpr const char* with_classical_group = "X25519MLKEM768:SecP384r1MLKEM1024:X25519";
constexpr const char* ciphers = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* server_signatures = "mldsa65:ecdsa_secp256r1_sha256";
constexpr const char* client_signatures = "mldsa65";
constexpr const char* relay_groups = "X25519MLKEM768:SecP384r1MLKEM1024:X25519:P-256:P-384";
constexpr const char* relay_ciphers_of_tls12 = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr unsigned char session_context[] = "pqc-chat";

bool set_policy(SSL_CTX* context, bool allow_classical) {
  // One read for many records; buffers are given back while a connection is idle.
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_ciphersuites(context, ciphers) == 1 &&
         SSL_CTX_set1_groups_list(context, allow_classical ? with_classical_group : hybrid_groups) == 1;
}

// Of a pinned key, names and dates of its certificate do not matter. That the server holds the key is shown by
// its CertificateVerify (RFC 8446 §4.4.3), which OpenSSL checks after this.
int check_server(X509_STORE_CTX* store, void*) {
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* verification = static_cast<ClientVerification*>(SSL_get_app_data(ssl));
  X509* certificate = X509_STORE_CTX_get0_cert(store);
  const auto fingerprint = fingerprint_of(certificate);
  if (!fingerprint) {
    X509_STORE_CTX_set_error(store, X509_V_ERR_UNSPECIFIED);
    return 0;
  }
  verification->seen = *fingerprint;
  if (verification->pin && *verification->pin != *fingerprint) {
    verification->wrong_server = true;
    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
  }
  if (!verification->pin && verification->by_name) return X509_verify_cert(store) == 1 ? 1 : 0;
  return 1;
}

int keep_ticket(SSL* ssl, SSL_SESSION* session) {
  static_cast<ClientVerification*>(SSL_get_app_data(ssl))->ticket = SslSessionPtr(session);
  return 1;  // the reference is ours now
}

}  // namespace

void ignore_broken_pipes() {
  std::signal(SIGPIPE, SIG_IGN);
}

std::expected<TlsServerContext, std::string> TlsServerContext::make(const std::vector<Certificate>& certificates,
                                                                    bool allow_classical) {
  auto impl = std::make_shared<Impl>();
  impl->context = SslCtxPtr(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* context = impl->context.get();
  if (context == nullptr || !set_policy(context, allow_classical) ||
      SSL_CTX_set1_sigalgs_list(context, server_signatures) != 1) {
    return std::unexpected("TLS policy: " + take_openssl_error());
  }
  for (const auto& certificate : certificates) {
    if (SSL_CTX_use_certificate(context, certificate.impl().certificate.get()) != 1 ||
        SSL_CTX_use_PrivateKey(context, certificate.impl().key.get()) != 1) {
      return std::unexpected("certificate: " + take_openssl_error());
    }
  }
  // A read that met a key update only returns to the event loop: else who sends nothing but key updates holds up all
  // other connections for as long as they come.
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_session_id_context(context, session_context, sizeof session_context - 1);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_timeout(context, std::chrono::seconds(ticket_lifetime).count());
  SSL_CTX_set_max_early_data(context, 0);
  TlsServerContext made(std::move(impl));
  if (auto key = made.rotate_ticket_key(); !key) return std::unexpected(key.error());
  return made;
}

std::expected<void, std::string> TlsServerContext::rotate_ticket_key() {
  // 16 bytes of name, 32 for HMAC-SHA-256, 32 for AES-256.
  std::array<unsigned char, 80> keys;
  const bool set = RAND_priv_bytes(keys.data(), keys.size()) == 1 &&
                   SSL_CTX_set_tlsext_ticket_keys(impl_->context.get(), keys.data(), keys.size()) == 1;
  OPENSSL_cleanse(keys.data(), keys.size());
  if (!set) return std::unexpected("ticket key: " + take_openssl_error());
  return {};
}

std::expected<TlsClientContext, std::string> TlsClientContext::make(bool allow_classical) {
  auto impl = std::make_shared<Impl>();
  impl->context = SslCtxPtr(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = impl->context.get();
  if (context == nullptr || !set_policy(context, allow_classical) ||
      SSL_CTX_set1_sigalgs_list(context, client_signatures) != 1) {
    return std::unexpected("TLS policy: " + take_openssl_error());
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context, check_server, nullptr);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, keep_ticket);
  return TlsClientContext(std::move(impl));
}

std::expected<TlsClientContext, std::string> TlsClientContext::make_for_relays() {
  auto impl = std::make_shared<Impl>();
  impl->by_name = true;
  impl->context = SslCtxPtr(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = impl->context.get();
  if (context == nullptr || !set_policy(context, true) || SSL_CTX_set1_groups_list(context, relay_groups) != 1 ||
      SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(context, relay_ciphers_of_tls12) != 1 || SSL_CTX_set_default_verify_paths(context) != 1) {
    return std::unexpected("TLS policy: " + take_openssl_error());
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context, check_server, nullptr);
  return TlsClientContext(std::move(impl));
}

}  // namespace pqc::net
