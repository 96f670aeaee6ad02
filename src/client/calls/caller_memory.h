// How long a service that anybody may call remembers its callers (docs/spec/calls.md §10): it forgets them, so that
// strangers cannot make its store grow. Loop thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "client/core.h"

namespace pqc::client {

class CallerMemory {
 public:
  // So many callers are remembered. Whom `in_call` names is not forgotten now.
  CallerMemory(Core& core, std::size_t callers, std::function<bool(std::int64_t contact)> in_call);

  // After each commit, which may have brought one too many.
  void committed() { forget_callers(When::too_many); }

 private:
  enum class When : std::uint8_t { too_many, always };

  void forget_again();
  void forget_callers(When when);
  Status forget(When when);

  Core& core_;
  const std::size_t callers_;
  const std::function<bool(std::int64_t)> in_call_;
  Loop::HandlePtr timer_;
};

}  // namespace pqc::client
