#include "media/transport/dtls.h"

#include <algorithm>
#include <array>
#include <vector>

#include <openssl/err.h>
#include <openssl/srtp.h>

#include "media/transport/certificate_impl.h"
#include "media/transport/dtls_record.h"
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
// How long OpenSSL's own timers wait, in microseconds: longer than a handshake may take, since flight.h repeats flights
// by our clock.
unsigned no_timer(SSL*, unsigned) {
  return static_cast<unsigned>(std::chrono::microseconds(2 * limits::handshake).count());
}
// Where we connect to a plain peer, OpenSSL repeats the second flight: who has ended well may answer only a Finished
// with a new number, which OpenSSL alone can seal.
unsigned timer_of_second_flight(SSL* ssl, unsigned before) {
  using std::chrono::microseconds;
  if (SSL_is_server(ssl) == 1 || SSL_get_state(ssl) == TLS_ST_CW_CLNT_HELLO) return no_timer(ssl, before);
  const auto wait = before == 0 ? microseconds(limits::first_retransmission)
                                : std::min<microseconds>(2 * microseconds(before), limits::longest_retransmission);
  return static_cast<unsigned>(wait.count());
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

// One handshake: an SSL, what goes in and out of it, and the flight that it sent last.
struct Attempt {
  SslPtr ssl;
  BIO* in = nullptr;   // owned by ssl
  BIO* out = nullptr;  // owned by ssl
  Bytes hello;         // that it began with, where we accept
  Flight flight;
  std::uint64_t taken = 0;  // records in plain text
  bool at_end = false;      // where we connect: all that is left to come is the other side's end
  bool failed = false;
};

}  // namespace

struct Dtls::Impl {
  Impl(DtlsRole its_role, const Fingerprint& its_peer, bool is_plain, DatagramPath& its_path, Time now)
      : role(its_role), peer(its_peer), plain_peer(is_plain), path(its_path), started(now) {}

  bool open(const MediaCertificate& certificate);
  bool begin(ByteView hello);
  void take_hello(ByteView hello, Time now);
  void take_handshake(ByteView datagram, Time now);
  void take_from_connector(ByteView datagram, Time now);
  void take_from_acceptor(ByteView datagram, Time now);
  bool take(Attempt& attempt, Bytes records, Time now);
  void settle_taken(Time now);
  void take_connected(ByteView datagram, Time now);
  bool step(Attempt& attempt, Time now);
  void advance(Attempt& attempt);
  void finish(Attempt& attempt);
  void refuse(Attempt& attempt, Error why);
  void settle(Time now);
  void begin_again(Time now);
  void repeat(Time now);
  void discard_data();
  static std::vector<Bytes> pending(Attempt& attempt);
  bool send_pending(Attempt& attempt, Time now);
  static int verify(X509_STORE_CTX* store, void* self);

  DtlsRole role;
  Fingerprint peer;
  bool plain_peer;
  DatagramPath& path;
  Time started;
  SslCtxPtr context;
  std::vector<Attempt> attempts;  // the latest last; once connected that one alone
  std::vector<Time> begins;       // of the last attempts, where we accept
  std::uint64_t next_record = 0;  // the number of the next one in plain text, whichever attempt's
  std::optional<Time> again;      // when one who connects begins anew
  std::chrono::milliseconds wait = limits::first_retransmission;
  bool deceived = false;  // the attempt that advances saw another certificate
  DtlsState state = DtlsState::handshaking;
  std::optional<Error> refused;  // what the last attempt ended with
};

// Called in place of OpenSSL's check of chains: the certificate is the announced one, or none.
int Dtls::Impl::verify(X509_STORE_CTX* store, void* self) {
  auto& impl = *static_cast<Impl*>(self);
  const auto* certificate = X509_STORE_CTX_get0_cert(store);
  const auto fingerprint = certificate != nullptr ? fingerprint_of(certificate) : std::unexpected(Error::backend);
  if (fingerprint == impl.peer) return 1;
  impl.deceived = true;
  X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
  return 0;
}

