// What pqc-chat-keyd is told on its command line (packaging/man/pqc-chat-keyd.1).
#pragma once

#include <chrono>
#include <expected>
#include <span>
#include <string>
#include <string_view>

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
    "\n"
    "The key agent of pqc-chat; the client starts it when it is needed.\n"
    "\n"
    "  --folder DIR           the key folder to serve\n"
    "  --foreground           stay in the foreground\n"
    "  --idle SECONDS         end after this long without a request while locked (60)\n"
    "  --require-confinement  end where the essential measures do not hold\n"
    "  --self-test DIR        confine, try everything that is forbidden, say what was refused\n"
    "  --help                 this text\n"
    "  --version              the version\n";

// The arguments without the program's name; the error is a message.
[[nodiscard]] std::expected<Options, std::string> parse_options(std::span<char* const> arguments);

}  // namespace pqc::keyd
