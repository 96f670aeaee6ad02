// The subcommands: each sets up its server, runs its measurement and says what came out, for people and as JSON
// (docs/bench.md has the fields).
#pragma once

#include <expected>
#include <string>

#include "base/exit_code.h"
#include "json.h"
#include "options.h"

namespace pqc::bench {

struct Report {
  JsonObject json;
  std::string text;
  bool ok = true;  // false: messages were lost, doubled or disordered
};

struct Failure {
  ExitCode code = ExitCode::unexpected;
  std::string text;
};

using Outcome = std::expected<Report, Failure>;

Outcome relay_command(const CommonOptions& common, const RelayOptions& options);
Outcome idle_command(const CommonOptions& common, const IdleOptions& options);
Outcome login_command(const CommonOptions& common, const LoginOptions& options);
Outcome start_command(const CommonOptions& common, const StartOptions& options);

}  // namespace pqc::bench
