// What a peer that is not ours may offer, by OpenSSL alone.
#include "media/transport/dtls.h"

#include <functional>

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "media/transport/certificate_impl.h"
#include "media/transport/dtls_record.h"
#include "support.h"

namespace pqc::media::testing {
namespace {

// A DTLS client or server that does what the test tells it.
struct Stranger {
  explicit Stranger(const std::function<void(SSL_CTX*)>& change, bool connects = true)
      : context(SSL_CTX_new(DTLS_method())) {
    SSL_CTX_use_certificate(context.get(), certificate.impl().certificate.get());
    SSL_CTX_use_PrivateKey(context.get(), certificate.impl().key.get());
    SSL_CTX_set_tlsext_use_srtp(context.get(), "SRTP_AEAD_AES_256_GCM");
    change(context.get());
    ssl = SslPtr(SSL_new(context.get()));
    in = BIO_new(BIO_s_dgram_mem());
    out = BIO_new(BIO_s_dgram_mem());
    SSL_set_bio(ssl.get(), in, out);
    connects ? SSL_set_connect_state(ssl.get()) : SSL_set_accept_state(ssl.get());
  }
  void step(Dtls& with, Wire& from, Time now) {
    for (const auto& [time, datagram] : from.waiting) BIO_write(in, datagram.data(), static_cast<int>(datagram.size()));
    from.waiting.clear();
    // Once it is connected, reading is what makes it repeat its end.
    std::array<std::uint8_t, 4'096> memory;
    if (SSL_do_handshake(ssl.get()) == 1) SSL_read(ssl.get(), memory.data(), memory.size());
    for (int size = 0; (size = BIO_read(out, memory.data(), memory.size())) > 0;) {
      const auto datagram = ByteView(memory).first(static_cast<std::size_t>(size));
      ++sent;
      if (!loses || !loses(datagram)) with.handle_datagram(datagram, now);
    }
  }

  MediaCertificate certificate = *MediaCertificate::make();
  SslCtxPtr context;
  SslPtr ssl;
  BIO* in;
  BIO* out;
  int sent = 0;  // datagrams
  std::function<bool(ByteView datagram)> loses;
};

std::pair<DtlsState, Error> meet(const std::function<void(SSL_CTX*)>& change) {
  Stranger stranger(change);
  Wire wire;
  const auto ours = MediaCertificate::make();
  const auto dtls = Dtls::start(DtlsRole::accept, *ours, stranger.certificate.fingerprint(), false, wire, Time{});
  for (int i = 0; i < 6; ++i) stranger.step(**dtls, wire, Time{});
  // Whoever is refused may be anyone; the peer has its time.
  (*dtls)->poll(Time{} + limits::handshake - 1ms);
  EXPECT_NE((*dtls)->state(), DtlsState::failed);
  (*dtls)->poll(Time{} + limits::handshake);
  return {(*dtls)->state(), (*dtls)->error()};
}

TEST(DtlsTest, TakesWhoKeepsToTheRules) {
  EXPECT_EQ(meet([](SSL_CTX*) {}).first, DtlsState::connected);
}

// Chromium's ClientHello, which has keys for more than DTLS 1.2, fills two datagrams.
TEST(DtlsTest, TakesAClientHelloInPieces) {
  constexpr std::uint8_t name_size = 250;
  Bytes names;
  for (int i = 0; i < 12; ++i) {
    names.push_back(name_size);
    names.insert(names.end(), name_size, 'a');
  }
  Stranger stranger(
      [&](SSL_CTX* of) { SSL_CTX_set_alpn_protos(of, names.data(), static_cast<unsigned>(names.size())); });
  Wire wire;
  const auto ours = MediaCertificate::make();
  const auto dtls = Dtls::start(DtlsRole::accept, *ours, stranger.certificate.fingerprint(), false, wire, Time{});
  stranger.step(**dtls, wire, Time{});
  EXPECT_GT(stranger.sent, 1);
  for (int i = 0; i < 5; ++i) stranger.step(**dtls, wire, Time{});
  EXPECT_EQ((*dtls)->state(), DtlsState::connected);
}

// One that repeats its end only for a Finished with a number that it has not seen.
TEST(DtlsTest, ConnectsToAStrangerWhoseEndIsLost) {
  Stranger stranger([](SSL_CTX*) {}, false);
  int lost = 0;
  stranger.loses = [&](ByteView datagram) {
    const bool end = datagram[0] == change_cipher_spec || datagram[4] == 1;
    return end && ++lost <= 2;
  };
  Wire wire;
  const auto ours = MediaCertificate::make();
  const auto begun = std::chrono::steady_clock::now();
  const auto dtls = Dtls::start(DtlsRole::connect, *ours, stranger.certificate.fingerprint(), true, wire, begun);
  while ((*dtls)->state() == DtlsState::handshaking && std::chrono::steady_clock::now() < begun + 10s) {
    const auto now = std::chrono::steady_clock::now();
    stranger.step(**dtls, wire, now);
    (*dtls)->poll(now);
  }
  EXPECT_EQ((*dtls)->state(), DtlsState::connected);
  EXPECT_GT(lost, 2);
}

TEST(DtlsTest, ConnectsToAStrangerThatWantsACookie) {
  const auto with_cookies = [](SSL_CTX* of) {
    SSL_CTX_set_options(of, SSL_OP_COOKIE_EXCHANGE);
    SSL_CTX_set_cookie_generate_cb(of, [](SSL*, unsigned char* cookie, unsigned* size) {
      *cookie = 'c';
      *size = 1;
      return 1;
    });
    SSL_CTX_set_cookie_verify_cb(of, [](SSL*, const unsigned char*, unsigned) { return 1; });
  };
  Stranger stranger(with_cookies, false);
  Wire wire;
  const auto ours = MediaCertificate::make();
  const auto dtls = Dtls::start(DtlsRole::connect, *ours, stranger.certificate.fingerprint(), true, wire, Time{});
  for (int i = 0; i < 6; ++i) stranger.step(**dtls, wire, Time{});
  EXPECT_EQ((*dtls)->state(), DtlsState::connected);
}

TEST(DtlsTest, RefusesWhoHasNoExtendedMasterSecret) {
  const auto end = meet([](SSL_CTX* of) { SSL_CTX_set_options(of, SSL_OP_NO_EXTENDED_MASTER_SECRET); });
  EXPECT_EQ(end, std::pair(DtlsState::failed, Error::no_extended_secret));
}

TEST(DtlsTest, RefusesAnOlderProfileOrVersion) {
  EXPECT_EQ(meet([](SSL_CTX* of) { SSL_CTX_set_tlsext_use_srtp(of, "SRTP_AES128_CM_SHA1_80"); }).second,
            Error::no_srtp_profile);
  EXPECT_EQ(meet([](SSL_CTX* of) { SSL_CTX_set_max_proto_version(of, DTLS1_VERSION); }).first, DtlsState::failed);
}

}  // namespace
}  // namespace pqc::media::testing
