// Which request is allowed when, and how long its secret may be (docs/spec/agent.md §4), as one table.
//
//   absent --CreateVault--> empty --CreateIdentity--> ready
//   locked --Unlock--> empty | ready
//   empty | ready --Lock--> locked
//
// For this folder's .cpp files. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "proto/agent.pb.h"

namespace pqc::keys::agent {

namespace proto = ::pqc_chat::agent::v1;

enum class State : std::uint8_t { absent = 1, locked = 2, empty = 4, ready = 8 };

// States of the agent, as a sum.
using States = std::uint8_t;
constexpr States operator|(State a, State b) {
  return static_cast<States>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr States operator|(States a, State b) {
  return static_cast<States>(a | static_cast<unsigned>(b));
}
constexpr bool contains(States states, State state) {
  return (states & static_cast<States>(state)) != 0;
}

struct Rule {
  proto::Request::BodyCase request;
  States states;
  std::size_t min_secret;
  std::size_t max_secret;
};

// Null for an empty or unknown request.
[[nodiscard]] const Rule* find_rule(proto::Request::BodyCase request);

// What a request is answered in a state that its rule leaves out.
[[nodiscard]] proto::Code refusal(const Rule& rule, State state);

}  // namespace pqc::keys::agent
