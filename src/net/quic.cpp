#include "net/quic.h"

#include <arpa/inet.h>
#include <openssl/quic.h>
#include <sys/time.h>

#include "net/certificate_impl.h"
#include "net/datagram_queue.h"
#include "net/datagram_socket.h"
#include "net/openssl_ptr.h"

namespace pqc::net {
namespace {

constexpr const char* groups = "X25519MLKEM768:SecP384r1MLKEM1024";
// The frames inside are sealed with AES-256-GCM (and more): another cipher outside.
constexpr const char* ciphers = "TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* signatures = "mldsa65";
constexpr std::string_view protocol = "\x0epqc-chat p2p 1";
// RFC 9000 §20.1: what an application's code becomes before the handshake is done, and TLS's alerts.
constexpr std::uint64_t application_error = 0x0c;
constexpr std::uint64_t first_alert = 0x100;
constexpr std::uint64_t last_alert = 0x1ff;
constexpr int turns_a_step = 8;

const unsigned char* raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// RFC 7301: one protocol, or none at all.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered,
                    unsigned int offered_size, void*) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, size, raw(protocol), protocol.size(), offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

bool set_policy(SSL_CTX* context, const Certificate& certificate) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_max_early_data(context, 0);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  return SSL_CTX_set1_groups_list(context, groups) == 1 && SSL_CTX_set_ciphersuites(context, ciphers) == 1 &&
         SSL_CTX_set1_sigalgs_list(context, signatures) == 1 &&
         SSL_CTX_set1_client_sigalgs_list(context, signatures) == 1 &&
         SSL_CTX_use_certificate(context, certificate.impl().certificate.get()) == 1 &&
         SSL_CTX_use_PrivateKey(context, certificate.impl().key.get()) == 1 &&
         SSL_CTX_set_alpn_protos(context, raw(protocol), protocol.size()) == 0;
}

using AddressPtr = std::unique_ptr<BIO_ADDR, FreeBy<BIO_ADDR_free>>;

}  // namespace

struct QuicEndpoint::Impl {
  DatagramQueues queues;  // of a path; both before what refers to them
  std::optional<DatagramSocket> socket;
  bool more = false;  // the last step took some of what waits, and left some
  SslCtxPtr context;
  SslPtr listener;
  std::optional<Fingerprint> pin;

  // What is here that OpenSSL has not taken: it takes 32 datagrams at most in one turn, and no descriptor tells of the
  // others.
  [[nodiscard]] std::size_t waiting() const { return queues.incoming.size() + (socket ? socket->waiting() : 0); }

  // Names and dates of the certificate do not matter. That the other side has its key is shown by CertificateVerify
  // (RFC 8446 §4.4.3), which OpenSSL checks after this.
  static int check_peer(X509_STORE_CTX* store, void* of) {
    auto* self = static_cast<Impl*>(of);
    const auto seen = fingerprint_of(X509_STORE_CTX_get0_cert(store));
    const bool good = seen && (!self->pin || *self->pin == *seen);
    if (!good) X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return good ? 1 : 0;
  }
};

struct QuicConnection::Impl {
  std::shared_ptr<QuicEndpoint::Impl> endpoint;
  QuicRole role{};
  SslPtr connection;
  SslPtr stream;
  State state = State::handshaking;

  void close(QuicClose why) {
    state = State::closed;
    const SSL_SHUTDOWN_EX_ARGS arguments{.quic_error_code = static_cast<std::uint64_t>(why), .quic_reason = nullptr};
    // Once: the other side either gets it, or finds out by its own time-out.
    static_cast<void>(SSL_shutdown_ex(connection.get(), SSL_SHUTDOWN_FLAG_RAPID | SSL_SHUTDOWN_FLAG_NO_BLOCK,
                                      &arguments, sizeof arguments));
    ERR_clear_error();
  }

  void take_error(SSL* of, int outcome) {
    const int error = SSL_get_error(of, outcome);
    ERR_clear_error();
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) state = State::closed;
  }

  void handshake() {
    if (SSL_is_init_finished(connection.get()) != 1) {
      if (const int done = SSL_do_handshake(connection.get()); done != 1) return take_error(connection.get(), done);
    }
    if (!stream) {
      constexpr std::uint64_t flags = 0;
      stream.reset(role == QuicRole::client ? SSL_new_stream(connection.get(), flags)
                                            : SSL_accept_stream(connection.get(), SSL_ACCEPT_STREAM_NO_BLOCK));
      ERR_clear_error();
    }
    if (!stream) return;
    if (SSL_get_stream_type(stream.get()) != SSL_STREAM_TYPE_BIDI) return close(QuicClose::broken_rule);
    // Streams of a listener's connections do not take the context's mode over.
    SSL_set_mode(stream.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    state = State::open;
  }
};

QuicConnection::QuicConnection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

