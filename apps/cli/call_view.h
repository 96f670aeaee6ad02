// What is printed about calls: lines for people, objects with --json (docs/cli-json.md).
#pragma once

#include <string>

#include "base/clock.h"
#include "base/exit_code.h"
#include "cli/json.h"
#include "client/types.h"

namespace pqc::cli {

// A call as it stands or as it ended; `now` counts its time.
std::string call_line(const client::CallInfo& call, UnixMillis now);
// The same inside a chat, whose commands begin with a slash.
std::string chat_call_line(const client::CallInfo& call, UnixMillis now);
Json call_object(const client::CallInfo& call);
std::string call_record_line(const client::CallRecord& call);
Json call_record_object(const client::CallRecord& call);

// The exit code of a call that is over, for who watched it: timed_out where nobody was there or nothing was heard.
ExitCode exit_code_of(const client::CallInfo& call);

}  // namespace pqc::cli
