// Spans of time as people write them: 30s, 10m, 12h, 7d, 4w, off.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pqc::client {

// In seconds; "off" and "0" are 0. Nothing for anything else, or more than a hundred years.
std::optional<std::uint32_t> parse_duration(std::string_view text);
// In the largest unit that divides it.
std::string duration_text(std::uint32_t seconds);

}  // namespace pqc::client
