// What the other side's feedback says of the path, made into how our voice is sent (docs/spec/voice.md §4, §6). One
// thread.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "media/transport/media_session.h"
#include "media/voice/rate_control.h"
#include "media/voice/voice_engine.h"

namespace pqc::client {

class CallRate {
 public:
  // From how it is sent now, within what the other side wants. `ipv6`: of the path, which is used from now on; what was
  // sent before says nothing about it.
  CallRate(const media::voice::Settings& now, const media::voice::RateLimits& wanted,
           const media::MediaSession& session, bool ipv6, media::Time since)
      : since_(since),
        below_(ipv6 ? 48 : 28),
        control_({.bitrate = now.bitrate, .duration = now.duration}, wanted,
                 below_ + static_cast<std::uint32_t>(session.packet_overhead())) {}

  // How to send from now on, where that changes.
  std::optional<media::voice::RateChoice> feedback(std::span<const media::PacketReport> reports, media::Time now) {
    results_.clear();
    for (const auto& report : reports) {
      if (report.sent < since_) continue;
      results_.push_back({.sent = since_epoch(report.sent),
                          .arrived = report.arrival.value_or(std::chrono::microseconds(0)),
                          .bytes = below_ + static_cast<std::uint32_t>(report.size),
                          .lost = !report.arrival});
    }
    return control_.feedback(results_, since_epoch(now));
  }
  // A frame goes out.
  void sent(media::Time now) { control_.sent(since_epoch(now)); }
  // How to send from now on, where that changes; now and then, for when there is no feedback.
  std::optional<media::voice::RateChoice> poll(media::Time now) { return control_.poll(since_epoch(now)); }
  [[nodiscard]] const media::voice::RateChoice& choice() const { return control_.choice(); }

 private:
  static std::chrono::microseconds since_epoch(media::Time time) {
    return std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch());
  }

  media::Time since_;
  std::uint32_t below_;  // the headers of IP and UDP, in bytes
  media::voice::RateControl control_;
  std::vector<media::voice::PacketResult> results_;
};

}  // namespace pqc::client
