// Bounds on what one connection and one account may ask for (docs/spec/relay.md §8).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace pqc::server {

// Requests of one connection a second, and how many at once.
inline constexpr double requests_per_second = 2'000;
inline constexpr double requests_burst = 4'000;
// Lookups (fetch_account, fetch_bundle) of one account.
inline constexpr double lookups_per_second = 10;
inline constexpr double lookups_burst = 500;
// Messages of one account to accounts or devices that are not there: an append is no way around the rate of lookups.
inline constexpr double misses_per_second = 10;
inline constexpr double misses_burst = 500;
// What one account may store in mailboxes a day, where the owner of the server does not say otherwise; a quarter of it
// at once. A message counts as one for each message_unit of its body that is begun.
inline constexpr std::uint64_t default_messages_per_day = 1'000'000;
inline constexpr std::uint64_t messages_burst_share = 4;
inline constexpr std::size_t message_unit = 4096;
// Records and prekey batches published by one account.
inline constexpr double publishes_per_second = 0.2;
inline constexpr double publishes_burst = 30;
// Registrations from one address (an IPv6 /64 is one); this machine itself (loopback) has no such limit.
inline constexpr double registrations_per_second = 0.1;
inline constexpr double registrations_burst = 20;
// Links for new devices: opened from one address (as registrations), open at once, and how long one waits.
inline constexpr double link_openings_per_second = 0.1;
inline constexpr double link_openings_burst = 20;
inline constexpr std::size_t max_links = 1'024;
inline constexpr std::chrono::minutes link_lifetime{10};
inline constexpr std::size_t link_id_size = 16;
inline constexpr std::size_t max_link_offer = 4'096;
// Messages over one link, both ways, and one of them.
inline constexpr std::size_t max_link_messages = 16;
inline constexpr std::size_t max_link_body = std::size_t{192} << 10;
// Keys that rates are kept for at once.
inline constexpr std::size_t max_rate_keys = 100'000;

// Attempts to log in or to register on one connection.
inline constexpr int max_login_attempts = 4;
// A refused attempt is answered this long after it came, whatever the reason was (THREATS 17).
inline constexpr std::chrono::milliseconds refusal_delay{100};

// Requests of one connection that wait for storage, and their bytes, before it is no longer read from.
inline constexpr std::size_t max_waiting_requests = 64;
inline constexpr std::size_t max_waiting_bytes = std::size_t{2} << 20;

// Lines in our log about what was refused; others are counted in the next one.
inline constexpr double refusal_lines_per_second = 5;
inline constexpr double refusal_lines_burst = 50;

// Between two steps of tidying up the store.
inline constexpr std::chrono::seconds sweep_interval{10};

}  // namespace pqc::server