QuicConnection::~QuicConnection() {
  close();
}

void QuicConnection::close(QuicClose why) {
  if (impl_->state != State::closed) impl_->close(why);
}

bool QuicConnection::acknowledged() const {
  std::uint64_t waiting = 0;
  const bool known = impl_->stream && SSL_get_stream_write_buf_used(impl_->stream.get(), &waiting) == 1;
  ERR_clear_error();
  return !known || waiting == 0;
}

QuicConnection::End QuicConnection::end() const {
  SSL* connection = impl_->connection.get();
  if (SSL_get_verify_result(connection) == X509_V_ERR_APPLICATION_VERIFICATION) return End::other_key;
  SSL_CONN_CLOSE_INFO why{};
  if (SSL_get_conn_close_info(connection, &why, sizeof why) != 1 || (why.flags & SSL_CONN_CLOSE_FLAG_LOCAL) != 0)
    return End::closed;
  const bool refused =
      (why.flags & SSL_CONN_CLOSE_FLAG_TRANSPORT) == 0
          ? why.error_code == static_cast<std::uint64_t>(QuicClose::refused)
          : why.error_code == application_error || (why.error_code >= first_alert && why.error_code <= last_alert);
  return refused ? End::refused : End::closed;
}

QuicConnection::State QuicConnection::state() const {
  return impl_->state;
}

QuicConnection::State QuicConnection::step() {
  if (impl_->state == State::closed) return impl_->state;
  SSL_CONN_CLOSE_INFO why{};
  if (SSL_get_conn_close_info(impl_->connection.get(), &why, sizeof why) == 1) {
    impl_->state = State::closed;
    return impl_->state;
  }
  if (impl_->state == State::handshaking) impl_->handshake();
  // One stream is all that a chat has.
  if (impl_->state == State::open && SSL_get_accept_stream_queue_len(impl_->connection.get()) > 0)
    impl_->close(QuicClose::broken_rule);
  return impl_->state;
}

std::size_t QuicConnection::write(ByteView data) {
  std::size_t taken = 0;
  if (impl_->state != State::open || data.empty()) return 0;
  if (const int done = SSL_write_ex(impl_->stream.get(), data.data(), data.size(), &taken); done != 1) {
    impl_->take_error(impl_->stream.get(), done);
    return 0;
  }
  return taken;
}

std::size_t QuicConnection::read(ByteSpan out) {
  std::size_t got = 0;
  if (impl_->state != State::open) return 0;
  if (const int done = SSL_read_ex(impl_->stream.get(), out.data(), out.size(), &got); done != 1) {
    impl_->take_error(impl_->stream.get(), done);
    return 0;
  }
  return got;
}

std::array<std::uint8_t, 32> QuicConnection::binding(std::string_view label) const {
  std::array<std::uint8_t, 32> out{};
  if (SSL_export_keying_material(impl_->connection.get(), out.data(), out.size(), label.data(), label.size(), nullptr,
                                 0, 0) != 1) {
    ERR_clear_error();
    impl_->close(QuicClose::broken_rule);
  }
  return out;
}

std::string QuicConnection::security() const {
  const char* group = SSL_get0_group_name(impl_->connection.get());
  const char* cipher = SSL_get_cipher_name(impl_->connection.get());
  return std::string("TLS 1.3 ") + (group == nullptr ? "" : group) + " " + (cipher == nullptr ? "" : cipher);
}

