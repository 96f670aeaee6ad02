// Which calls there are and how they stand (docs/spec/calls.md §8). In memory only, of bounded size; knows accounts by
// name and looks nobody up. Pure but for its state: time is the caller's. One thread.
//
//   ringing ──accept──► active ──hangup, active_lifetime──► ended ──memory_of_ended──► forgotten
//      ├──────reject──► rejected ────────────────────────────────memory_of_ended──────────┘
//      └──────hangup, ringing_lifetime──► ended
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "server/calls/limits.h"

namespace pqc::server::calls {

using CallId = std::array<std::uint8_t, id_size>;
// 32 hexadecimal digits in lower case, not all zero.
[[nodiscard]] std::optional<CallId> parse_call_id(std::string_view text);

enum class State : std::uint8_t { ringing, active, rejected, ended };

// Sealed for one device of the callee.
struct Offer {
  std::uint32_t device = 0;
  Bytes body;
};

struct Call {
  CallId id{};
  std::string caller;
  std::string callee;
  State state = State::ringing;
  UnixMillis started;
  UnixMillis answered;        // 0: not
  UnixMillis ended;           // 0: not
  std::vector<Offer> offers;  // none once it does not ring any more

  [[nodiscard]] bool live() const { return state == State::ringing || state == State::active; }
};

struct Now {
  std::chrono::steady_clock::time_point steady;
  UnixMillis wall;
};

enum class Failure : std::uint8_t {
  unknown,    // not here, or of other people
  conflict,   // the id is known; or the state has no such step
  quota,      // the account has too many
  full,       // the registry
  too_large,  // the offers
};

class Registry {
 public:
  // The call as it is afterwards: valid until the registry is called again.
  using Answer = std::expected<const Call*, Failure>;

  Answer initiate(const CallId& id, std::string_view caller, std::string_view callee, std::vector<Offer> offers,
                  const Now& now);
  Answer accept(const CallId& id, std::string_view account, const Now& now);
  Answer reject(const CallId& id, std::string_view account, const Now& now);
  Answer hang_up(const CallId& id, std::string_view account, const Now& now);
  [[nodiscard]] Answer find(const CallId& id, std::string_view account) const;

  // Ends what has lasted too long, forgets what was over long enough; answers the calls that ended. Before any other
  // request.
  std::vector<Call> expire(const Now& now);

  [[nodiscard]] std::size_t size() const { return calls_.size(); }

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Entry {
    Call call;
    Time until;  // the state's end
  };

  std::expected<Entry*, Failure> ringing_for(const CallId& id, std::string_view callee);
  void set_state(Entry& entry, State state, const Now& now);
  void drop_offers(Call& call);

  std::map<CallId, Entry> calls_;
  std::set<std::pair<Time, CallId>> ends_;
  std::unordered_map<std::string, std::size_t> live_;  // by caller
  std::size_t offer_bytes_ = 0;
};

}  // namespace pqc::server::calls
