// A line of the security log (docs/spec/agent.md §8) for people and for scripts. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace pqc::cli {

// One line without control characters: time, event, and what belongs to it. Empty for what is no line of the log.
std::string describe_event(std::string_view line);
// The same object with the "type" that every object of ours has. Empty for what is no line of the log.
std::string typed_event(std::string_view line);

}  // namespace pqc::cli
