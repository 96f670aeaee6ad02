// The server put together: data folder, store, listener, sessions, metrics. Runs on one io_context, which its owner
// runs on one thread; storage has a thread of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/blobs/limits.h"
#include "server/data_folder.h"
#include "server/limits.h"

namespace boost::asio {
class io_context;
}

namespace pqc::server {

struct ServerOptions {
  std::string data_folder;
  std::string host;  // empty: every address
  std::uint16_t port = 8443;
  std::string name;  // empty: the stored one, at first this machine's
  bool invite_only = false;
  bool allow_classical_tls = false;
  std::string certificate_file;  // ECDSA P-256, instead of our own for browsers and tools
  std::string key_file;
  std::optional<std::uint16_t> metrics_port;                  // none: no metrics
  std::uint64_t messages_per_day = default_messages_per_day;  // of an account; 0: no limit
  bool rendezvous = false;                                    // strangers may meet by a code
  std::string turn_uris;                                      // of TURN servers; empty: none
  std::string turn_secret_file;                               // what they and this server share
  std::optional<std::uint16_t> stun_port;                     // none: no STUN
  // Sealed files: the largest one (0: none are kept), an account's share, how long they are kept.
  std::uint64_t max_file = blobs::max_blob_size;
  std::uint64_t file_quota = blobs::default_quota;
  std::chrono::days keep_files = blobs::default_lifetime;
};

class Server {
 public:
  static Started<std::unique_ptr<Server>> start(boost::asio::io_context& context, const ServerOptions& options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Takes no more connections or requests, finishes what it accepted, closes every WebSocket with 1001; then `done`.
  void stop(std::function<void()> done);

  [[nodiscard]] std::string address() const;
  [[nodiscard]] std::string metrics_address() const;  // empty without
  [[nodiscard]] std::string stun_address() const;     // empty without
  [[nodiscard]] std::string fingerprint() const;
  [[nodiscard]] const std::string& name() const;
  // The text of the file `listening`.
  [[nodiscard]] std::string listening() const;

 private:
  class Impl;
  explicit Server(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace pqc::server
