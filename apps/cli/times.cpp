#include "cli/times.h"

#include <array>
#include <ctime>
#include <string>

#include "client/messages/duration.h"

namespace pqc::cli {
namespace {

constexpr std::array formats{"%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"};

}  // namespace

std::optional<UnixMillis> parse_time(std::string_view text, UnixMillis now) {
  if (const auto ago = client::parse_duration(text)) return now - std::chrono::seconds(*ago);
  const bool utc = text.ends_with('Z');
  if (utc) text.remove_suffix(1);
  const std::string copy(text);
  for (const auto* format : formats) {
    std::tm parts{};
    parts.tm_isdst = -1;
    const char* end = ::strptime(copy.c_str(), format, &parts);
    if (end == nullptr || *end != '\0') continue;
    // strptime also takes the 31st of February, which these then move.
    const auto day = parts.tm_mday;
    const auto seconds = utc ? ::timegm(&parts) : ::mktime(&parts);
    if (parts.tm_mday != day) return std::nullopt;
    return UnixMillis{static_cast<std::int64_t>(seconds) * 1000};
  }
  return std::nullopt;
}

}  // namespace pqc::cli
