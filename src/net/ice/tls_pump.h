// One connection of a tunnel: bytes from a local socket into TLS to a relay and back, as they are. Each direction has a
// buffer of limits::tunnel_buffer, and what does not fit waits in the other end's socket, so whoever is faster is held
// back. Either end's close ends the other one, after what was under way. Nothing blocks. One thread.
//
//   connecting ──TCP stands──> handshaking ──relay proved who it is──> open ──> ended
#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include <sys/socket.h>

#include "base/bytes.h"
#include "net/fingerprint.h"
#include "net/ice/descriptor.h"
#include "net/tls_context.h"
#include "net/tls_session.h"

namespace pqc::net::ice {

// Where a relay is, and how it proves that: by the pinned key, or else by its name.
struct TlsRelay {
  std::string ip;
  std::uint16_t port = 0;
  std::string name;
  std::optional<Fingerprint> pin;
};

// Bytes on their way: taken at the front, given at the back.
class PumpBuffer {
 public:
  explicit PumpBuffer(std::size_t size) : bytes_(size) {}
  [[nodiscard]] ByteView waiting() const { return ByteView(bytes_).subspan(begin_, end_ - begin_); }
  [[nodiscard]] bool empty() const { return begin_ == end_; }
  [[nodiscard]] bool full() const { return end_ - begin_ == bytes_.size(); }
  // Room at the back; empty only when it is full.
  ByteSpan room();
  void gave(std::size_t size) { end_ += size; }
  void took(std::size_t size);

 private:
  Bytes bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

class TlsPump {
 public:
  // Begins to connect.
  static std::expected<TlsPump, std::string> start(Descriptor local, const TlsRelay& relay,
                                                   const TlsClientContext& context);

  [[nodiscard]] int local() const { return local_.get(); }
  [[nodiscard]] int remote() const { return remote_.get(); }
  // What poll() has to wait for at each; 0: nothing.
  [[nodiscard]] short local_events() const;
  [[nodiscard]] short remote_events() const;
  // Whether step() is to be called again without waiting.
  [[nodiscard]] bool busy() const { return busy_; }
  // As far as it goes now; false at the end.
  bool step();
  // How long it may still take to open; nothing once it is.
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> deadline() const;
  // Why it ended, where that was not in order.
  [[nodiscard]] const std::string& failure() const { return failure_; }

 private:
  enum class State : std::uint8_t { connecting, handshaking, open };
  TlsPump(Descriptor local, Descriptor remote, TlsSession tls);

  bool finish_connecting();
  bool finish_handshake();
  bool move();
  bool read_local();
  bool write_relay();
  bool read_relay();
  bool write_local();
  void note(IoStatus status);
  [[nodiscard]] bool ended() const;

  Descriptor local_;
  Descriptor remote_;
  TlsSession tls_;
  State state_ = State::connecting;
  PumpBuffer to_relay_;
  PumpBuffer to_local_;
  bool local_ended_ = false;
  bool relay_ended_ = false;
  bool wants_read_ = false;
  bool wants_write_ = false;
  bool busy_ = false;
  std::chrono::steady_clock::time_point deadline_;
  std::string failure_;
};

}  // namespace pqc::net::ice
