#include "client/calls/caller_memory.h"

#include <utility>

#include "base/log.h"
#include "client/limits.h"

namespace pqc::client {

CallerMemory::CallerMemory(Core& core, std::size_t callers, std::function<bool(std::int64_t)> in_call)
    : core_(core), callers_(callers), in_call_(std::move(in_call)) {
  forget_again();
}

void CallerMemory::forget_again() {
  timer_ = core_.loop.after(limits::service_forgets, [this] {
    forget_callers(When::always);
    forget_again();
  });
}

void CallerMemory::forget_callers(When when) {
  if (const auto done = forget(when); !done)
    log(LogLevel::error, "callers.not_forgotten", {{"why", done.error().message}});
}

Status CallerMemory::forget(When when) {
  auto& strangers = core_.store.strangers;
  auto count = strangers.count();
  if (!count) return pass(count);
  if (when == When::too_many && *count <= callers_) return {};
  const auto before = core_.clock.now() - limits::service_memory;
  auto transaction = core_.store.begin();
  if (!transaction) return pass(transaction);
  auto forgotten = strangers.to_forget(callers_, before, core_.account.name().text());
  if (!forgotten) return pass(forgotten);
  std::erase_if(*forgotten, in_call_);
  for (const auto contact : *forgotten)
    if (auto done = strangers.forget(contact); !done) return done;
  if (auto done = strangers.forget_news(before, limits::service_seen_rows); !done) return done;
  if (auto done = transaction->commit(); !done) return done;
  for (const auto contact : *forgotten) core_.contacts.forget(contact);
  return {};
}

}  // namespace pqc::client
