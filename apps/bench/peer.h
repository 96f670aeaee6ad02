// One device of the load generator: a connection, its login, and the frames that a measurement needs. Everything
// happens on the io_context's thread, as net::RelayLink says.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "device_keys.h"
#include "net/relay_link.h"

namespace pqc::bench {

struct ServerLimits {
  std::uint32_t append_items = 1;
  std::uint32_t body_bytes = 0;
  std::uint32_t mailbox_items = 0;
  std::uint64_t mailbox_bytes = 0;
  std::uint32_t window_items = 0;
};

// How the connection came to be.
struct PeerInfo {
  net::LinkInfo link;
  ServerLimits limits;
};

struct Arrival {
  std::uint64_t message_id = 0;
  ByteView body;  // valid during the call
};

struct Answer {
  std::uint64_t number = 0;  // as in Outgoing
  bool accepted = false;
  int error = 0;  // proto::ErrorCode
};

struct Outgoing {
  std::uint64_t number = 0;  // of this peer's message; with the run's and the peer's number it makes the id
  Bytes body;
};

enum class Entry : std::uint8_t { registration, login };

class Peer {
 public:
  using Ready = std::function<void(std::expected<PeerInfo, std::string>)>;

  Peer(boost::asio::io_context& context, const DeviceKeys& keys, std::string name, std::uint64_t run,
       std::uint32_t index);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  // Set once, before connect(). on_failure: the connection ended, or the server sent an error that answers no append.
  std::function<void(std::span<const Answer>)> on_answers;
  std::function<void(std::span<const Arrival>)> on_arrivals;
  std::function<void(const std::string&)> on_failure;

  // Connects and registers or logs in. A second connect of the same peer offers the ticket of the first.
  void connect(const net::LinkOptions& options, Entry entry, Ready ready);
  // Everything after the cursor, then what comes in.
  void subscribe(std::uint64_t after, std::function<void()> subscribed);
  // False when the link's queue is full.
  [[nodiscard]] bool append(const std::string& recipient, std::span<const Outgoing> items);
  void acknowledge(std::uint64_t cursor);
  void close();

  [[nodiscard]] const std::string& name() const;
  // name@server; after the first connect.
  [[nodiscard]] const std::string& account() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pqc::bench
