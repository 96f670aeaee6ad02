// What became of a question for somebody's record.
#pragma once

#include "base/exit_code.h"

namespace pqc::client {

// Whether this is an answer about that account, which another attempt would only repeat. Else nothing is known yet: the
// connection ended, was refused or taken over, or the server was busy.
constexpr bool is_about_account(ExitCode code) {
  switch (code) {
    case ExitCode::unknown_peer:
    case ExitCode::refused:
    case ExitCode::identity_changed:
    case ExitCode::level_refused:
    case ExitCode::damaged:
      return true;
    default:
      return false;
  }
}

}  // namespace pqc::client
