// What the parts of a running client share. Made and owned by the Engine; loop thread only.
#pragma once

#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/rng.h"
#include "client/loop.h"
#include "client/people/account.h"
#include "client/people/contacts.h"
#include "client/people/sessions.h"
#include "client/relay.h"
#include "client/store/store.h"
#include "client/types.h"

namespace pqc::client {

struct Core {
  Core(Loop& the_loop, Store& the_store, KeyService& the_keys, const Clock& the_clock, Rng& the_rng)
      : loop(the_loop), store(the_store), keys(the_keys), clock(the_clock), rng(the_rng) {}

  Loop& loop;
  Store& store;
  KeyService& keys;
  const Clock& clock;
  Rng& rng;
  Account account{store, keys, clock};
  Contacts contacts{store, account, clock};
  Sessions sessions{store, account, contacts, clock, rng};
  std::unique_ptr<Relay> relay;  // none before the first connection
  std::function<void(const Event&)> emit = [](const Event&) {};
  // The server gave a record of this contact: pinned or refused by now.
  std::function<void(std::int64_t contact)> record_seen = [](std::int64_t) {};

  [[nodiscard]] bool online() const { return relay && relay->online(); }
  // By the server's clock, as far as it is known.
  [[nodiscard]] UnixMillis server_now() const;
  // A message as front ends see it.
  [[nodiscard]] static Message visible(const MessageRow& row);
  // Tells the front ends about a message that changed.
  void emit_message(std::int64_t seq);
  // Tells them about notices that were not shown yet.
  void emit_notices();

 private:
  std::int64_t last_notice_ = 0;
};

// Whether trying again later can help.
inline bool transient(ExitCode code) {
  return code == ExitCode::unreachable || code == ExitCode::timed_out || code == ExitCode::quota ||
         code == ExitCode::disk_full || code == ExitCode::busy || code == ExitCode::clock_off ||
         code == ExitCode::locked;
}

}  // namespace pqc::client
