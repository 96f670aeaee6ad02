// What one connection does with blobs at the moment (docs/spec/relay.md §9).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include "server/storage/store.h"

namespace pqc::server {

// Made with the first request for a blob, so that other connections do not pay for it.
struct BlobUse {
  struct Upload {
    std::uint64_t size = 0;
    std::uint64_t next = 0;  // where the next part has to begin
  };
  std::map<storage::BlobId, Upload> uploads;
  // The one that was read last: whole, and there until it expires.
  std::optional<storage::Blob> known;
  // Asked for, in this order; few are read at a time, however many were asked for.
  struct Read {
    std::uint64_t request = 0;
    storage::BlobId id{};
    std::uint64_t whole = 0;
    std::uint64_t offset = 0;
    std::size_t size = 0;
  };
  std::deque<Read> reads;
  std::size_t reading = 0;  // bytes
};

}  // namespace pqc::server
