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

client::Result<std::optional<SecretBytes>> find_given(const std::string& file, const char* variable) {
  if (!file.empty()) {
    auto content = client::read_private_file(file, client::limits::passphrase_bytes);
    if (!content) return client::pass(content);
    return first_line(content->view());
  }
  if (const char* value = std::getenv(variable))  // NOLINT(concurrency-mt-unsafe)
    return SecretBytes(as_bytes(value));
  return std::nullopt;
}

}  // namespace

client::Result<std::optional<SecretBytes>> find_passphrase(const std::string& file, const char* question,
                                                           const char* variable) {
  auto given = find_given(file, variable);
  if (!given || *given) return given;
  return ask(question);
}

client::Result<SecretBytes> find_new_passphrase(const std::string& file, const char* variable, const char* question) {
  auto given = find_given(file, variable);
  if (!given) return client::pass(given);
  const bool asked = !given->has_value();
  auto first = asked ? ask(question) : std::move(*given);
  if (!first || first->empty())
    return client::fail(ExitCode::wrong_key,
                        std::string("no new passphrase: give it in a file, in ") + variable + ", or at a terminal");
  if (!asked) return std::move(*first);
  const auto second = ask("The same once more: ");
  const bool same = second && second->size() == first->size() && constant_time_equal(second->view(), first->view());
  if (!same) return client::fail(ExitCode::wrong_key, "the two passphrases are not the same: nothing was changed");
  return std::move(*first);
}

}  // namespace pqc::cli
