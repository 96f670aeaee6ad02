// The datagrams that a side of a handshake sent last, and when they go out again: with twice the wait each time.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "media/transport/limits.h"
#include "media/transport/path.h"
#include "media/transport/time.h"

namespace pqc::media {

class Flight {
 public:
  void replace(std::vector<Bytes> datagrams, Time now) {
    datagrams_ = std::move(datagrams);
    wait_ = limits::first_retransmission;
    next_ = now + wait_;
    repeats_ = 0;
    ++flights_;
  }
  [[nodiscard]] std::optional<Time> due() const { return datagrams_.empty() ? std::nullopt : std::optional(next_); }
  void send_again(DatagramPath& path, Time now) {
    for (const auto& datagram : datagrams_) path.send(datagram);
    wait_ = std::min<std::chrono::milliseconds>(2 * wait_, limits::longest_retransmission);
    next_ = now + wait_;
    ++repeats_;
  }
  // How often the last flight went out again, and how many there were.
  [[nodiscard]] unsigned repeats() const { return repeats_; }
  [[nodiscard]] unsigned flights() const { return flights_; }

 private:
  std::vector<Bytes> datagrams_;
  std::chrono::milliseconds wait_ = limits::first_retransmission;
  Time next_{};
  unsigned repeats_ = 0;
  unsigned flights_ = 0;
};

}  // namespace pqc::media
