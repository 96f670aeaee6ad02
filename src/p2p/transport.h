// How frames get to the other side and back. One file a kind, and its line in registry.cpp: tcp, and
// udp, which is QUIC. A transport knows nothing of what the frames mean, and proves nothing about the person who sent
// them: that is the Encryptor's. Loop thread only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "client/error.h"
#include "client/loop.h"
#include "p2p/address.h"

namespace pqc::p2p {

// Whether what is sent passes through somebody's relay, which sees only sealed bytes, but both addresses.
enum class LinkPath : std::uint8_t { direct, relay };
constexpr std::string_view name(LinkPath path) {
  return path == LinkPath::relay ? "relay" : "direct";
}

// A connection that carries whole frames in their order. Its owner destroys it outside of its handlers only.
class Link {
 public:
  struct Handlers {
    std::function<void(ByteView frame)> frame;
    // Less than limits::file_ahead waits to be written, after it was more.
    std::function<void()> drained;
    // Once, at its end: why. Nothing is called afterwards.
    std::function<void(client::Error)> closed;
  };

  virtual ~Link() = default;
  // Begins to read. Frames longer than `longest` end the link.
  virtual void start(Handlers handlers, std::size_t longest) = 0;
  virtual void set_longest(std::size_t longest) = 0;
  // Queues a frame. One too many for a peer that does not read ends the link.
  virtual void send(ByteView frame) = 0;
  // Bytes that wait to be written.
  [[nodiscard]] virtual std::size_t queued() const = 0;
  [[nodiscard]] virtual Address local() const = 0;
  // Empty where the transport does not tell.
  [[nodiscard]] virtual Address remote() const = 0;
  [[nodiscard]] virtual LinkPath path() const { return LinkPath::direct; }
  // Our relay on that path, as a URI; empty where there is none, or only the other side's.
  [[nodiscard]] virtual std::string relay() const { return {}; }
  // What only the two ends of this one connection know, for the transcript of the handshake; empty where the transport
  // has nothing of the kind.
  [[nodiscard]] virtual Bytes binding() const { return {}; }
  // 32 bytes that only the two ends know too, for another use, which the label names (RFC 8446 §7.5); or empty.
  [[nodiscard]] virtual Bytes exported(std::string_view label) const {
    static_cast<void>(label);
    return {};
  }
  // How the transport itself is protected, for people; may be empty.
  [[nodiscard]] virtual std::string security() const { return {}; }
};
using LinkPtr = std::unique_ptr<Link>;

class Transport {
 public:
  virtual ~Transport() = default;
  // Takes connections until the transport is destroyed; answers the address. Errors: address_in_use, no_permission,
  // unreachable (the machine has no such address).
  virtual client::Result<Address> listen(const Address& address, std::function<void(LinkPtr)> accepted) = 0;
  // Answers once. One at a time: nobody calls it again before it has answered, for the first call would get no answer.
  // Errors: unreachable, timed_out.
  virtual void connect(const Address& address, std::function<void(client::Result<LinkPtr>)> done) = 0;
};

struct TransportKind {
  std::string_view name;  // on the command line
  std::unique_ptr<Transport> (*make)(client::Loop& loop);
};

}  // namespace pqc::p2p
