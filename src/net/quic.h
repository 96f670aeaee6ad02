// QUIC (RFC 9000, RFC 9001) over one UDP socket, or over a path that somebody else holds, by OpenSSL: TLS 1.3 with
// hybrid groups only, ML-DSA-65 certificates on both sides, one stream for frames of a chat (docs/spec/p2p.md §12).
// Proves no more than that the other side has the key of its certificate; which key that has to be is the pin.
//
// Nothing here blocks or waits: the owner calls step() when the socket can be read, and at the time that next_step()
// names, then looks at its connections. One thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "net/certificate.h"
#include "net/fingerprint.h"

namespace pqc::net {

enum class QuicRole : std::uint8_t { client, server };

// Why this side closes, as the other side is told (RFC 9000 §20.2; docs/spec/p2p.md §12).
enum class QuicClose : std::uint8_t { end_of_chat = 0, broken_rule = 1, refused = 2 };

class QuicConnection {
 public:
  enum class State : std::uint8_t { handshaking, open, closed };
  // How a closed one ended: by this side, or lost; the other side's key is not the pinned one; the other side takes
  // ours not, or no more connections.
  enum class End : std::uint8_t { closed, other_key, refused };

  struct Impl;
  explicit QuicConnection(std::unique_ptr<Impl> impl);
  // Tells the other side.
  ~QuicConnection();
  QuicConnection(const QuicConnection&) = delete;
  QuicConnection& operator=(const QuicConnection&) = delete;

  // Looks at what the endpoint's step has brought. Open means: the handshake is done and verified, and the stream is
  // there, which for a server is when the client has sent something.
  State step();
  [[nodiscard]] State state() const;
  // The other side is told by the endpoint's next step, if this lives until then, and QUIC lets the packet go: it does
  // once what was written is acknowledged, which nothing looks at any more after this.
  void close(QuicClose why = QuicClose::end_of_chat);
  // Whether the other side has acknowledged all that was written.
  [[nodiscard]] bool acknowledged() const;
  // Once closed.
  [[nodiscard]] End end() const;

  // How many bytes were taken; 0: not now.
  std::size_t write(ByteView data);
  // How many bytes there were.
  std::size_t read(ByteSpan out);

  // RFC 9266's use of the TLS exporter: the same on both sides of this one connection. Once open.
  [[nodiscard]] std::array<std::uint8_t, 32> binding(std::string_view label) const;
  // Group and cipher, for people. Once open.
  [[nodiscard]] std::string security() const;

 private:
  std::unique_ptr<Impl> impl_;
};

class QuicEndpoint {
 public:
  // The socket is bound and does not block; it outlives the endpoint. A server proves addresses with Retry packets
  // before it keeps anything (RFC 9000 §8.1). The error is for the log.
  static std::expected<std::unique_ptr<QuicEndpoint>, std::string> make(int fd, QuicRole role,
                                                                        const Certificate& certificate);
  // Without a socket: the owner gives it what came with put(), before a step, and sends what take() answers after it.
  // There is one other side, whose address is proved already, so a server sends no Retry.
  static std::expected<std::unique_ptr<QuicEndpoint>, std::string> make_on_path(QuicRole role,
                                                                                const Certificate& certificate);
  ~QuicEndpoint();

  void put(Bytes datagram);
  std::optional<Bytes> take();

  // From now on only who has this key.
  void set_pin(const Fingerprint& pin);

  void step();
  // How long from now step() has to be called at the latest; nothing: not before something comes.
  [[nodiscard]] std::optional<std::chrono::milliseconds> next_step() const;
  [[nodiscard]] bool wants_write() const;

  // A server's next connection, its handshake under way; null: there is none.
  std::unique_ptr<QuicConnection> accept();
  // A client's. Null where OpenSSL cannot.
  std::unique_ptr<QuicConnection> connect(ByteView ip, std::uint16_t port);
  // The same for an endpoint on a path.
  std::unique_ptr<QuicConnection> connect();

  struct Impl;

 private:
  explicit QuicEndpoint(std::shared_ptr<Impl> impl);
  static std::expected<std::shared_ptr<Impl>, std::string> make_listener(QuicRole role, const Certificate& certificate,
                                                                         std::uint64_t flags);
  std::shared_ptr<Impl> impl_;
};

}  // namespace pqc::net
