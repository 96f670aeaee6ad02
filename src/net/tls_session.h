// One TLS connection over a non-blocking socket that somebody else owns and waits on. Nothing here blocks: a call says
// whether it has to be repeated once the socket is readable or writable. One thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "net/fingerprint.h"
#include "net/tls_context.h"

namespace pqc::net {

enum class IoStatus : std::uint8_t {
  done,
  want_read,
  want_write,
  closed,  // the peer ended TLS in order (close_notify)
  failed,  // see failure_text(); nothing more may be called but that
};

struct IoResult {
  IoStatus status = IoStatus::failed;
  std::size_t bytes = 0;
};

// A session ticket that a client kept; good for one more handshake.
class TlsTicket {
 public:
  TlsTicket();
  ~TlsTicket();
  TlsTicket(TlsTicket&&) noexcept;
  TlsTicket& operator=(TlsTicket&&) noexcept;
  struct Impl;
  std::unique_ptr<Impl> impl;
};

class TlsSession {
 public:
  static std::expected<TlsSession, std::string> accept(const TlsServerContext& context, int socket);
  // `server_name` goes into the SNI extension unless it is an address; with a context for relays and without a pin it
  // is the name that the certificate has to have.
  static std::expected<TlsSession, std::string> connect(const TlsClientContext& context, int socket,
                                                        const std::string& server_name,
                                                        const std::optional<Fingerprint>& pin, TlsTicket ticket);
  ~TlsSession();
  TlsSession(TlsSession&&) noexcept;
  TlsSession& operator=(TlsSession&&) noexcept;

  [[nodiscard]] IoStatus handshake();
  // At most out.size() bytes of one record. When it wants to write it still wants to be read again after that.
  [[nodiscard]] IoResult read(ByteSpan out);
  // May take less than all; at most one record a call.
  [[nodiscard]] IoResult write(ByteView bytes);
  // Whether bytes are left inside that no readiness of the socket will announce.
  [[nodiscard]] bool has_pending() const;
  // Sends close_notify, as far as it goes without waiting.
  void shutdown();

  // After the handshake.
  [[nodiscard]] std::expected<std::array<std::uint8_t, 32>, std::string> exporter(const char* label) const;
  [[nodiscard]] std::string group() const;
  [[nodiscard]] std::string cipher() const;
  [[nodiscard]] bool resumed() const;
  // Client only: the key that the server proved to hold.
  [[nodiscard]] std::optional<Fingerprint> peer_fingerprint() const;
  [[nodiscard]] bool wrong_server() const;
  [[nodiscard]] TlsTicket take_ticket();

  [[nodiscard]] const std::string& failure_text() const;

 private:
  struct Impl;
  explicit TlsSession(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pqc::net