bool Dtls::Impl::open(const MediaCertificate& certificate) {
  context = SslCtxPtr(SSL_CTX_new(DTLS_method()));
  if (!context || !set_up(context.get(), certificate.impl(), plain_peer ? plain_profiles : our_profiles)) return false;
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context.get(), &Impl::verify, this);
  return true;
}

// One attempt more.
bool Dtls::Impl::begin(ByteView hello) {
  Attempt made;
  made.hello = to_bytes(hello);
  made.ssl = SslPtr(SSL_new(context.get()));
  made.in = BIO_new(BIO_s_dgram_mem());
  made.out = BIO_new(BIO_s_dgram_mem());
  if (!made.ssl || made.in == nullptr || made.out == nullptr) {
    BIO_free(made.in);
    BIO_free(made.out);
    ERR_clear_error();
    return false;
  }
  SSL_set_bio(made.ssl.get(), made.in, made.out);
  SSL_set_mtu(made.ssl.get(), static_cast<long>(limits::datagram));
  DTLS_set_timer_cb(made.ssl.get(), plain_peer ? timer_of_second_flight : no_timer);
  role == DtlsRole::connect ? SSL_set_connect_state(made.ssl.get()) : SSL_set_accept_state(made.ssl.get());
  if (attempts.size() == limits::handshake_attempts) attempts.erase(attempts.begin());
  attempts.push_back(std::move(made));
  return true;
}

// A ClientHello that is not the one before may be forged, and so may that one: each has its own attempt, for a time
// that no others take from it.
void Dtls::Impl::take_hello(ByteView hello, Time now) {
  const auto same = [&](const Attempt& attempt) { return std::ranges::equal(attempt.hello, hello); };
  if (std::ranges::any_of(attempts, same)) return;
  std::erase_if(begins, [&](Time each) { return now - each >= limits::attempt_time; });
  if (begins.size() < limits::handshake_attempts && begin(hello)) begins.push_back(now);
}

// An attempt that failed says nothing: whoever made it fail may not be the peer.
void Dtls::Impl::refuse(Attempt& attempt, Error why) {
  attempt.failed = true;
  if (refused != Error::wrong_fingerprint) refused = why;
}

void Dtls::Impl::finish(Attempt& attempt) {
  if (SSL_get_extms_support(attempt.ssl.get()) != 1) return refuse(attempt, Error::no_extended_secret);
  if (SSL_get_selected_srtp_profile(attempt.ssl.get()) == nullptr) return refuse(attempt, Error::no_srtp_profile);
  state = DtlsState::connected;
}

void Dtls::Impl::advance(Attempt& attempt) {
  deceived = false;
  ERR_clear_error();
  const int result = SSL_do_handshake(attempt.ssl.get());
  if (result == 1) return finish(attempt);
  const int reason = SSL_get_error(attempt.ssl.get(), result);
  ERR_clear_error();
  // A record that it drops may leave neither a wish for more nor an error.
  if (reason != SSL_ERROR_SSL) return;
  refuse(attempt, deceived ? Error::wrong_fingerprint : Error::handshake);
}

// Whether anything was sent.
bool Dtls::Impl::step(Attempt& attempt, Time now) {
  advance(attempt);
  if (SSL_get_state(attempt.ssl.get()) == TLS_ST_CW_FINISHED) attempt.at_end = true;
  return !attempt.failed && send_pending(attempt, now);
}

// Forgets what has failed, or once connected all others. One who connects begins anew when what is still on its way to
// the attempt that failed has come and gone.
void Dtls::Impl::settle(Time now) {
  const bool latest_failed = attempts.empty() || attempts.back().failed;
  std::erase_if(attempts, [](const Attempt& attempt) { return attempt.failed; });
  if (state == DtlsState::connected) {
    std::erase_if(attempts, [](const Attempt& attempt) { return SSL_is_init_finished(attempt.ssl.get()) != 1; });
  } else if (role == DtlsRole::connect && latest_failed && !again) {
    again = now + wait;
    wait = std::min<std::chrono::milliseconds>(2 * wait, limits::longest_retransmission);
  }
}

