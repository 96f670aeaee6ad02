// The server's TCP port: accepts, makes TLS, answers HTTP, hands WebSockets to the layer above, and keeps every
// deadline and limit of net/limits.h (THREATS 22). One thread: that of the io_context.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "net/http.h"
#include "net/server_connection.h"
#include "net/tls_context.h"

namespace boost::asio {
class io_context;
}

namespace pqc::net {

enum class ListenError : std::uint8_t { bad_address, address_in_use, no_permission, failed };

struct ListenFailure {
  ListenError error{};
  std::string text;
};

struct ListenerStats {
  std::uint64_t accepted = 0;
  std::uint64_t turned_away = 0;  // over a limit of connections
  std::uint64_t handshakes = 0;   // TLS handshakes done
  std::uint64_t handshake_failures = 0;
  std::uint64_t resumed = 0;  // of the handshakes, with a session ticket
  std::uint64_t deadlines_missed = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::size_t connections = 0;  // open now
  std::size_t websockets = 0;
};

struct ListenerCallbacks {
  // A WebSocket opened at /v1/ws. The connection lives until on_closed().
  std::function<std::shared_ptr<ConnectionUser>(ServerConnection&)> opened;
  // Any other request: the answer, after which the connection closes.
  std::function<HttpResponse(const HttpRequest&)> request;
};

class Listener {
 public:
  // Listens on host:port; an empty host means every address, port 0 any free port.
  static std::expected<std::unique_ptr<Listener>, ListenFailure> start(boost::asio::io_context& context,
                                                                       TlsServerContext tls, const std::string& host,
                                                                       std::uint16_t port, ListenerCallbacks callbacks);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  // "127.0.0.1:8443", "[::]:8443"
  [[nodiscard]] std::string address() const;
  [[nodiscard]] const ListenerStats& stats() const;

  // No new connections; those that are open stay.
  void stop_accepting();
  // Closes every connection in order; `done` comes once all are gone, at the latest after close_deadline.
  void close_all(CloseCode code, std::string_view reason, std::function<void()> done);

 private:
  class Impl;
  explicit Listener(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

// "/v1/ws"
inline constexpr const char* websocket_target = "/v1/ws";
// Sec-WebSocket-Protocol values: what the server's first frame is made of. Without one it is binary.
inline constexpr const char* binary_protocol = "pqc-chat.v1";
inline constexpr const char* json_protocol = "pqc-chat.v1.json";

}  // namespace pqc::net
