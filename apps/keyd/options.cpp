#include "options.h"

#include <charconv>
#include <string_view>

namespace pqc::keyd {
namespace {

constexpr int max_idle = 86'400;

std::expected<std::chrono::seconds, std::string> parse_seconds(std::string_view text) {
  int value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size() || value < 1 || value > max_idle)
    return std::unexpected("--idle takes 1 to 86400 seconds");
  return std::chrono::seconds(value);
}

}  // namespace

std::expected<Options, std::string> parse_options(std::span<char* const> arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view name = arguments[i];
    const bool takes_value = name == "--folder" || name == "--self-test" || name == "--idle";
    if (takes_value && i + 1 == arguments.size()) return std::unexpected(std::string(name) + " needs a value");
    if (name == "--folder") {
      options.folder = arguments[++i];
    } else if (name == "--self-test") {
      options.mode = Mode::self_test;
      options.folder = arguments[++i];
    } else if (name == "--idle") {
      const auto seconds = parse_seconds(arguments[++i]);
      if (!seconds) return std::unexpected(seconds.error());
      options.idle = *seconds;
    } else if (name == "--foreground") {
      options.foreground = true;
    } else if (name == "--require-confinement") {
      options.require_confinement = true;
    } else if (name == "--help") {
      options.mode = Mode::help;
    } else if (name == "--version") {
      options.mode = Mode::version;
    } else {
      return std::unexpected("unknown argument " + std::string(name));
    }
  }
  const bool needs_folder = options.mode == Mode::serve || options.mode == Mode::self_test;
  if (needs_folder && options.folder.empty()) return std::unexpected("--folder is missing");
  return options;
}

}  // namespace pqc::keyd