// An attempt that waits for the other side's end goes on waiting: the other side may be at the end, and then answers
// whatever we send with it, and no other ClientHello.
void Dtls::Impl::begin_again(Time now) {
  again.reset();
  std::erase_if(attempts, [](const Attempt& attempt) { return !attempt.at_end; });
  if (begin({})) {
    step(attempts.back(), now);
  } else {
    again = now + wait;
  }
  settle(now);
}

// Only the latest: what an older one repeated would be in the way of its successor. Who is not ours may know one
// ClientHello only, the first.
void Dtls::Impl::repeat(Time now) {
  auto& attempt = attempts.back();
  if (const auto due = attempt.flight.due(); !due || *due > now) return;
  const auto most = attempt.at_end ? limits::unanswered_ends : limits::unanswered_repeats;
  const bool forgotten = !plain_peer && attempt.flight.repeats() >= most;
  if (role == DtlsRole::connect && forgotten) return begin_again(now);
  if (plain_peer && DTLSv1_handle_timeout(attempt.ssl.get()) > 0) attempt.flight.renew(pending(attempt));
  ERR_clear_error();
  attempt.flight.send_again(path, next_record, now);
}

void Dtls::Impl::take_handshake(ByteView datagram, Time now) {
  return role == DtlsRole::accept ? take_from_connector(datagram, now) : take_from_acceptor(datagram, now);
}

void Dtls::Impl::take_from_connector(ByteView datagram, Time now) {
  const auto records = records_of(datagram, is_of_handshake);
  if (records.empty()) return;
  const auto hello = client_hello(records);
  if (hello) take_hello(*hello, now);
  for (auto& attempt : attempts) {
    if (hello && !std::ranges::equal(attempt.hello, *hello)) continue;
    const bool answered = take(attempt, records, now);
    if (!answered && hello) attempt.flight.answer_again(path, next_record, now);
    if (state == DtlsState::connected) break;
  }
  settle_taken(now);
}

void Dtls::Impl::take_from_acceptor(ByteView datagram, Time now) {
  for (auto& attempt : attempts) {
    take(attempt,
         records_of(datagram, attempt.at_end ? is_last
                              : plain_peer   ? is_plain_handshake
                                             : is_of_first_flight),
         now);
    if (state == DtlsState::connected) break;
  }
  settle_taken(now);
}

// Whether it had an answer. Numbers in plain text are anybody's: OpenSSL would take no record for one that came or that
// is too old because somebody wrote its number, or a far higher one, before. One record at a time: where it drops one,
// it leaves those behind it for the next time.
bool Dtls::Impl::take(Attempt& attempt, Bytes records, Time now) {
  renumber(records, attempt.taken);
  bool answered = false;
  auto rest = ByteView(records);
  for (auto record = first_record(rest); !record.empty(); record = first_record(rest)) {
    if (attempt.failed || state == DtlsState::connected) break;
    const bool taken = BIO_write(attempt.in, record.data(), static_cast<int>(record.size())) > 0;
    answered |= taken && step(attempt, now);
    rest = rest.subspan(record.size());
  }
  return answered;
}

void Dtls::Impl::settle_taken(Time now) {
  ERR_clear_error();
  settle(now);
  if (state == DtlsState::connected) discard_data();
}

void Dtls::Impl::take_connected(ByteView datagram, Time now) {
  auto& attempt = attempts.front();
  if (BIO_write(attempt.in, datagram.data(), static_cast<int>(datagram.size())) <= 0) return ERR_clear_error();
  discard_data();
  // The peer repeats itself: the end of the handshake has not reached it.
  const bool repeats = datagram[0] == handshake_record || datagram[0] == change_cipher_spec;
  const bool answered = send_pending(attempt, now);
  if (!answered && repeats) attempt.flight.answer_again(path, next_record, now);
}

