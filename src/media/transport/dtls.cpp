#include "media/transport/dtls.h"

#include <array>
#include <string>
#include <vector>

#include <openssl/err.h>
#include <openssl/srtp.h>

#include "media/transport/certificate_impl.h"
#include "media/transport/flight.h"
#include "media/transport/labels.h"
#include "media/transport/limits.h"

namespace pqc::media {
namespace {

constexpr const char* ciphers =
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256";
constexpr const char* our_profiles = "SRTP_AEAD_AES_256_GCM:SRTP_AEAD_AES_128_GCM";
constexpr const char* plain_profiles = "SRTP_AEAD_AES_256_GCM:SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80";
constexpr std::size_t max_record = 16'384 + 512;
// RFC 5246 §6.2.1: what a repetition of a handshake's end begins with.
constexpr std::uint8_t change_cipher_spec = 20;
constexpr std::uint8_t handshake_type = 22;

// OpenSSL's own timer waits longer than a handshake may take.
unsigned no_timer(SSL*, unsigned) {
  return 3'600'000'000U;
}

bool set_up(SSL_CTX* context, const MediaCertificate::Impl& certificate, const char* profiles) {
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_NO_QUERY_MTU | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  return SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, ciphers) == 1 && SSL_CTX_set1_groups_list(context, "X25519:P-256") == 1 &&
         SSL_CTX_set1_sigalgs_list(context, "ECDSA+SHA256:ECDSA+SHA384") == 1 &&
         SSL_CTX_use_certificate(context, certificate.certificate.get()) == 1 &&
         SSL_CTX_use_PrivateKey(context, certificate.key.get()) == 1 &&
         SSL_CTX_set_tlsext_use_srtp(context, profiles) == 0;
}

}  // namespace

struct Dtls::Impl {
  Impl(DtlsRole its_role, const Fingerprint& its_peer, DatagramPath& its_path, Time now)
      : role(its_role), peer(its_peer), path(its_path), started(now) {}

  bool open(const MediaCertificate& certificate, bool plain_peer);
  bool step(Time now);
  void handshake();
  void discard_data();
  void finish();
  bool send_pending(Time now);
  void fail(Error with);
  static int verify(X509_STORE_CTX* store, void* self);

  DtlsRole role;
  Fingerprint peer;
  DatagramPath& path;
  Time started;
  SslCtxPtr context;
  SslPtr ssl;
  BIO* in = nullptr;   // owned by ssl
  BIO* out = nullptr;  // owned by ssl
  Flight flight;
  DtlsState state = DtlsState::handshaking;
  Error error = Error::handshake;
};

// Called in place of OpenSSL's check of chains: the certificate is the announced one, or none.
int Dtls::Impl::verify(X509_STORE_CTX* store, void* self) {
  auto& impl = *static_cast<Impl*>(self);
  const auto* certificate = X509_STORE_CTX_get0_cert(store);
  const auto fingerprint = certificate != nullptr ? fingerprint_of(certificate) : std::unexpected(Error::backend);
  if (fingerprint == impl.peer) return 1;
  impl.error = Error::wrong_fingerprint;
  X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
  return 0;
}

bool Dtls::Impl::open(const MediaCertificate& certificate, bool plain_peer) {
  context = SslCtxPtr(SSL_CTX_new(DTLS_method()));
  if (!context || !set_up(context.get(), certificate.impl(), plain_peer ? plain_profiles : our_profiles)) return false;
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context.get(), &Impl::verify, this);
  ssl = SslPtr(SSL_new(context.get()));
  in = BIO_new(BIO_s_dgram_mem());
  out = BIO_new(BIO_s_dgram_mem());
  if (!ssl || in == nullptr || out == nullptr) {
    BIO_free(in);
    BIO_free(out);
    return false;
  }
  SSL_set_bio(ssl.get(), in, out);
  SSL_set_mtu(ssl.get(), static_cast<long>(limits::datagram));
  DTLS_set_timer_cb(ssl.get(), no_timer);
  if (role == DtlsRole::connect) {
    SSL_set_connect_state(ssl.get());
  } else {
    SSL_set_accept_state(ssl.get());
  }
  return true;
}

void Dtls::Impl::fail(Error with) {
  state = DtlsState::failed;
  error = with;
  flight.clear();
}

void Dtls::Impl::handshake() {
  const int result = SSL_do_handshake(ssl.get());
  if (result == 1) return finish();
  const int reason = SSL_get_error(ssl.get(), result);
  ERR_clear_error();
  if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE) fail(error);
}

