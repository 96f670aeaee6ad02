#include "client/housekeeping.h"

#include "base/log.h"
#include "client/limits.h"

namespace pqc::client {
namespace {

constexpr std::chrono::milliseconds interval = std::chrono::seconds(1);
constexpr std::int64_t worth_giving_back = 256;  // pages of 4 KiB
constexpr std::chrono::milliseconds at_once = std::chrono::milliseconds(5);

}  // namespace

Status Housekeeping::erase_expired() {
  for (;;) {
    auto more = core_.store.erasure.remove_expired(core_.clock.now());
    if (!more) return pass(more);
    if (!*more) return {};
  }
}

Result<bool> Housekeeping::erase_old() {
  auto days = core_.store.account.number(setting::keep_days);
  if (!days) return pass(days);
  if (days->value_or(0) <= 0) return false;
  const auto now = core_.clock.now();
  const auto before = now - std::chrono::days(**days);
  if (auto done = core_.store.calls.remove_before(before); !done) return pass(done);
  return core_.store.erasure.remove_stored_before(before, now);
}

Result<bool> Housekeeping::step() {
  if (auto erased = erase_expired(); !erased) return pass(erased);
  auto old = erase_old();
  if (!old || *old) return old;
  // A few free pages are used again soon: giving them back would cost every command a write.
  auto free = core_.store.database->pragma("freelist_count");
  if (!free) return pass(free);
  if (*free < worth_giving_back) return false;
  return core_.store.erasure.vacuum_step();
}

void Housekeeping::start() {
  run();
}

void Housekeeping::run() {
  auto more = step();
  if (!more) log(LogLevel::warning, "store.not_cleaned", {{"why", more.error().message}});
  timer_ = core_.loop.after(more && *more ? at_once : interval, [this] { run(); });
}

}  // namespace pqc::client
