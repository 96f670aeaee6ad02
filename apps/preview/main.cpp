// pqc-chat-preview: makes a small picture of a picture (docs/spec/attachments.md §7), standard input to standard
// output.
//
// A process of its own that lives for one picture: whoever takes its decoders over holds that picture, and a pipe.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <optional>
#include <string_view>

#include <unistd.h>

#include "preview/confinement.h"
#include "preview/limits.h"
#include "preview/preview.h"

namespace {

using namespace pqc;

// docs/exit-codes.md, "pqc-chat-preview".
constexpr int done = 0;
constexpr int no_preview = 1;
constexpr int not_confined = 2;
constexpr int wrong_arguments = 64;

constexpr std::string_view usage_text =
    "usage: pqc-chat-preview < PICTURE > PREVIEW\n"
    "\n"
    "Makes a JPEG of at most 160 pixels a side and 16 KiB from a PNG or JPEG file; the client runs it.\n"
    "\n"
    "  --help     this text\n"
    "  --version  the version\n"
    "\n"
    "Ends with 0 when done, 1 when there is no preview of such a file, 2 where the system does not confine it, 64 for "
    "wrong arguments.\n";

std::optional<Bytes> read_input() {
  Bytes file(preview::limits::file_bytes + 1);
  std::size_t size = 0;
  while (size < file.size()) {
    const auto got = ::read(STDIN_FILENO, file.data() + size, file.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > preview::limits::file_bytes) return std::nullopt;
  file.resize(size);
  return file;
}

bool write_output(ByteView bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

int run() {
  if (!preview::confine()) return not_confined;
  const auto file = read_input();
  const auto made = file ? preview::make_preview(*file) : std::nullopt;
  return made && write_output(*made) ? done : no_preview;
}

int say(FILE* out, std::string_view text, int code) {
  std::fwrite(text.data(), 1, text.size(), out);
  return code;
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view first = count > 1 ? arguments[1] : "";
  if (count == 2 && first == "--help") return say(stdout, usage_text, done);
  if (count == 2 && first == "--version") return say(stdout, "pqc-chat-preview " PQC_VERSION "\n", done);
  if (count > 1) return say(stderr, usage_text, wrong_arguments);
  std::signal(SIGPIPE, SIG_IGN);
  try {
    // Without the handlers of exit(): nothing of this process is worth to be tidied up.
    std::_Exit(run());
  } catch (const std::bad_alloc&) {
    std::_Exit(no_preview);
  }
}
