// Looks for services of one type on the local network by DNS-SD (RFC 6763) over mDNS (RFC 6762), through avahi-daemon.
// What it finds is what anybody there says: names and texts are bytes of strangers, bounded by limits.h, and nothing is
// proved.
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

// One address of a service: one with several addresses comes several times.
struct Service {
  std::string name;
  std::string ip;  // numeric, never link-local
  std::uint16_t port = 0;
  std::vector<std::string> texts;
};

struct Found {
  std::optional<Service> service;
  std::string failure;  // not empty: nothing more is found, for this reason
};

class Browser {
 public:
  // The error says what is missing here and what to do.
  static std::expected<std::unique_ptr<Browser>, std::string> start(const std::string& type);
  ~Browser();
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;

  [[nodiscard]] int ready_fd() const;
  std::optional<Found> next();

 private:
  struct Impl;
  explicit Browser(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pqc::net::dnssd
