#include "cli/commands.h"
namespace pqc::cli {
ExitCode run(const Context& context, const ChatCommand&) {
  return context.fail({ExitCode::usage, ""});
}
}  // namespace pqc::cli