// Reading is what makes OpenSSL see alerts and repeated flights.
void Dtls::Impl::discard_data() {
  std::array<std::uint8_t, max_record> nothing;
  auto* ssl = attempts.front().ssl.get();
  int result = 0;
  do {
    result = SSL_read(ssl, nothing.data(), static_cast<int>(nothing.size()));
  } while (result > 0);
  ERR_clear_error();
  if ((SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) != 0) state = DtlsState::closed;
}

std::vector<Bytes> Dtls::Impl::pending(Attempt& attempt) {
  std::vector<Bytes> datagrams;
  std::array<std::uint8_t, max_record> memory;
  for (int size = 0; (size = BIO_read(attempt.out, memory.data(), static_cast<int>(memory.size()))) > 0;) {
    datagrams.emplace_back(memory.begin(), memory.begin() + size);
    if (datagrams.size() == limits::flight_datagrams) break;
  }
  return datagrams;
}

// Whether there was anything.
bool Dtls::Impl::send_pending(Attempt& attempt, Time now) {
  auto datagrams = pending(attempt);
  if (datagrams.empty()) return false;
  attempt.flight.send(std::move(datagrams), path, next_record, now);
  return true;
}

Dtls::Dtls(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Dtls::~Dtls() = default;

Result<std::unique_ptr<Dtls>> Dtls::start(DtlsRole role, const MediaCertificate& certificate, const Fingerprint& peer,
                                          bool plain_peer, DatagramPath& path, Time now) {
  auto impl = std::make_unique<Impl>(role, peer, plain_peer, path, now);
  if (!impl->open(certificate)) {
    ERR_clear_error();
    return std::unexpected(Error::backend);
  }
  if (role == DtlsRole::connect) impl->begin_again(now);
  return std::unique_ptr<Dtls>(new Dtls(std::move(impl)));
}

void Dtls::handle_datagram(ByteView datagram, Time now) {
  if (datagram.empty()) return;
  if (impl_->state == DtlsState::handshaking) return impl_->take_handshake(datagram, now);
  if (impl_->state == DtlsState::connected) impl_->take_connected(datagram, now);
}

std::optional<Time> Dtls::poll(Time now) {
  auto& impl = *impl_;
  if (impl.state != DtlsState::handshaking) return std::nullopt;
  const auto end = impl.started + limits::handshake;
  if (now >= end) {
    impl.state = DtlsState::failed;
    return std::nullopt;
  }
  if (impl.again) {
    if (*impl.again <= now) impl.begin_again(now);
  } else if (!impl.attempts.empty()) {
    impl.repeat(now);
  }
  if (impl.again || impl.attempts.empty()) return std::min(end, impl.again.value_or(end));
  return std::min(end, impl.attempts.back().flight.due().value_or(end));
}

void Dtls::close() {
  if (impl_->state != DtlsState::connected) return;
  SSL_shutdown(impl_->attempts.front().ssl.get());
  ERR_clear_error();
  impl_->state = DtlsState::closed;
  impl_->send_pending(impl_->attempts.front(), {});
}

DtlsState Dtls::state() const {
  return impl_->state;
}

Error Dtls::error() const {
  return impl_->refused.value_or(Error::handshake_timeout);
}

SrtpProfile Dtls::profile() const {
  return static_cast<SrtpProfile>(SSL_get_selected_srtp_profile(impl_->attempts.front().ssl.get())->id);
}

Result<SecretBytes> Dtls::export_keys() const {
  SecretBytes out(exported_size(profile()));
  if (SSL_export_keying_material(impl_->attempts.front().ssl.get(), out.fill().data(), out.size(),
                                 labels::exporter.data(), labels::exporter.size(), nullptr, 0, 0) != 1) {
    ERR_clear_error();
    return std::unexpected(Error::backend);
  }
  return out;
}

}  // namespace pqc::media
