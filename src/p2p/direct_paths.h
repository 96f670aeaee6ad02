// Paths between contacts over ICE and QUIC (docs/spec/direct.md §3): each is made for one ticket, with a key of its
// own. Loop thread only.
#pragma once

#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/rng.h"
#include "client/direct/direct_paths.h"
#include "client/loop.h"

namespace pqc::p2p {

class IceDirectPaths final : public client::DirectPaths {
 public:
  // `stun` is asked at each attempt. Loop, clock and rng outlive it and its paths.
  IceDirectPaths(client::Loop& loop, const Clock& clock, Rng& rng, std::function<client::StunService()> stun)
      : loop_(loop), clock_(clock), rng_(rng), stun_(std::move(stun)) {}

  client::DirectPathPtr offer(client::DirectPath::Handlers handlers) override;
  client::Result<client::DirectPathPtr> answer(std::string_view offer, client::DirectPath::Handlers handlers) override;

 private:
  client::Loop& loop_;
  const Clock& clock_;
  Rng& rng_;
  std::function<client::StunService()> stun_;
};

// What Client::open takes, with the system's clock and randomness.
[[nodiscard]] client::DirectOptions direct_options(client::DirectPolicy policy);

}  // namespace pqc::p2p
