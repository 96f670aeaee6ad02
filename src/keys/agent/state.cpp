#include "keys/agent/state.h"

#include <algorithm>
#include <array>

#include "keys/agent_protocol/limits.h"

namespace pqc::keys::agent {
namespace {

using proto::Request;

constexpr States any = (State::absent | State::locked) | State::empty | State::ready;
constexpr States open = State::empty | State::ready;
constexpr auto ready = static_cast<States>(State::ready);
constexpr std::size_t most = agent_protocol::max_secret_size;

constexpr std::array rules{
    Rule{Request::kHello, any, 0, 0},
    Rule{Request::kGetStatus, any, 0, 0},
    Rule{Request::kCreateVault, static_cast<States>(State::absent), 0, most},
    Rule{Request::kUnlock, static_cast<States>(State::locked), 0, most},
    Rule{Request::kLock, open | State::locked, 0, 0},
    Rule{Request::kChangePassphrase, open, 4, most},
    Rule{Request::kSetKeyring, open, 0, most},
    Rule{Request::kSetKeyFile, open, 0, most},
    Rule{Request::kGetStoreKey, open, 0, 0},
    Rule{Request::kWitness, open, 0, 0},
    Rule{Request::kRecord, any, 0, 0},
    Rule{Request::kCreateIdentity, static_cast<States>(State::empty), 0, 0},
    Rule{Request::kGetIdentity, ready, 0, 0},
    Rule{Request::kSignRecord, ready, 0, 0},
    Rule{Request::kSign, ready, 0, 0},
    Rule{Request::kGenerateBatch, ready, 0, 0},
    Rule{Request::kListBatches, ready, 0, 0},
    Rule{Request::kDestroyExpired, ready, 0, 0},
    Rule{Request::kDestroyBatch, ready, 0, 0},
    Rule{Request::kInitiate, ready, 0, 0},
    Rule{Request::kRespond, ready, 0, 0},
    Rule{Request::kForget, ready, 0, 0},
    Rule{Request::kDiscardIdentity, ready, 0, 0},
};

}  // namespace

const Rule* find_rule(Request::BodyCase request) {
  const auto* rule = std::ranges::find(rules, request, &Rule::request);
  return rule == rules.end() ? nullptr : rule;
}

proto::Code refusal(const Rule& rule, State state) {
  switch (state) {
    case State::absent:
      return proto::ABSENT;
    case State::locked:
      return rule.request == Request::kCreateVault ? proto::EXISTS : proto::LOCKED;
    case State::empty:
    case State::ready:
      break;
  }
  if (rule.request == Request::kCreateVault) return proto::EXISTS;
  if (rule.request == Request::kUnlock) return proto::UNLOCKED;
  return state == State::empty ? proto::KEYS_NO_IDENTITY : proto::KEYS_HAS_IDENTITY;
}

}  // namespace pqc::keys::agent