void Dtls::Impl::finish() {
  if (SSL_get_extms_support(ssl.get()) != 1) return fail(Error::no_extended_secret);
  if (SSL_get_selected_srtp_profile(ssl.get()) == nullptr) return fail(Error::no_srtp_profile);
  state = DtlsState::connected;
}

// Reading is what makes OpenSSL see alerts and repeated flights.
void Dtls::Impl::discard_data() {
  std::array<std::uint8_t, max_record> nothing;
  int result = 0;
  do {
    result = SSL_read(ssl.get(), nothing.data(), static_cast<int>(nothing.size()));
  } while (result > 0);
  ERR_clear_error();
  if ((SSL_get_shutdown(ssl.get()) & SSL_RECEIVED_SHUTDOWN) != 0) state = DtlsState::closed;
}

// Whether there was anything.
bool Dtls::Impl::send_pending(Time now) {
  std::vector<Bytes> datagrams;
  std::array<std::uint8_t, max_record> memory;
  for (int size = 0; (size = BIO_read(out, memory.data(), static_cast<int>(memory.size()))) > 0;) {
    datagrams.emplace_back(memory.begin(), memory.begin() + size);
    path.send(datagrams.back());
    if (datagrams.size() == limits::flight_datagrams) break;
  }
  if (datagrams.empty()) return false;
  flight.replace(std::move(datagrams), now);
  return true;
}

// Whether anything was sent.
bool Dtls::Impl::step(Time now) {
  if (state == DtlsState::handshaking) handshake();
  if (state == DtlsState::connected) discard_data();
  return send_pending(now);
}

Dtls::Dtls(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Dtls::~Dtls() = default;

Result<std::unique_ptr<Dtls>> Dtls::start(DtlsRole role, const MediaCertificate& certificate, const Fingerprint& peer,
                                          bool plain_peer, DatagramPath& path, Time now) {
  auto impl = std::make_unique<Impl>(role, peer, path, now);
  if (!impl->open(certificate, plain_peer)) {
    ERR_clear_error();
    return std::unexpected(Error::backend);
  }
  impl->step(now);
  return std::unique_ptr<Dtls>(new Dtls(std::move(impl)));
}

void Dtls::handle_datagram(ByteView datagram, Time now) {
  auto& impl = *impl_;
  if (datagram.empty() || impl.state == DtlsState::closed || impl.state == DtlsState::failed) return;
  const bool was_connected = impl.state == DtlsState::connected;
  if (BIO_write(impl.in, datagram.data(), static_cast<int>(datagram.size())) <= 0) {
    ERR_clear_error();
    return;
  }
  const bool answered = impl.step(now);
  // The peer repeats itself: the end of the handshake has not reached it.
  const bool repeats = datagram[0] == handshake_type || datagram[0] == change_cipher_spec;
  if (was_connected && !answered && repeats && impl.flight.due() <= now) impl.flight.send_again(impl.path, now);
}

std::optional<Time> Dtls::poll(Time now) {
  auto& impl = *impl_;
  if (impl.state != DtlsState::handshaking) return std::nullopt;
  const auto end = impl.started + limits::handshake;
  if (now >= end) {
    impl.fail(Error::handshake_timeout);
    return std::nullopt;
  }
  if (const auto due = impl.flight.due(); due && *due <= now) impl.flight.send_again(impl.path, now);
  return std::min(end, impl.flight.due().value_or(end));
}

void Dtls::close() {
  if (impl_->state != DtlsState::connected) return;
  SSL_shutdown(impl_->ssl.get());
  ERR_clear_error();
  impl_->state = DtlsState::closed;
  impl_->send_pending({});
}

DtlsState Dtls::state() const {
  return impl_->state;
}

Error Dtls::error() const {
  return impl_->error;
}

SrtpProfile Dtls::profile() const {
  return static_cast<SrtpProfile>(SSL_get_selected_srtp_profile(impl_->ssl.get())->id);
}

Result<SecretBytes> Dtls::export_keys() const {
  SecretBytes out(exported_size(profile()));
  if (SSL_export_keying_material(impl_->ssl.get(), out.fill().data(), out.size(), labels::exporter.data(),
                                 labels::exporter.size(), nullptr, 0, 0) != 1) {
    ERR_clear_error();
    return std::unexpected(Error::backend);
  }
  return out;
}

}  // namespace pqc::media
