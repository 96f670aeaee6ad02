// Points in time as people write them on a command line.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace pqc::cli {

// 2026-11-21, 2026-11-21T18:30, 2026-11-21T18:30:05 (local time), the latter with Z (UTC), or a duration before `now`
// (7d). Nothing for anything else.
std::optional<UnixMillis> parse_time(std::string_view text, UnixMillis now);

}  // namespace pqc::cli
