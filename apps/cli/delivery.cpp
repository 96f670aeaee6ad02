#include "cli/delivery.h"

#include <cerrno>

#include <unistd.h>

#include "client/files.h"
#include "client/limits.h"

namespace pqc::cli {
namespace {

using client::Result;
using std::chrono::seconds;

constexpr seconds answer_wait{30};

Result<std::string> read_input() {
  std::string text(client::limits::text_bytes + 2, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const auto got = ::read(STDIN_FILENO, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(client::system_error(errno, "read", "standard input"));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  // The line break that ends a line of a terminal or of echo is no part of the message.
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

bool retried(ExitCode code) {
  return code == ExitCode::unreachable || code == ExitCode::timed_out || code == ExitCode::quota;
}

// It is stored, whatever happened on the way.
ExitCode not_yet(const Context& context, client::Message message, client::Error error) {
  const bool accepted = error.code == ExitCode::not_delivered;
  if (error.code == ExitCode::unreachable || error.code == ExitCode::timed_out) error.code = ExitCode::queued;
  if (!accepted) error.message += "; the message is kept and sent by the next command that reaches the server";
  message.status = accepted ? client::MessageStatus::sent : client::MessageStatus::queued;
  if (context.output.json()) context.output.message(message);
  return context.fail(error);
}

Result<std::string> text_or_input(const std::optional<std::string>& given) {
  if (given && *given != "-") return *given;
  return read_input();
}

ExitCode deliver(const Context& context, client::Client& client, client::Draft draft,
                 std::optional<std::uint32_t> wait_delivered) {
  auto message = client.send(std::move(draft));
  if (!message) return context.fail(message.error());
  const auto until = wait_delivered ? client::Until::delivered : client::Until::sent;
  auto waited = client.await(message->seq, until, wait_delivered ? seconds(*wait_delivered) : answer_wait);
  if (!waited) return not_yet(context, *message, waited.error());
  if (waited->status == client::MessageStatus::failed) return failed(context, client, *waited);
  if (context.output.json())
    context.output.message(*waited);
  else
    context.output.line(client::to_text(waited->id));
  return ExitCode::ok;
}

ExitCode failed(const Context& context, client::Client& client, const client::Message& message) {
  // To a name that nobody has: what was typed wrongly leaves nothing behind.
  if (message.failure.code == ExitCode::unknown_peer)
    if (const auto erased = client.change(client::DeleteMessage{.id = client::to_text(message.id), .peer = {}});
        !erased)
      return context.fail(erased.error());
  return context.fail(message.failure);
}

}  // namespace pqc::cli
