// What the command line asks for.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace pqc::bench {

// Where the server is: one that runs, or a program to start for the run with a new data folder and settings as shipped.
struct ServerOptions {
  std::string address;      // HOST:PORT
  std::string fingerprint;  // as `pqc-chat-server fingerprint` prints it
  std::string spawn;        // the program
  std::string data;         // its data folder; empty: a temporary one, removed afterwards
  std::optional<unsigned> pin_server;
};

struct CommonOptions {
  ServerOptions server;
  std::string suite = "pq";
  std::optional<unsigned> pin_self;
  bool json = false;
};

struct RelayOptions {
  std::size_t connections = 128;
  std::uint32_t senders = 64;
  std::size_t body_size = 1024;
  std::chrono::seconds warm_up{2};
  std::chrono::seconds duration{10};
  std::uint64_t rate = 0;   // messages a second of all senders together; 0: as many as go
  bool absent = false;      // the receivers come after the senders are through
  std::size_t window = 32;  // appends of one sender that are on their way
  std::size_t batch = 1;    // messages in one append
  std::size_t acknowledge_every = 32;
};

struct IdleOptions {
  std::size_t connections = 10'000;
  bool bare_tls = true;
};

struct LoginOptions {
  std::size_t count = 1'000;
  std::size_t at_once = 1;
};

struct StartOptions {
  std::size_t count = 10;
};

}  // namespace pqc::bench
