// A path to an ICE agent that can lose single RTP packets, in both directions: one in twenty, the first time that it
// passes.
#pragma once

#include <cstdint>
#include <set>

#include "media/transport/path.h"
#include "net/ice/agent.h"

namespace pqc::interop {

class LossyPath final : public media::DatagramPath {
 public:
  LossyPath(net::ice::Agent& agent, bool lossy) : agent_(agent), lossy_(lossy) {}

  void send(ByteView datagram) override {
    if (!lost(datagram, lost_out_, nullptr)) agent_.send(datagram);
  }
  // Whether it arrives.
  bool arrives(ByteView datagram) { return !lost(datagram, lost_in_, &recovered_); }
  // Lost packets that came a second time.
  [[nodiscard]] int recovered() const { return recovered_; }

 private:
  bool lost(ByteView datagram, std::set<std::uint16_t>& already, int* again) const {
    const bool media = datagram.size() >= 12 && datagram[0] >= 128 && datagram[0] <= 191;
    if (!lossy_ || !media || (datagram[1] >= 192 && datagram[1] <= 223)) return false;
    const auto sequence = static_cast<std::uint16_t>((datagram[2] << 8) | datagram[3]);
    if (sequence % 20 != 0) return false;
    const bool first = already.insert(sequence).second;
    if (!first && again != nullptr) ++*again;
    return first;
  }

  net::ice::Agent& agent_;
  bool lossy_;
  std::set<std::uint16_t> lost_out_;
  std::set<std::uint16_t> lost_in_;
  int recovered_ = 0;
};

}  // namespace pqc::interop
