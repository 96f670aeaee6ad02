// Tells the local network of one service by DNS-SD (RFC 6763) over mDNS (RFC 6762), through avahi-daemon, as long as it
// lives: whoever is there sees name, type, port and texts, and the addresses and the host name of this machine.
//
// libavahi-client runs on a thread of its own; the owner watches ready_fd() and then calls next(). One thread.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pqc::net::dnssd {

struct Announced {
  std::string name;     // ours, or another one where somebody there has that already
  std::string failure;  // not empty: it is announced no more, for this reason
};

class Announcement {
 public:
  // `name`: 1 to limits::name bytes of UTF-8; `type`: as "_pqc-chat._udp"; `texts`: "key=value" each. The error says
  // what is missing here and what to do.
  static std::expected<std::unique_ptr<Announcement>, std::string> start(const std::string& name,
                                                                         const std::string& type, std::uint16_t port,
                                                                         const std::vector<std::string>& texts);
  ~Announcement();
  Announcement(const Announcement&) = delete;
  Announcement& operator=(const Announcement&) = delete;

  [[nodiscard]] int ready_fd() const;
  std::optional<Announced> next();

 private:
  struct Impl;
  explicit Announcement(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pqc::net::dnssd
