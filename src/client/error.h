// Errors of the client library: what kind it is, which front ends turn into an exit code (docs/exit-codes.md), and a
// sentence for the user that says what happened and what to do. Never holds secrets or message text.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "base/exit_code.h"

namespace pqc::client {

struct Error {
  ExitCode code = ExitCode::unexpected;
  std::string message;
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

inline std::unexpected<Error> fail(ExitCode code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

// Passes an error on from one Result to another.
template <class T>
std::unexpected<Error> pass(Result<T>& failed) {
  return std::unexpected(std::move(failed).error());
}

// The stable name of a code, as docs/exit-codes.md and --json have it.
std::string_view name(ExitCode code);
// The code of a name; unexpected for one that we do not know.
ExitCode exit_code(std::string_view name);

}  // namespace pqc::client
