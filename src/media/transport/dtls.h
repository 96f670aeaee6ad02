// One DTLS 1.2 association over datagrams (docs/spec/media.md §2), for SRTP's keys only.
//
// OpenSSL does the handshake in memory; time and retransmission are ours, so that a session runs by its owner's clock:
// the last flight is kept as it went out and goes out again. The peer's certificate is compared with the fingerprint
// before anything else counts. What comes before the handshake's end may be anyone's: it ends an attempt, never the
// association. One thread.
#pragma once

#include <memory>
#include <optional>

#include "base/secret.h"
#include "media/transport/certificate.h"
#include "media/transport/error.h"
#include "media/transport/path.h"
#include "media/transport/srtp.h"
#include "media/transport/time.h"

namespace pqc::media {

enum class DtlsState : std::uint8_t { handshaking, connected, closed, failed };

class Dtls {
 public:
  // The one that connects sends its first flight at once. A plain peer may choose the older SRTP profile too.
  static Result<std::unique_ptr<Dtls>> start(DtlsRole role, const MediaCertificate& certificate,
                                             const Fingerprint& peer, bool plain_peer, DatagramPath& path, Time now);
  ~Dtls();
  Dtls(const Dtls&) = delete;
  Dtls& operator=(const Dtls&) = delete;

  void handle_datagram(ByteView datagram, Time now);
  // Does what is due; when to call again, if at all.
  std::optional<Time> poll(Time now);
  // Says close_notify.
  void close();

  [[nodiscard]] DtlsState state() const;
  // Why it failed.
  [[nodiscard]] Error error() const;
  // Once connected.
  [[nodiscard]] SrtpProfile profile() const;
  [[nodiscard]] Result<SecretBytes> export_keys() const;

 private:
  struct Impl;
  explicit Dtls(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pqc::media
