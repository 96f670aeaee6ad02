// How fast one source may ask, in memory that never grows: a fixed table of token buckets behind a keyed hash. Two
// sources that meet in one bucket share its rate; who does not know the key cannot choose whom to meet. One thread.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/rng.h"
#include "net/stun/message.h"
#include "server/stun/limits.h"

namespace pqc::server::stun {

// The first eight bytes of an IPv6 address, or an IPv4 address behind ::ffff.
[[nodiscard]] inline std::uint64_t source_key(const net::stun::Address& address) {
  std::array<std::uint8_t, 8> bytes{0, 0, 0xFF, 0xFF};
  if (address.is_v6)
    std::ranges::copy_n(address.bytes.begin(), 8, bytes.begin());
  else
    std::ranges::copy_n(address.bytes.begin(), 4, bytes.begin() + 4);
  return std::bit_cast<std::uint64_t>(bytes);
}

// This machine: 127.0.0.0/8, ::1.
[[nodiscard]] inline bool is_loopback(const net::stun::Address& address) {
  if (!address.is_v6) return address.bytes[0] == 127;
  return address.bytes[15] == 1 &&
         std::all_of(address.bytes.begin(), address.bytes.end() - 1, [](auto b) { return b == 0; });
}

class SourceLimits {
 public:
  using Time = std::chrono::steady_clock::time_point;

  SourceLimits(Rng& rng, Time start)
      : first_key_(std::bit_cast<std::uint64_t>(rng.bytes<8>())),
        second_key_(std::bit_cast<std::uint64_t>(rng.bytes<8>())),
        start_(start),
        buckets_(source_buckets, {requests_burst, 0}) {}

  // Takes one request's worth; false when the source has none left.
  [[nodiscard]] bool take(const net::stun::Address& source, Time now) {
    if (is_loopback(source)) return true;
    auto& bucket = buckets_[place_of(source_key(source))];
    const auto time =
        static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now - start_).count());
    // Differences hold across the wrap after 49 days.
    const auto passed = static_cast<float>(time - bucket.time) / 1000;
    bucket.tokens = std::min(requests_burst, bucket.tokens + passed * requests_per_second);
    bucket.time = time;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

 private:
  struct Bucket {
    float tokens;
    std::uint32_t time;  // of the last refill, in milliseconds
  };

  [[nodiscard]] std::size_t place_of(std::uint64_t key) const {
    auto x = (key ^ first_key_) * 0x9E37'79B9'7F4A'7C15;
    x = (x ^ x >> 32 ^ second_key_) * 0xD6E8'FEB8'6659'FD93;
    return (x ^ x >> 32) % source_buckets;
  }

  std::uint64_t first_key_;
  std::uint64_t second_key_;
  Time start_;
  std::vector<Bucket> buckets_;
};

}  // namespace pqc::server::stun
