#include "cli/commands.h"

#include <algorithm>

#include "base/log.h"
#include "cli/address.h"
#include "cli/delivery.h"
#include "cli/passphrase.h"
#include "client/calls/voice_call.h"
#include "client/calls/voice_check.h"
#include "client/limits.h"
#include "client/messages/content.h"
#include "p2p/direct_paths.h"

namespace pqc::cli {
namespace {

using client::Error;
using client::Result;

// The safety number as somebody read it out: digits, in groups as they like.
client::Status compare(client::Client& client, const VerifyCommand& command) {
  auto number = client.safety_number(command.peer);
  if (!number) return client::pass(number);
  std::string digits;
  std::ranges::copy_if(command.code, std::back_inserter(digits), [](char c) { return c >= '0' && c <= '9'; });
  const bool only_digits = command.code.find_first_not_of("0123456789 -\n\r\t") == std::string::npos;
  if (!only_digits || digits.size() != number->digits.size())
    return client::fail(ExitCode::usage, "--code takes all " + std::to_string(number->digits.size()) +
                                             " digits of the safety number; nothing was changed");
  if (digits == number->digits) return {};
  return client::fail(ExitCode::refused, "these are not the digits of " + number->peer +
                                             ": do not trust this contact before you know why; nothing was changed");
}

}  // namespace

client::ProfilePaths Context::profile() const {
  if (!options.profile.empty()) return {options.profile};
  if (!config.profile.empty()) return {config.profile};
  return client::default_profile();
}

client::OpenOptions Context::open_options() const {
  client::OpenOptions out;
  out.profile = profile();
  out.ask_passphrase = [file = options.passphrase_file] {
    return find_passphrase(file, "Passphrase of the profile: ");
  };
  out.direct = p2p::direct_options(config.direct);
  return out;
}

Result<std::unique_ptr<client::Client>> Context::open(bool takes_calls, bool may_go_direct) const {
  client::CallOptions calls;
  if (takes_calls) calls = {.make_media = client::voice_calls(), .check_audio = client::check_voice_audio};
  return open_for(std::move(calls), may_go_direct);
}

Result<std::unique_ptr<client::Client>> Context::open_for(client::CallOptions calls, bool may_go_direct) const {
  auto with = open_options();
  if (!may_go_direct) with.direct = {};
  with.calls = std::move(calls);
  auto opened = client::Client::open(with);
  const auto& level = options.minimum_level.empty() ? config.minimum_level : options.minimum_level;
  if (!opened || level.empty()) return opened;
  if (auto set = (*opened)->set_minimum_level(level); !set) return client::pass(set);
  return opened;
}

ExitCode Context::fail(const Error& error) const {
  output.error(error);
  return error.code;
}

ExitCode run(const Context& context, const RegisterCommand& command) {
  client::RegisterOptions options;
  options.open = context.open_options();
  options.name = command.name.empty() ? context.config.username : command.name;
  if (options.name.empty()) return context.fail({ExitCode::usage, "which name? pqc-chat register NAME --server HOST"});
  auto address = parse_address(command.server.empty() ? context.config.host : command.server, context.config.port);
  if (!address) return context.fail(address.error());
  options.host = address->host;
  options.port = address->port;
  options.allow_classical = context.config.allow_classical;
  auto invite = text_or_input(command.invite);
  if (!invite) return context.fail(invite.error());
  if (command.invite == "-" && invite->empty())
    return context.fail(
        {ExitCode::invalid_invite,
         "standard input is empty: write the invite to it, or leave out --invite where none is needed"});
  options.invite = std::move(*invite);
  auto fingerprint = parse_fingerprint(command.fingerprint);
  if (!fingerprint) return context.fail(fingerprint.error());
  options.fingerprint = *fingerprint;
  options.suites = command.suites;
  if (command.with_passphrase || !context.options.passphrase_file.empty()) {
    auto passphrase = find_new_passphrase(context.options.passphrase_file, "PQC_CHAT_PASSPHRASE");
    if (!passphrase) return context.fail(passphrase.error());
    options.passphrase = std::move(*passphrase);
  }
  const bool pinned = options.fingerprint.has_value();
  auto account = client::Client::register_account(std::move(options));
  if (!account) return context.fail(account.error());
  if (!pinned)
    context.output.note(
        "The server's key was not known before and is kept from now on. Compare its fingerprint with "
        "what its owner sees (pqc-chat-server fingerprint).");
  context.output.account(*account, "registered");
  return ExitCode::ok;
}

ExitCode run(const Context& context, const SendCommand& command) {
  if (command.file) return send_file(context, command);
  auto given = text_or_input(command.text);
  if (!given) return context.fail(given.error());
  const std::string text = std::move(*given);
  if (auto checked = client::check_text(text); !checked) return context.fail(checked.error());
  auto opened = context.open();
  if (!opened) return context.fail(opened.error());
  auto& client = **opened;
  const Closing closing{client};
  client::Draft draft;
  draft.peer = command.peer;
  draft.text = text;
  return deliver(context, client, std::move(draft), command.wait_delivered);
}

ExitCode run(const Context& context, const ContactsCommand&) {
  auto opened = context.open();
  if (!opened) return context.fail(opened.error());
  auto contacts = (*opened)->contacts();
  if (!contacts) return context.fail(contacts.error());
  for (const auto& contact : *contacts) context.output.contact(contact);
  return ExitCode::ok;
}

ExitCode run(const Context& context, const SafetyNumberCommand& command) {
  auto opened = context.open();
  if (!opened) return context.fail(opened.error());
  const Closing closing{**opened};
  auto number = (*opened)->safety_number(command.peer);
  if (!number) return context.fail(number.error());
  context.output.safety_number(*number, command.qr);
  return ExitCode::ok;
}

ExitCode run(const Context& context, const VerifyCommand& command) {
  auto opened = context.open();
  if (!opened) return context.fail(opened.error());
  auto& client = **opened;
  const Closing closing{client};
  if (!command.code.empty()) {
    if (auto same = compare(client, command); !same) return context.fail(same.error());
  }
  const auto done =
      command.accept ? client.accept(command.peer, true) : client.set_verified(command.peer, !command.undo);
  if (!done) return context.fail(done.error());
  auto number = client.safety_number(command.peer);
  if (!number) return context.fail(number.error());
  if (context.output.json()) {
    context.output.safety_number(*number, false);
    return ExitCode::ok;
  }
  if (command.accept)
    context.output.line("The keys of " + number->peer +
                        " are accepted. Compare the safety number before you verify them.");
  else
    context.output.line(number->peer + (command.undo ? " is not verified any more" : " is verified"));
  return ExitCode::ok;
}

ExitCode run(const Context& context, const WhoamiCommand&) {
  auto opened = context.open();
  if (!opened) return context.fail(opened.error());
  auto account = (*opened)->whoami();
  if (!account) return context.fail(account.error());
  context.output.account(*account, "account");
  return ExitCode::ok;
}

}  // namespace pqc::cli
