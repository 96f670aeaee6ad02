// Bounds of blobs (docs/spec/relay.md §9). Sizes in bytes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace pqc::server::blobs {

// A file of 2 GiB, padded by an eighth, sealed in 36,864 chunks with 28 bytes each (docs/spec/attachments.md §2).
inline constexpr std::uint64_t max_blob_size = (std::uint64_t{9} << 28U) + 36'864U * 28U;
// What one upload_part carries, and one read_blob is answered with.
inline constexpr std::size_t max_part_size = std::size_t{512} << 10;

// Of one account, where the configuration says nothing else: bytes announced, and blobs.
inline constexpr std::uint64_t default_quota = std::uint64_t{4} << 30U;
inline constexpr std::uint64_t max_blobs_of_account = 10'000;
// How long a whole blob is kept, where the configuration says nothing else, and one that is not whole after its upload
// was last opened.
inline constexpr std::chrono::days default_lifetime{30};
inline constexpr std::chrono::hours unfinished_lifetime{48};

// Uploads that one connection may have open.
inline constexpr std::size_t max_uploads_of_connection = 4;
// Uploads begun or taken up again by one account.
inline constexpr double openings_per_second = 1;
inline constexpr double openings_burst = 120;

// Read for one connection at a time, and queued for it before more is read.
inline constexpr std::size_t max_reading = std::size_t{1} << 20;
// What waits for the thread that writes and reads, of all connections together.
inline constexpr std::size_t max_waiting_jobs = 10'000;
inline constexpr std::size_t max_waiting_bytes = std::size_t{64} << 20;
// Jobs that share one round of fdatasync.
inline constexpr std::size_t max_jobs_per_round = 64;

// The rest of the disk that blobs leave to messages: a sixteenth of it, and at most this.
inline constexpr std::uint64_t max_reserve = std::uint64_t{256} << 20;

// Blobs whose time is over that one step of tidying up removes, and ids looked at together at a start.
inline constexpr std::size_t sweep_step = 64;
inline constexpr std::size_t tidy_step = 1'000;

}  // namespace pqc::server::blobs