QuicEndpoint::QuicEndpoint(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
QuicEndpoint::~QuicEndpoint() = default;

std::expected<std::shared_ptr<QuicEndpoint::Impl>, std::string> QuicEndpoint::make_listener(
    QuicRole role, const Certificate& certificate, std::uint64_t flags) {
  auto impl = std::make_shared<Impl>();
  impl->context =
      SslCtxPtr(SSL_CTX_new(role == QuicRole::server ? OSSL_QUIC_server_method() : OSSL_QUIC_client_method()));
  if (!impl->context || !set_policy(impl->context.get(), certificate)) return std::unexpected(take_openssl_error());
  SSL_CTX_set_cert_verify_callback(impl->context.get(), Impl::check_peer, impl.get());
  impl->listener = SslPtr(SSL_new_listener(impl->context.get(), flags));
  if (!impl->listener || SSL_set_blocking_mode(impl->listener.get(), 0) != 1)
    return std::unexpected(take_openssl_error());
  return impl;
}

std::expected<std::unique_ptr<QuicEndpoint>, std::string> QuicEndpoint::make(int fd, QuicRole role,
                                                                             const Certificate& certificate) {
  auto impl = make_listener(role, certificate, 0);
  if (!impl) return std::unexpected(impl.error());
  SSL* listener = (*impl)->listener.get();
  auto bio = (*impl)->socket.emplace(fd).make_bio();
  if (!bio) return std::unexpected(take_openssl_error());
  // It takes one reference for both directions.
  BIO* both = bio.release();
  SSL_set_bio(listener, both, both);
  if (role == QuicRole::server && SSL_listen(listener) != 1) return std::unexpected(take_openssl_error());
  return std::unique_ptr<QuicEndpoint>(new QuicEndpoint(std::move(*impl)));
}

std::expected<std::unique_ptr<QuicEndpoint>, std::string> QuicEndpoint::make_on_path(QuicRole role,
                                                                                     const Certificate& certificate) {
  auto impl = make_listener(role, certificate, SSL_LISTENER_FLAG_NO_VALIDATE);
  if (!impl) return std::unexpected(impl.error());
  SSL* listener = (*impl)->listener.get();
  auto bio = make_datagram_bio((*impl)->queues);
  if (!bio) return std::unexpected(take_openssl_error());
  // It takes one reference for both directions.
  BIO* both = bio.release();
  SSL_set_bio(listener, both, both);
  if (role == QuicRole::server && SSL_listen(listener) != 1) return std::unexpected(take_openssl_error());
  return std::unique_ptr<QuicEndpoint>(new QuicEndpoint(std::move(*impl)));
}

void QuicEndpoint::put(Bytes datagram) {
  impl_->queues.incoming.push_back(std::move(datagram));
}

std::optional<Bytes> QuicEndpoint::take() {
  auto& outgoing = impl_->queues.outgoing;
  if (outgoing.empty()) return std::nullopt;
  auto first = std::move(outgoing.front());
  outgoing.pop_front();
  return first;
}

void QuicEndpoint::set_pin(const Fingerprint& pin) {
  impl_->pin = pin;
}

void QuicEndpoint::step() {
  impl_->more = true;
  for (int turn = 0; turn < turns_a_step && impl_->more; ++turn) {
    const auto before = impl_->waiting();
    static_cast<void>(SSL_handle_events(impl_->listener.get()));
    impl_->more = impl_->waiting() > 0 && impl_->waiting() != before;
  }
  ERR_clear_error();
}

std::optional<std::chrono::milliseconds> QuicEndpoint::next_step() const {
  if (impl_->more) return std::chrono::milliseconds(0);
  timeval wait{};
  int never = 0;
  if (SSL_get_event_timeout(impl_->listener.get(), &wait, &never) != 1 || never != 0) return std::nullopt;
  const auto exact = std::chrono::seconds(wait.tv_sec) + std::chrono::microseconds(wait.tv_usec);
  return std::chrono::ceil<std::chrono::milliseconds>(exact);
}

bool QuicEndpoint::wants_write() const {
  return SSL_net_write_desired(impl_->listener.get()) == 1;
}

namespace {

std::unique_ptr<QuicConnection> make_connection(std::shared_ptr<QuicEndpoint::Impl> endpoint, QuicRole role,
                                                SslPtr connection) {
  if (!connection || SSL_set_default_stream_mode(connection.get(), SSL_DEFAULT_STREAM_MODE_NONE) != 1 ||
      SSL_set_incoming_stream_policy(connection.get(), SSL_INCOMING_STREAM_POLICY_ACCEPT, 0) != 1 ||
      SSL_set_blocking_mode(connection.get(), 0) != 1) {
    ERR_clear_error();
    return nullptr;
  }
  auto impl = std::make_unique<QuicConnection::Impl>();
  impl->endpoint = std::move(endpoint);
  impl->role = role;
  impl->connection = std::move(connection);
  return std::make_unique<QuicConnection>(std::move(impl));
}

}  // namespace

std::unique_ptr<QuicConnection> QuicEndpoint::accept() {
  auto connection = SslPtr(SSL_accept_connection(impl_->listener.get(), SSL_ACCEPT_CONNECTION_NO_BLOCK));
  ERR_clear_error();
  return connection ? make_connection(impl_, QuicRole::server, std::move(connection)) : nullptr;
}

std::unique_ptr<QuicConnection> QuicEndpoint::connect(ByteView ip, std::uint16_t port) {
  const AddressPtr address(BIO_ADDR_new());
  const int family = ip.size() == 4 ? AF_INET : AF_INET6;
  auto connection = SslPtr(SSL_new_from_listener(impl_->listener.get(), 0));
  if (!address || !connection || BIO_ADDR_rawmake(address.get(), family, ip.data(), ip.size(), htons(port)) != 1 ||
      SSL_set1_initial_peer_addr(connection.get(), address.get()) != 1) {
    ERR_clear_error();
    return nullptr;
  }
  SSL_set_connect_state(connection.get());
  return make_connection(impl_, QuicRole::client, std::move(connection));
}

std::unique_ptr<QuicConnection> QuicEndpoint::connect() {
  return connect(path_peer_ip, path_peer_port);
}

}  // namespace pqc::net
