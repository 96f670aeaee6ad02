// The client's side of a connection to a server: TCP, TLS 1.3 with a post-quantum key exchange, WebSocket /v1/ws.
// It carries frames as bytes and does not know what they mean (docs/spec/relay.md, "The connection").
//
// Everything happens on the io_context given: call it from the thread that runs that context, callbacks come there too,
// never from inside the call that set them off. Destroying the link closes the socket and drops all callbacks.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "net/fingerprint.h"

namespace boost::asio {
class io_context;
}

namespace pqc::net {

enum class LinkError : std::uint8_t {
  resolve,       // the host name has no address
  connect,       // nobody answers there, or the connection was refused
  tls,           // no common group or signature algorithm, or not TLS 1.3 at all
  wrong_server,  // the server's key is not the pinned one: the owner of the profile must decide
  websocket,     // TLS works, but there is no pqc-chat behind it
  timeout,       // a deadline of connecting passed, or the server went silent
  too_large,     // the server sent a frame over the limit
  closed,        // the connection ended, by either side
};

struct LinkFailure {
  LinkError error = LinkError::closed;
  std::string text;  // for people and logs; no secrets
};

struct LinkOptions {
  std::string host;  // name or address, IPv6 without brackets
  std::uint16_t port = 8443;
  // Without a pin any ML-DSA key is taken (trust on first use: the caller shows and stores LinkInfo::fingerprint).
  std::optional<Fingerprint> pin;
  // For a server with allow_classical_tls: offers X25519 after the hybrid groups. Off: quantum-safe or nothing.
  bool allow_classical = false;
  std::chrono::milliseconds connect_deadline{15'000};  // all of it, up to the WebSocket's answer
};

struct LinkInfo {
  Fingerprint fingerprint;                  // of the key that the server proved to hold
  std::string group;                        // the key exchange, "X25519MLKEM768"
  std::string cipher;                       // "TLS_AES_256_GCM_SHA384"
  std::array<std::uint8_t, 32> exporter{};  // RFC 8446 §7.5, label login_exporter_label, no context
  bool resumed = false;                     // a session ticket of an earlier connection of this link was used
  std::string remote;                       // "192.0.2.1:8443"
};

// As docs/spec/identity.md §8 names it.
inline constexpr const char* login_exporter_label = "EXPORTER-pqc-chat-login-1";

class RelayLink {
 public:
  using OnConnected = std::function<void(std::expected<LinkInfo, LinkFailure>)>;
  using OnFrame = std::function<void(ByteView frame)>;
  using OnClosed = std::function<void(LinkFailure)>;

  explicit RelayLink(boost::asio::io_context& context);
  ~RelayLink();
  RelayLink(const RelayLink&) = delete;
  RelayLink& operator=(const RelayLink&) = delete;

  // Set before connect(). on_frame: the view is valid during the call only. on_closed: once for each connection that
  // was reported as connected, when it ends other than by close().
  void on_frame(OnFrame callback);
  void on_closed(OnClosed callback);

  // Connects; the answer comes once. May be called again after a failure or an end: it then offers the session ticket
  // it kept. An attempt or connection that is still there is dropped without callbacks.
  void connect(const LinkOptions& options, OnConnected answer);

  // Queues one binary frame. False, and nothing is queued, when there is no connection or the queue is at its limit
  // (net/limits.h: link_queue_bytes). Frames of one turn of the event loop leave in as few TLS records as fit.
  [[nodiscard]] bool send(Bytes frame);

  // Bytes queued and not yet handed to the socket.
  [[nodiscard]] std::size_t queued_bytes() const;
  [[nodiscard]] bool connected() const;

  // Sends what is queued, a WebSocket close (1000), and closes. No callback follows but `done`, if given.
  void close(std::function<void()> done = {});

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace pqc::net
