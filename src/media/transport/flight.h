// The datagrams that a side of a handshake sent last, and when they go out again: with twice the wait each time, and
// each record in plain text with a new number.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "media/transport/dtls_record.h"
#include "media/transport/limits.h"
#include "media/transport/path.h"
#include "media/transport/time.h"

namespace pqc::media {

class Flight {
 public:
  // Sends the next flight.
  void send(std::vector<Bytes> datagrams, DatagramPath& path, std::uint64_t& next_record, Time now) {
    datagrams_ = std::move(datagrams);
    send_all(path, next_record);
    wait_ = limits::first_retransmission;
    next_ = now + wait_;
    repeats_ = 0;
  }
  // The same flight, sealed anew.
  void renew(std::vector<Bytes> datagrams) {
    if (!datagrams.empty()) datagrams_ = std::move(datagrams);
  }
  [[nodiscard]] std::optional<Time> due() const { return datagrams_.empty() ? std::nullopt : std::optional(next_); }
  void send_again(DatagramPath& path, std::uint64_t& next_record, Time now) {
    send_all(path, next_record);
    wait_ = std::min<std::chrono::milliseconds>(2 * wait_, limits::longest_retransmission);
    next_ = now + wait_;
    ++repeats_;
  }
  // Because the other side repeats itself: as soon again as the first time.
  void answer_again(DatagramPath& path, std::uint64_t& next_record, Time now) {
    if (datagrams_.empty() || now < next_) return;
    send_all(path, next_record);
    next_ = now + limits::first_retransmission;
  }
  // How often it went out again.
  [[nodiscard]] unsigned repeats() const { return repeats_; }

 private:
  void send_all(DatagramPath& path, std::uint64_t& next_record) {
    for (auto& datagram : datagrams_) {
      renumber(datagram, next_record);
      path.send(datagram);
    }
  }

  std::vector<Bytes> datagrams_;
  std::chrono::milliseconds wait_ = limits::first_retransmission;
  Time next_{};
  unsigned repeats_ = 0;
};

}  // namespace pqc::media
