// What a test call to an echo service shows (docs/spec/calls.md §10): a level meter while it lasts, and at its end
// whether the caller was heard and came back, and how the way was.
#pragma once

#include <string>
#include <string_view>

#include "cli/output.h"
#include "client/error.h"
#include "client/types.h"

namespace pqc::cli {

// By the name that such a service has: echo, or echo@server.
bool is_echo(std::string_view peer);
// Both directions, each in eight steps from -60 dB to the loudest there is.
std::string level_meter(const client::CallQuality& quality);

// Of a call that was up.
std::string echo_line(const client::CallInfo& call);
Json echo_object(const client::CallInfo& call);
// `ok` where the caller's words came back.
client::Error echo_error(const client::CallInfo& call);
// Where nobody answers to that name.
client::Error no_echo_service(std::string_view peer);

}  // namespace pqc::cli
