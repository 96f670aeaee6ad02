// A server's side of one WebSocket, as the layer above sees it, and what that layer has to answer to.
// Everything runs on the listener's thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <expected>
#include <string>

#include "base/bytes.h"
#include "net/address_limits.h"
#include "net/websocket.h"

namespace pqc::net {

class ServerConnection {
 public:
  virtual ~ServerConnection() = default;

  // Queues one message. All that is queued in one turn of the event loop leaves together. Ignored once it closes.
  virtual void send(FrameKind kind, ByteView payload) = 0;
  // A message of `size` bytes, written in place by the caller: fills all of the span before anything else is called.
  // Empty once the connection closes.
  virtual ByteSpan send_in_place(FrameKind kind, std::size_t size) = 0;
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;

  // Until one of the two sides begins to close it.
  [[nodiscard]] virtual bool is_open() const = 0;
  // Sends what is queued, then a close frame.
  virtual void close(CloseCode code, std::string_view reason) = 0;

  // While paused nothing is read, so that a sender who is too fast is stopped by TCP.
  virtual void set_paused(bool paused) = 0;
  // Ends the deadline and the small frame size of strangers.
  virtual void set_logged_in() = 0;

  // Another deadline for logging in, for one who waits for something else first.
  virtual void extend_login_deadline(std::chrono::seconds deadline) = 0;

  // TLS exporter value of this connection (RFC 8446 §7.5), 32 bytes.
  [[nodiscard]] virtual std::expected<std::array<std::uint8_t, 32>, std::string> exporter(const char* label) const = 0;
  [[nodiscard]] virtual std::string remote() const = 0;
  // Who it counts for where addresses have limits.
  [[nodiscard]] virtual const AddressKey& address() const = 0;
  // The kind of frame that the client asked for in Sec-WebSocket-Protocol.
  [[nodiscard]] virtual FrameKind preferred_kind() const = 0;
};

class ConnectionUser {
 public:
  virtual ~ConnectionUser() = default;
  // Only text and binary. The payload is valid during the call.
  virtual void on_frame(FrameKind kind, ByteView payload) = 0;
  // The queue has been sent.
  virtual void on_drained() = 0;
  // Once, the last call; the ServerConnection is gone after it.
  virtual void on_closed() = 0;
};

}  // namespace pqc::net
