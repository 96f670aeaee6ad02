#include "client/calls/call_servers.h"

#include <algorithm>
#include <utility>

#include "client/limits.h"
#include "client/turn_access.h"
#include "proto/relay.pb.h"

namespace pqc::client {

void CallServerFinder::find(Done done) {
  waiting_.push_back(std::move(done));
  if (waiting_.size() > 1) return;
  const bool good = good_until_ && std::chrono::steady_clock::now() < *good_until_;
  const bool ask = !good && core_.online();
  give_up_ = core_.loop.after(ask ? limits::call_servers_wait : std::chrono::milliseconds(0), [this] { finish(); });
  if (!ask) return;
  pqc_chat::v1::ClientFrame frame;
  frame.mutable_fetch_turn_access();
  core_.relay->ask(std::move(frame), [weak = std::weak_ptr(self_)](Result<const pqc_chat::v1::ServerFrame*> answer) {
    const auto self = weak.lock();
    if (!self) return;
    auto& finder = **self;
    if (auto access = answer.and_then([](const auto* reply) { return turn_access_of(*reply); })) {
      finder.turn_ = std::move(*access);
      // What is allocated until its end may be refreshed later on.
      finder.good_until_ =
          std::chrono::steady_clock::now() +
          std::clamp(finder.turn_.lifetime / 2, limits::call_servers_shortest, limits::call_servers_longest);
    }
    finder.finish();
  });
}

void CallServerFinder::finish() {
  give_up_.reset();
  CallServers out{.stun = {.host = core_.account.row().host, .port = std::uint16_t{0}}, .turn = turn_};
  if (core_.relay) out.stun.port = core_.relay->stun_port();
  for (const auto& done : std::exchange(waiting_, {})) done(out);
}

}  // namespace pqc::client
