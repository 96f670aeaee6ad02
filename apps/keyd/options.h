// What pqc-chat-keyd is told on its command line (packaging/man/pqc-chat-keyd.1).
#pragma once

#include <chrono>
#include <expected>
#include <span>
#include <string>

namespace pqc::keyd {

enum class Mode : std::uint8_t { serve, self_test, help, version };

struct Options {
  Mode mode = Mode::serve;
  std::string folder;
  bool foreground = false;
  bool require_confinement = false;
  std::chrono::seconds idle{60};
};

inline constexpr std::string_view usage_text =
    "usage: pqc-chat-keyd --folder DIR [--foreground] [--idle SECONDS] [--require-confinement]\n"
    "       pqc-chat-keyd --self-test DIR\n"
    "       pqc-chat-keyd --help | --version\n";

// The arguments without the program's name; the error is a message.
[[nodiscard]] std::expected<Options, std::string> parse_options(std::span<char* const> arguments);

}  // namespace pqc::keyd
