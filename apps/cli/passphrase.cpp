#include "cli/passphrase.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include "client/files.h"
#include "client/limits.h"

namespace pqc::cli {
namespace {

SecretBytes first_line(ByteView bytes) {
  const auto end = std::ranges::find(bytes, static_cast<std::uint8_t>('\n'));
  return SecretBytes(ByteView(bytes.begin(), end));
}

// Reads a line from the terminal without showing it.
std::optional<SecretBytes> ask(const char* question) {
  const client::FileDescriptor terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC));
  termios shown{};
  if (!terminal || ::tcgetattr(terminal.get(), &shown) != 0) return std::nullopt;
  termios hidden = shown;
  hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  if (::write(terminal.get(), question, std::strlen(question)) < 0) return std::nullopt;
  ::tcsetattr(terminal.get(), TCSAFLUSH, &hidden);
  SecretBytes buffer(client::limits::passphrase_bytes);
  const auto got = ::read(terminal.get(), buffer.fill().data(), buffer.size());
  ::tcsetattr(terminal.get(), TCSAFLUSH, &shown);
  if (::write(terminal.get(), "\n", 1) < 0 || got <= 0) return std::nullopt;
  return first_line(buffer.view().first(static_cast<std::size_t>(got)));
}

}  // namespace

client::Result<std::optional<SecretBytes>> find_passphrase(const std::string& file, const char* question) {
  if (!file.empty()) {
    auto content = client::read_private_file(file, client::limits::passphrase_bytes);
    if (!content) return client::pass(content);
    return first_line(content->view());
  }
  if (const char* value = std::getenv("PQC_CHAT_PASSPHRASE"))  // NOLINT(concurrency-mt-unsafe)
    return SecretBytes(as_bytes(value));
  return ask(question);
}

}  // namespace pqc::cli
