#include "options.h"

#include <algorithm>
#include <optional>

namespace pqc::keyring {
namespace {

std::optional<Command> find_command(std::string_view name) {
  if (name == "store") return Command::store;
  if (name == "lookup") return Command::lookup;
  if (name == "clear") return Command::clear;
  if (name == "--help") return Command::help;
  if (name == "--version") return Command::version;
  return std::nullopt;
}

bool may_stand_in_a_profile(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

bool is_profile(std::string_view text) {
  return !text.empty() && text.size() <= max_profile_size && std::ranges::all_of(text, may_stand_in_a_profile);
}

}  // namespace

std::expected<Options, std::string> parse_options(std::span<char* const> arguments) {
  if (arguments.empty()) return std::unexpected("a command is missing");
  const auto command = find_command(arguments[0]);
  if (!command) return std::unexpected("unknown command " + std::string(arguments[0]));
  if (*command == Command::help || *command == Command::version) return Options{*command, {}};
  if (arguments.size() != 2) return std::unexpected("one PROFILE-ID is needed, and nothing else");
  if (!is_profile(arguments[1])) return std::unexpected("a PROFILE-ID has 1 to 128 letters, digits and any of \"._-\"");
  return Options{*command, arguments[1]};
}

}  // namespace pqc::keyring
