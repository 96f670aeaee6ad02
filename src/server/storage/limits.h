// Bounds of what is stored, and how storage works (docs/spec/relay.md §8). Sizes in bytes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace pqc::server::storage {

// A mailbox holds this much that was not acknowledged; beyond it, senders get "quota". So does an account that would
// then hold more of it than is left for all others: one account fills half a mailbox, a second one half of the rest,
// and somebody else always finds room.
inline constexpr std::uint32_t max_mailbox_items = 100'000;
inline constexpr std::uint64_t max_mailbox_bytes = std::uint64_t{256} << 20;

// How long the id of an append is kept: longer than any outbox goes on retrying.
inline constexpr std::chrono::days append_id_lifetime{30};
// Rows looked at in one step of tidying up: at least, and at most on a busy server.
inline constexpr std::size_t sweep_step = 500;
inline constexpr std::size_t max_sweep_step = 20'000;

// How long hand-outs of prekeys are counted, at most, and how often old counts are removed.
inline constexpr std::chrono::hours hand_out_lifetime{24};
inline constexpr std::chrono::hours hand_out_sweep_interval{1};

// Mailboxes whose names are kept in memory, and mailboxes whose fill level is.
inline constexpr std::size_t max_cached_mailboxes = 50'000;

// Jobs waiting for the storage thread, their bytes, and jobs that share one commit.
inline constexpr std::size_t max_waiting_jobs = 20'000;
inline constexpr std::size_t max_waiting_job_bytes = std::size_t{64} << 20;
inline constexpr std::size_t max_jobs_per_commit = 2'000;
// How long what is waiting may take when the server stops.
inline constexpr std::chrono::seconds stop_limit{10};

// Message ids: 0 ‖ epoch ‖ shard ‖ sequence (docs/spec/relay.md §6).
inline constexpr unsigned sequence_bits = 40;
inline constexpr unsigned shard_bits = 9;
inline constexpr unsigned epoch_bits = 14;
// Sequence numbers are reserved on disk in blocks, so that most commits need not write where they stand.
inline constexpr std::uint64_t sequence_block = 1u << 20;

// The write-ahead log is folded into the database once it has this many pages.
inline constexpr int checkpoint_pages = 4'000;
inline constexpr int page_size = 4096;
inline constexpr int page_cache_kib = 32 << 10;
inline constexpr std::chrono::milliseconds busy_timeout{5'000};

}  // namespace pqc::server::storage
