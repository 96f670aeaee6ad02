// How much of one connection may wait for storage before it is no longer read from (docs/spec/relay.md §8). Pure.
#pragma once

#include <cstddef>

#include "server/limits.h"
#include "server/storage/limits.h"

namespace pqc::server {

// Of one connection.
struct Waiting {
  std::size_t requests = 0;
  std::size_t bytes = 0;

  // When storage is behind, the room that is left is for those who have nothing waiting there: a few connections cannot
  // fill it. `all_bytes` is what waits of all of them.
  [[nodiscard]] constexpr bool is_full(std::size_t all_bytes) const {
    if (requests >= max_waiting_requests || bytes >= max_waiting_bytes) return true;
    return bytes > 0 && all_bytes > storage::max_waiting_job_bytes / 2;
  }
  // Half empty again, so that reading does not stop and go with each request.
  [[nodiscard]] constexpr bool has_room() const {
    return requests <= max_waiting_requests / 2 && bytes <= max_waiting_bytes / 2;
  }
};

}  // namespace pqc::server
