#include "client/messages/duration.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace pqc::client {
namespace {

struct Unit {
  char letter;
  std::uint32_t seconds;
};
constexpr std::array units{Unit{'w', 7 * 24 * 3600}, Unit{'d', 24 * 3600}, Unit{'h', 3600}, Unit{'m', 60},
                           Unit{'s', 1}};
constexpr std::uint64_t longest = std::uint64_t{100} * 366 * 24 * 3600;

}  // namespace

std::optional<std::uint32_t> parse_duration(std::string_view text) {
  if (text == "off" || text == "0") return 0;
  if (text.size() < 2) return std::nullopt;
  const auto* const unit = std::ranges::find(units, text.back(), &Unit::letter);
  text.remove_suffix(1);
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (unit == units.end() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  const auto seconds = std::uint64_t{number} * unit->seconds;
  if (seconds > longest) return std::nullopt;
  return static_cast<std::uint32_t>(seconds);
}

std::string duration_text(std::uint32_t seconds) {
  if (seconds == 0) return "off";
  const auto* const unit = std::ranges::find_if(units, [&](const Unit& u) { return seconds % u.seconds == 0; });
  return std::to_string(seconds / unit->seconds) + unit->letter;
}

}  // namespace pqc::client
