// Every bound of the client library (docs/spec/content.md §2). Sizes are in bytes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/token_bucket.h"

namespace pqc::client::limits {

inline constexpr std::size_t text_bytes = std::size_t{64} << 10;
// A whole Content, before padding.
inline constexpr std::size_t content_bytes = text_bytes + 1024;
// The same for another device of this account: with the peer's name around it.
inline constexpr std::size_t copy_bytes = content_bytes + 512;
// Records of a history in one piece, any of which has room for the longest message; a whole piece; pieces that are sent
// before the other side asks for more.
inline constexpr std::size_t history_bytes = content_bytes + 2048;
inline constexpr std::size_t history_content_bytes = history_bytes + 1024;
inline constexpr std::size_t history_pieces = 8;
// A code is shown so long, as the server keeps a link so long; and the new device has to answer in this time.
inline constexpr std::chrono::milliseconds link_lifetime = std::chrono::minutes(10);
inline constexpr std::chrono::milliseconds link_deadline = std::chrono::minutes(1);
// A device whose prekeys the server does not have is not asked for again so long, if others can be reached: at first,
// for it may be about to publish them, and at last.
inline constexpr std::chrono::milliseconds device_first_retry = std::chrono::seconds(5);
inline constexpr std::chrono::milliseconds device_retry = std::chrono::hours(1);

// What a server says of relays (docs/spec/turn.md §1).
inline constexpr std::size_t turn_uris = 8;
inline constexpr std::size_t turn_text = 256;

inline constexpr std::size_t file_name_bytes = 255;
inline constexpr std::size_t media_type_bytes = 127;
// Sealed files of no use that the server is told of at once.
inline constexpr std::size_t dead_blobs_at_once = 16;
// A small picture in the message of a file; files that are looked at for one, and for how long.
inline constexpr std::size_t preview_bytes = std::size_t{16} << 10;
inline constexpr std::size_t previewed_bytes = std::size_t{32} << 20;
inline constexpr std::chrono::milliseconds preview_wait = std::chrono::seconds(5);
// How far a file was transferred is stored after this much, or this long.
inline constexpr std::size_t transfer_step = std::size_t{16} << 20;
inline constexpr std::chrono::milliseconds transfer_interval = std::chrono::seconds(2);
// Chunks of a file on the way (attachment::chunk_size): from one up to this many, in parts of at most so many.
inline constexpr std::size_t window_chunks = 32;
inline constexpr std::size_t part_chunks = 4;
// The window grows while answers come within the first time, and shrinks where they take longer than the second.
inline constexpr std::chrono::milliseconds quick_answer{250};
inline constexpr std::chrono::milliseconds slow_answer{1'000};
// A file that nobody asks for any more is not saved further.
inline constexpr std::chrono::milliseconds save_lease = std::chrono::seconds(15);

inline constexpr std::size_t emoji_bytes = 64;
// Changes of one kind that one person makes to one message; further ones are dropped.
inline constexpr std::size_t changes_of_message = 1'000;
// Ids in one read receipt.
inline constexpr std::size_t read_ids = 256;
// The longest that a disappearing message may stay, in seconds: a year.
inline constexpr std::uint32_t timer_seconds = 365 * 24 * 3600;
// How far a peer's change of the timer may be ahead of what is known here.
inline constexpr std::uint32_t timer_jump = 1000;
// The fewest digits of a message's id by which it can be named.
inline constexpr std::size_t id_digits = 8;
inline constexpr std::chrono::milliseconds typing_interval = std::chrono::seconds(5);
inline constexpr std::chrono::milliseconds typing_lifetime = std::chrono::seconds(15);

// Contacts that go direct (docs/spec/direct.md): characters of a ticket, bytes of later candidates; how old an offer
// may be; attempts: how many at once, how far apart, how long each, and how long after one that failed; what is on the
// way, how long until one of it is confirmed, and each; what waits in all; what is kept for the sake of the order or
// waits to be stored; and how many parcels a second are taken.
inline constexpr std::size_t direct_ticket = 300;
inline constexpr std::size_t direct_candidates_bytes = 256;
inline constexpr std::chrono::milliseconds direct_fresh = std::chrono::minutes(2);
inline constexpr std::size_t direct_paths = 16;
inline constexpr std::chrono::milliseconds direct_interval = std::chrono::seconds(1);
inline constexpr std::chrono::milliseconds direct_attempt = std::chrono::seconds(20);
inline constexpr std::chrono::milliseconds direct_backoff_first = std::chrono::seconds(30);
inline constexpr std::chrono::milliseconds direct_backoff_longest = std::chrono::hours(1);
inline constexpr std::size_t direct_window = 256;
inline constexpr std::size_t direct_window_bytes = std::size_t{1} << 20;
inline constexpr std::chrono::milliseconds direct_confirm = std::chrono::seconds(3);
inline constexpr std::chrono::milliseconds direct_oldest = std::chrono::seconds(10);
inline constexpr std::size_t direct_waiting = 1024;
inline constexpr std::size_t direct_waiting_bytes = std::size_t{8} << 20;
inline constexpr std::size_t direct_held = direct_window;
inline constexpr std::size_t direct_held_bytes = std::size_t{4} << 20;
inline constexpr std::size_t direct_stored = 64;
inline constexpr double direct_rate = 200;
inline constexpr double direct_burst = 1024;
inline constexpr std::chrono::milliseconds direct_pace{20};

// Sessions kept for one device of a contact: the one that sends, and older ones that may still receive.
inline constexpr std::size_t sessions_a_device = 5;
// A device whose messages we cannot read gets a fresh session from us at most this often.
inline constexpr std::chrono::milliseconds restart_interval = std::chrono::hours(1);
// Sent messages that were not confirmed, sealed again after the peer lost its state.
inline constexpr std::size_t resent_messages = 1000;
// Sender ids of processed messages are remembered as long as a sender may retry.
inline constexpr std::chrono::milliseconds seen_lifetime = std::chrono::days(60);

// Appends on the way to the server that were not answered yet.
inline constexpr std::size_t appends_in_flight = 32;
// One append, in bytes of its bodies (its first body always goes): well below the frame that a server takes.
inline constexpr std::size_t append_bytes = std::size_t{256} << 10;
inline constexpr std::size_t append_items = 256;
// Deliveries that wait here to be stored; a server that sends more without an acknowledgement is not listened to.
inline constexpr std::size_t waiting_deliveries = 8'192;
inline constexpr std::size_t waiting_delivery_bytes = std::size_t{32} << 20;
// Deliveries that are stored with one commit.
inline constexpr std::size_t deliveries_a_commit = 64;
inline constexpr std::size_t outbox_items = 100'000;

// Lines of the security log about refused messages, which anybody can cause.
inline constexpr std::size_t refusals_an_hour = 60;

inline constexpr std::size_t one_time_pairs = 100;
inline constexpr std::size_t refill_below = 30;
// A client that stays connected looks after its record and prekeys this often.
inline constexpr std::chrono::milliseconds maintenance_interval = std::chrono::hours(6);

// How far this machine's clock may be from the server's: signed structures allow as much (identity/limits.h).
inline constexpr std::chrono::milliseconds clock_tolerance = std::chrono::minutes(10);
// The record of a contact is asked for again when the pinned one is older than this.
inline constexpr std::chrono::milliseconds contact_refresh = std::chrono::hours(24);

inline constexpr std::chrono::milliseconds connect_deadline = std::chrono::seconds(15);
inline constexpr std::chrono::milliseconds request_deadline = std::chrono::seconds(20);
inline constexpr std::chrono::milliseconds backoff_first = std::chrono::milliseconds(500);
inline constexpr std::chrono::milliseconds backoff_longest = std::chrono::minutes(1);
inline constexpr std::chrono::milliseconds ping_interval = std::chrono::seconds(45);
// How long the server may take to answer where the connection may have gone, and where it most likely has.
inline constexpr std::chrono::milliseconds doubt_deadline = std::chrono::seconds(2);
inline constexpr std::chrono::milliseconds strong_doubt_deadline{500};

// The profile's socket: one frame, and connections at a time.
inline constexpr std::size_t local_frame_bytes = std::size_t{4} << 20;
inline constexpr std::size_t local_connections = 32;
// How long a command waits for another one that holds the profile and is about to end.
inline constexpr std::chrono::milliseconds profile_wait = std::chrono::seconds(5);

// Calls (docs/spec/calls.md). How long it rings, and how long the media may take from the answer on.
inline constexpr std::chrono::milliseconds call_ringing = std::chrono::seconds(45);
inline constexpr std::chrono::milliseconds call_connecting = std::chrono::seconds(20);
// An offer that is older, or further ahead, does not ring.
inline constexpr std::chrono::milliseconds call_offer_lifetime = std::chrono::seconds(60);
inline constexpr std::size_t call_offers_a_minute = 5;
// Ids of calls that came lately: none rings twice.
inline constexpr std::size_t call_known_ids = 256;
inline constexpr std::size_t call_candidates = 16;
inline constexpr std::size_t ice_text_bytes = 256;
inline constexpr std::uint32_t call_lowest_bit_rate = 6'000;
inline constexpr std::uint32_t call_highest_bit_rate = 510'000;
// Candidates that have not come by then are done without; checks begin anew so often until there is a path.
inline constexpr std::chrono::milliseconds call_gathering = std::chrono::seconds(2);
inline constexpr std::chrono::milliseconds call_checks_again = std::chrono::seconds(3);
// How often a chat shows how a call fares.
inline constexpr std::chrono::milliseconds call_view_interval = std::chrono::seconds(1);
// As much as that where a relay has answered: what is still to come is a kind that this network may not let through.
inline constexpr std::chrono::milliseconds call_gathering_enough{400};
// How long the account's server may take to name its relays.
inline constexpr std::chrono::milliseconds call_servers_wait = std::chrono::seconds(2);
// How long its word holds, whatever it says itself.
inline constexpr std::chrono::milliseconds call_servers_shortest = std::chrono::minutes(1);
inline constexpr std::chrono::milliseconds call_servers_longest = std::chrono::hours(12);
// A path by which nothing comes for so long is given up; how long another one is looked for; how far two restarts of
// one side are apart, at least and where the first came to nothing; and how many a call has.
inline constexpr std::chrono::milliseconds call_silence = std::chrono::seconds(3);
inline constexpr std::chrono::milliseconds call_reconnecting = std::chrono::seconds(30);
inline constexpr std::chrono::milliseconds call_restart_least = std::chrono::seconds(1);
inline constexpr std::chrono::milliseconds call_restart_again = std::chrono::seconds(6);
inline constexpr std::uint32_t call_restarts = 200;
// How often this machine's addresses are looked at.
inline constexpr std::chrono::milliseconds call_addresses_again = std::chrono::seconds(1);
inline constexpr std::chrono::milliseconds call_quality_interval = std::chrono::milliseconds(500);
// What comes is taken in the voice engine's turns, so far apart at least. Without one for so long the media's own
// thread waits for it; and where one took longer than this, as in a flood, for so long.
inline constexpr std::chrono::milliseconds call_turns_apart{4};
inline constexpr std::chrono::milliseconds call_turns{250};
inline constexpr std::chrono::milliseconds call_turn{5};
inline constexpr std::chrono::milliseconds call_apart = std::chrono::seconds(1);
// Of one voice frame.
inline constexpr std::size_t call_frame_bytes = 1'100;
// Services that anybody may call (docs/spec/calls.md §10): calls at once, and the most that an operator may ask for;
// the longest call, and what may be asked for; how long one without media has its line to itself; how many callers are
// remembered and how long; ids of what came from them; and how often it is looked for what is to be forgotten.
inline constexpr std::size_t service_calls = 8;
inline constexpr std::size_t service_most_calls = 64;
inline constexpr std::chrono::milliseconds service_longest = std::chrono::minutes(3);
inline constexpr std::chrono::milliseconds service_most_longest = std::chrono::hours(1);
inline constexpr std::chrono::milliseconds service_connecting = std::chrono::seconds(2);
inline constexpr std::size_t service_callers = 1'000;
inline constexpr std::chrono::milliseconds service_memory = std::chrono::hours(24);
inline constexpr std::size_t service_seen_rows = 20'000;
inline constexpr std::chrono::milliseconds service_forgets = std::chrono::minutes(1);
// What strangers may cost it: deliveries of an account that are looked at, and lookups of its record; accounts of which
// that is counted; and after what time a session is begun anew again for one to whom the server gave no answer.
inline constexpr Rate stranger_deliveries{.per_second = 2, .burst = 128};
inline constexpr Rate stranger_lookups{.per_second = 1.0 / 60, .burst = 3};
inline constexpr std::size_t stranger_accounts = 512;
inline constexpr std::chrono::milliseconds stranger_restart_again = std::chrono::minutes(1);
// The echo service: after how long it sends back what it hears, and how many frames it holds.
inline constexpr std::chrono::milliseconds echo_delay = std::chrono::seconds(1);
inline constexpr std::size_t echo_frames = 256;
inline constexpr std::size_t call_history_rows = 10'000;
inline constexpr std::size_t call_history_rows_of_one = 1'000;

inline constexpr std::size_t history_rows = 10'000;
// Words of one search.
inline constexpr std::size_t search_words = 16;
// Messages erased, and free pages given back, in one step of housekeeping.
inline constexpr std::size_t erased_at_once = 256;
inline constexpr std::size_t vacuum_pages = 64;
inline constexpr std::int64_t keep_days = 36'500;
// The copy made before a migration is kept this long.
inline constexpr std::chrono::milliseconds migration_copy_lifetime = std::chrono::days(7);
inline constexpr std::size_t passphrase_bytes = 1024;

}  // namespace pqc::client::limits
