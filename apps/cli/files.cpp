// pqc-chat send --file, files, save.
#include <csignal>
#include <filesystem>
#include <thread>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/delivery.h"
#include "cli/progress.h"
#include "client/attachments/preview.h"

namespace pqc::cli {
namespace {

using client::Error;
using client::FileTransfer;
using client::Message;
using client::Result;

constexpr std::chrono::milliseconds step{200};
constexpr std::chrono::milliseconds pause{300};

Result<std::string> absolute(const std::string& path) {
  std::error_code code;
  const auto whole = std::filesystem::absolute(path, code);
  if (code || path.empty()) return client::fail(ExitCode::usage, "which file? Give its path");
  return whole.string();
}

// The signal that came, so that what was reached is stored before the program ends.
class Interruption {
 public:
  explicit Interruption(client::Loop& loop)
      : handle_(loop.on_signals({SIGINT, SIGTERM}, [this](int signal) { signal_ = signal; })) {}
  [[nodiscard]] bool came() const { return signal_ != 0; }

 private:
  int signal_ = 0;
  client::Loop::HandlePtr handle_;
};

void rest(client::Client& client, const Interruption& interruption) {
  client.loop().run_until([&] { return interruption.came(); }, std::chrono::steady_clock::now() + pause);
}

// Waits until the message, and its file before it, is at the server (or at the peer); says meanwhile how far it is.
Result<Message> await_file(client::Client& client, const Output& output, const Message& message,
                           std::optional<std::uint32_t> wait_delivered) {
  const Interruption interruption(client.loop());
  Progress progress(output, client::to_text(message.id));
  Patience patience;
  // Where it stood before anything of it went out now.
  const auto before = client.transfer(message.seq);
  if (before && !before->complete) {
    progress.show(*before);
    (void)patience.over(before->done);
  }
  for (;;) {
    auto waited = client.await(message.seq, client::Until::sent, step);
    if (waited && waited->status != client::MessageStatus::sent) return waited;
    if (waited && !wait_delivered) return waited;
    if (waited) return client.await(message.seq, client::Until::delivered, std::chrono::seconds(*wait_delivered));
    if (!worth_waiting(waited.error())) return waited;
    if (interruption.came()) return client::fail(ExitCode::interrupted, "interrupted");
    auto transfer = client.transfer(message.seq);
    if (!transfer) return client::pass(transfer);
    if (transfer->complete) transfer->done = transfer->size;
    progress.show(*transfer);
    const bool over = patience.over(transfer->complete ? UINT64_MAX : transfer->done);
    const bool away = waited.error().code == ExitCode::unreachable;
    if (away && over) return waited;
    if (transfer->failure && over) return std::unexpected(*transfer->failure);
    if (away) rest(client, interruption);
  }
}

std::string file_line(const Message& m) {
  const auto& file = *m.file;
  const bool incoming = m.direction == client::Direction::incoming;
  std::string out = client::to_text(m.id) + "  " + local_time(m.sent_at) + "  " + (incoming ? "from " : "to ") +
                    m.peer + "  " + size_text(file.size) + "  " + printable(file.name);
  if (!incoming && m.status != client::MessageStatus::delivered)
    out += " (" + std::string(client::name(m.status)) + ")";
  if (file.transferred > 0 && file.transferred < file.size)
    out += (incoming ? " (saved: " : " (sent: ") + std::to_string(file.transferred * 100 / file.size) + "%)";
  if (file.preview > 0) out += " (with a preview)";
  return out;
}

}  // namespace

ExitCode send_file(const Context& context, const SendCommand& command) {
  auto path = absolute(*command.file);
  if (!path) return context.fail(path.error());
  client::Draft draft;
  draft.kind = client::MessageKind::file;
  draft.peer = command.peer;
  draft.file = std::move(*path);
  // Before the profile is opened: it takes a while, and others may want it.
  if (!command.without_preview) draft.preview = client::make_preview(draft.file);
  auto opened = context.open();
  if (!opened) return context.fail(opened.error());
  auto& client = **opened;
  const Closing closing{client};
  auto message = client.send(std::move(draft));
  if (!message) return context.fail(message.error());
  auto waited = await_file(client, context.output, *message, command.wait_delivered);
  if (!waited) return not_yet(context, *message, waited.error());
  if (waited->status == client::MessageStatus::failed) return failed(context, client, *waited);
  if (context.output.json())
    context.output.message(*waited);
  else
    context.output.line(client::to_text(waited->id));
  return ExitCode::ok;
}

ExitCode run(const Context& context, const FilesCommand& command) {
  auto opened = context.open();
  if (!opened) return context.fail(opened.error());
  client::MessageQuery query;
  query.peer = command.peer;
  query.limit = command.limit;
  query.files = true;
  auto messages = (*opened)->find(query);
  if (!messages) return context.fail(messages.error());
  for (const auto& message : *messages) {
    if (context.output.json())
      context.output.message(message);
    else if (message.file)
      context.output.line(file_line(message));
  }
  return ExitCode::ok;
}

ExitCode run(const Context& context, const SaveCommand& command) {
  auto path = absolute(command.path);
  if (!path) return context.fail(path.error());
  auto opened = context.open();
  if (!opened) return context.fail(opened.error());
  auto& client = **opened;
  const Closing closing{client};
  const Interruption interruption(client.loop());
  Progress progress(context.output, command.id);
  Patience patience;
  // The first answer comes at once: where it stood before anything of it came now.
  for (auto wait = std::chrono::milliseconds(0);; wait = step) {
    auto state = client.save({.id = command.id, .peer = command.with, .path = *path, .preview = command.preview}, wait);
    if (!state) return context.fail(state.error());
    progress.show(*state);
    if (state->complete) {
      if (context.output.json())
        context.output.object(json_object("saved").add("path", printable(state->path)).add("size", state->size));
      else
        context.output.line(printable(state->path));
      return ExitCode::ok;
    }
    if (interruption.came()) return context.fail({ExitCode::interrupted, "interrupted: the same command goes on"});
    if (state->failure && (!worth_waiting(*state->failure) || patience.over(state->done)))
      return context.fail(*state->failure);
    if (!state->failure) (void)patience.over(state->done);
    if (state->failure) rest(client, interruption);
  }
}

}  // namespace pqc::cli
