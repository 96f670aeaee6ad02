// What pqc-chat-keyring is told on its command line (packaging/man/pqc-chat-keyring.1).
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace pqc::keyring {

enum class Command : std::uint8_t { store, lookup, clear, help, version };

struct Options {
  Command command = Command::help;
  std::string profile;
};

// Of a profile's name in the keyring; characters are letters, digits and "._-".
inline constexpr std::size_t max_profile_size = 128;

inline constexpr std::string_view usage_text =
    "usage: pqc-chat-keyring store|lookup|clear PROFILE-ID\n"
    "\n"
    "Keeps the secret that opens a profile's key vault in the desktop's keyring; the client runs it.\n"
    "\n"
    "  store    keep the secret that comes on standard input, in place of an earlier one\n"
    "  lookup   write the secret to standard output\n"
    "  clear    remove it\n"
    "\n"
    "  --help     this text\n"
    "  --version  the version\n"
    "\n"
    "Ends with 0 when done, 1 when nothing is kept, 2 without a secret service, 3 when it refuses, 64 for wrong "
    "input.\n";

// The arguments without the program's name; the error is a message.
[[nodiscard]] std::expected<Options, std::string> parse_options(std::span<char* const> arguments);

}  // namespace pqc::keyring
