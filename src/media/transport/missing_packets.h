// Which packets of a stream have not come, and when to ask for them (generic NACK, docs/spec/media.md §6). Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "media/rtp/limits.h"
#include "media/transport/limits.h"
#include "media/transport/time.h"

namespace pqc::media {

class MissingPackets {
 public:
  // A packet came; what it leaves out behind the highest before is missing from now on.
  void arrived(std::int64_t sequence, Time now);
  // Those to ask for now, in rising order; each again after `again`, three times at most.
  std::span<const std::uint16_t> requests(Time now, Time::duration again);
  [[nodiscard]] std::optional<Time> due() const;

 private:
  struct Missing {
    std::int64_t sequence = 0;
    Time next;
    unsigned requests = 0;
  };
  void add(std::int64_t sequence, Time now);
  void remove(std::int64_t sequence);

  std::optional<std::int64_t> highest_;
  std::array<Missing, limits::missing_packets> missing_;
  std::size_t size_ = 0;
  std::array<std::uint16_t, limits::missing_packets> asked_{};
};

static_assert(limits::missing_packets <= rtp::limits::nack_packets);

}  // namespace pqc::media
