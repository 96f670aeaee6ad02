#include "cli/passphrase.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string_view>

#include "cli/hidden_input.h"
#include "client/files.h"
#include "client/limits.h"

namespace pqc::cli {
namespace {

SecretBytes first_line(ByteView bytes) {
  const auto end = std::ranges::find(bytes, static_cast<std::uint8_t>('\n'));
  return SecretBytes(ByteView(bytes.begin(), end));
}

std::optional<SecretBytes> ask(const char* question) {
  auto typed = read_hidden(question, client::limits::passphrase_bytes);
  if (!typed) return std::nullopt;
  return first_line(typed->view());
}

// Named, so that a question or another source in its place would be a surprise.
client::Result<SecretBytes> read_passphrase_file(const std::string& file) {
  auto content = client::read_private_file(file, client::limits::passphrase_bytes);
  if (!content) {
    auto error = std::move(content).error();
    error.message = "the passphrase file: " + error.message;
    if (error.code == ExitCode::missing) error.message += "; give the path of a file that only you may read";
    return std::unexpected(std::move(error));
  }
  return first_line(content->view());
}

client::Result<std::optional<SecretBytes>> find_given(const std::string& file, const char* variable) {
  if (!file.empty()) return read_passphrase_file(file);
  if (const char* value = std::getenv(variable))  // NOLINT(concurrency-mt-unsafe)
    return SecretBytes(as_bytes(value));
  return std::nullopt;
}

// Each variable has an option beside it: PQC_CHAT_NEW_PASSPHRASE and --new-passphrase-file.
std::string option_of(std::string_view variable) {
  std::string name(variable.substr(std::string_view("PQC_CHAT_").size()));
  for (auto& c : name) c = c == '_' ? '-' : static_cast<char>(c - 'A' + 'a');
  return "--" + name + "-file";
}

}  // namespace

client::Error no_passphrase(const char* what, const char* variable) {
  return {ExitCode::usage,
          std::string("no ") + what + ": give " + option_of(variable) + ", " + variable + ", or a terminal"};
}

client::Result<std::optional<SecretBytes>> find_passphrase(const std::string& file, const char* question,
                                                           const char* variable) {
  auto given = find_given(file, variable);
  if (!given || *given) return given;
  return ask(question);
}

client::Result<SecretBytes> find_new_passphrase(const std::string& file, const char* variable, const char* what) {
  auto given = find_given(file, variable);
  if (!given) return client::pass(given);
  auto question = std::string(what) + ": ";
  question.front() = static_cast<char>(std::toupper(question.front()));
  const bool asked = !given->has_value();
  auto first = asked ? ask(question.c_str()) : std::move(*given);
  if (!first || first->empty()) return std::unexpected(no_passphrase(what, variable));
  if (!asked) return std::move(*first);
  const auto second = ask("The same once more: ");
  const bool same = second && second->size() == first->size() && constant_time_equal(second->view(), first->view());
  if (!same) return client::fail(ExitCode::wrong_key, "the two passphrases are not the same: nothing was changed");
  return std::move(*first);
}

}  // namespace pqc::cli
