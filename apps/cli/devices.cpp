// pqc-chat link, and pqc-chat devices list, link, revoke.
#include <csignal>

#include "cli/address.h"
#include "cli/delivery.h"
#include "cli/passphrase.h"

namespace pqc::cli {
namespace {

using client::HistoryState;
using client::Result;
using std::chrono::steady_clock;

constexpr std::chrono::seconds connect_wait{30};
// A history that does not come on for so long is waited for no longer.
constexpr std::chrono::seconds patience{30};
constexpr std::chrono::milliseconds poll{50};

// Until the history is over, does not come on, or the user interrupts. It goes on later where it stopped.
Result<HistoryState> wait_for_history(client::Client& client, std::uint32_t device) {
  bool interrupted = false;
  const auto signals = client.loop().on_signals({SIGINT, SIGTERM}, [&interrupted](int) { interrupted = true; });
  if (auto followed = client.follow([](const client::Event&) {}); !followed) return client::pass(followed);
  auto state = client.history_state(device);
  auto moved = steady_clock::now();
  while (state && state->open && !interrupted && steady_clock::now() - moved < patience) {
    client.loop().run_until([&interrupted] { return interrupted; }, steady_clock::now() + poll);
    const auto before = state->messages;
    state = client.history_state(device);
    if (state && state->messages != before) moved = steady_clock::now();
  }
  return state;
}

ExitCode show_linked(const Context& context, client::Client& client, const std::string& account, std::uint32_t device,
                     std::uint32_t of) {
  const auto history = wait_for_history(client, of);
  if (!history) return context.fail(history.error());
  context.output.linked(account, device, *history);
  if (history->open)
    context.output.note("The rest of the history comes while both devices are connected: let pqc-chat receive run.");
  return ExitCode::ok;
}

ExitCode list(const Context& context, client::Client& client) {
  const auto devices = client.devices();
  if (!devices) return context.fail(devices.error());
  for (const auto& device : *devices) context.output.device(device);
  return ExitCode::ok;
}

ExitCode link(const Context& context, client::Client& client, const DevicesCommand& command) {
  const auto code = text_or_input(command.code);
  if (!code) return context.fail(code.error());
  const auto account = client.whoami();
  if (!account) return context.fail(account.error());
  const auto device = client.link_device(*code, !command.without_history);
  if (!device) return context.fail(device.error());
  return show_linked(context, client, account->name, *device, *device);
}

ExitCode revoke(const Context& context, client::Client& client, const DevicesCommand& command) {
  if (auto revoked = client.revoke_device(command.device); !revoked) return context.fail(revoked.error());
  context.output.done("Device " + std::to_string(command.device) + " is revoked: nothing is sent to it any more");
  return ExitCode::ok;
}

Result<client::LinkOptions> link_options(const Context& context, const LinkCommand& command) {
  client::LinkOptions options;
  options.open = context.open_options();
  auto address = parse_address(command.server.empty() ? context.config.host : command.server, context.config.port);
  if (!address) return client::pass(address);
  options.host = address->host;
  options.port = address->port;
  options.allow_classical = context.config.allow_classical;
  auto fingerprint = parse_fingerprint(command.fingerprint);
  if (!fingerprint) return client::pass(fingerprint);
  options.fingerprint = *fingerprint;
  if (command.with_passphrase || !context.options.passphrase_file.empty()) {
    auto passphrase = find_new_passphrase(context.options.passphrase_file, "PQC_CHAT_PASSPHRASE");
    if (!passphrase) return client::pass(passphrase);
    options.passphrase = std::move(*passphrase);
  }
  options.on_code = [&context](const std::string& code) { context.output.link_code(code); };
  return options;
}

}  // namespace

ExitCode run(const Context& context, const LinkCommand& command) {
  auto options = link_options(context, command);
  if (!options) return context.fail(options.error());
  const auto account = client::Client::link(std::move(*options));
  if (!account) return context.fail(account.error());
  auto opened = context.open();
  if (!opened) return context.fail(opened.error());
  const Closing closing{**opened};
  // Without prekeys nobody can write to this device.
  if (auto connected = (*opened)->catch_up(connect_wait); !connected) return context.fail(connected.error());
  return show_linked(context, **opened, account->name, account->device, 0);
}

ExitCode run(const Context& context, const DevicesCommand& command) {
  if (command.action == DevicesCommand::Action::audio) return list_audio_devices(context, command.all);
  auto opened = context.open();
  if (!opened) return context.fail(opened.error());
  const Closing closing{**opened};
  switch (command.action) {
    case DevicesCommand::Action::list:
      return list(context, **opened);
    case DevicesCommand::Action::link:
      return link(context, **opened, command);
    case DevicesCommand::Action::revoke:
      return revoke(context, **opened, command);
    case DevicesCommand::Action::audio:
      break;
  }
  return ExitCode::usage;
}

}  // namespace pqc::cli
