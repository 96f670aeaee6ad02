// What the sessions of one server share. Owned by Server; used on its I/O thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/rate_table.h"
#include "base/rng.h"
#include "net/fingerprint.h"
#include "proto/relay.pb.h"
#include "server/accounts/accounts.h"
#include "server/blobs/blob_worker.h"
#include "server/calls/registry.h"
#include "server/calls/tokens.h"
#include "server/limits.h"
#include "server/links.h"
#include "server/relay/relay.h"
#include "server/rendezvous/rendezvous.h"
#include "server/storage/group_commit.h"
#include "server/turn/access.h"

namespace pqc::server {

namespace v1 = pqc_chat::v1;

struct Counters {
  std::uint64_t requests = 0;
  std::uint64_t malformed = 0;
  std::uint64_t refused = 0;
  std::uint64_t rate_limited = 0;
  std::uint64_t logins = 0;
  std::uint64_t registrations = 0;
  std::uint64_t messages_in = 0;
  std::uint64_t messages_out = 0;
  std::uint64_t acknowledgements = 0;
  std::uint64_t bundles = 0;
  std::uint64_t last_resorts = 0;
  std::uint64_t uploads = 0;
  std::uint64_t uploads_completed = 0;
  std::uint64_t blobs_removed = 0;  // by their owners
  std::uint64_t meetings = 0;
  std::uint64_t turn_accesses = 0;
  std::uint64_t calls = 0;
  std::uint64_t rest_requests = 0;
};

// What the server's owner allows for blobs.
struct FileOptions {
  std::uint64_t max_size = blobs::max_blob_size;  // 0: none are kept
  storage::BlobQuota quota{.bytes = blobs::default_quota, .count = blobs::max_blobs_of_account};
  std::chrono::milliseconds lifetime = blobs::default_lifetime;
};

class Session;

struct Services {
  storage::GroupCommit& storage;
  blobs::BlobWorker& blobs;
  relay::Hub& hub;
  const Clock& clock;
  Rng& rng;
  // Runs a function on the I/O thread at that time.
  std::function<void(std::chrono::steady_clock::time_point, std::function<void()>)> at;

  std::string server_name;
  std::uint16_t stun_port = 0;  // of the STUN service; 0: none
  net::Fingerprint fingerprint;
  bool invite_only = false;
  FileOptions files{};

  RateTable<std::int64_t> lookups{{lookups_per_second, lookups_burst}, max_rate_keys};
  RateTable<std::int64_t> publishes{{publishes_per_second, publishes_burst}, max_rate_keys};
  RateTable<std::int64_t> misses{{misses_per_second, misses_burst}, max_rate_keys};
  std::optional<RateTable<std::int64_t>> messages{};  // none: no limit
  RateTable<std::string> registrations{{registrations_per_second, registrations_burst}, max_rate_keys};
  RateTable<std::int64_t> openings{{blobs::openings_per_second, blobs::openings_burst}, max_rate_keys};
  // Who may write to a blob.
  std::map<storage::BlobId, Session*> writers{};
  RateTable<std::string> meetings{{rendezvous::questions_per_second, rendezvous::questions_burst}, max_rate_keys};
  std::optional<rendezvous::Rendezvous> rendezvous{};  // none: off
  std::optional<turn::Issuer> turn{};                  // none: there is no relay
  RateTable<std::string> link_openings{{link_openings_per_second, link_openings_burst}, max_rate_keys};
  Links links{};
  TokenBucket refusal_lines{};
  std::uint64_t refusals_not_logged = 0;
  accounts::Decoys decoys{};
  // Who is logged in, by mailbox.
  std::unordered_multimap<std::int64_t, Session*> online{};
  // The same by account.
  std::unordered_multimap<std::string, Session*> people{};
  calls::Registry calls{};
  calls::Tokens tokens{};
  RateTable<std::int64_t> call_starts{{calls::starts_per_second, calls::starts_burst}, max_rate_keys};
  RateTable<std::int64_t> call_requests{{calls::requests_per_second, calls::requests_burst}, max_rate_keys};
  Counters counters;
  // Pages of mailboxes that are being read, and the sessions that wait until another may be.
  std::size_t reads = 0;
  std::deque<std::weak_ptr<Session>> readers{};
  bool shutting_down = false;

  // Reused by all sessions, so that most frames cost no allocation.
  v1::ClientFrame request;
  v1::ServerFrame answer;
};

}  // namespace pqc::server
