// pqc-chat delete, block, unblock, requests, accept, decline, settings.
#include "cli/delivery.h"

namespace pqc::cli {
namespace {

ExitCode change(const Context& context, const client::Change& what, const std::string& done) {
  auto opened = context.open();
  if (!opened) return context.fail(opened.error());
  const Closing closing{**opened};
  if (auto changed = (*opened)->change(what); !changed) return context.fail(changed.error());
  context.output.done(done);
  return ExitCode::ok;
}

bool is_request(const client::Contact& contact) {
  return contact.state == client::ContactState::stranger && !contact.blocked && contact.messages > 0;
}

}  // namespace

ExitCode run(const Context& context, const DeleteCommand& command) {
  if (command.id.empty() == command.conversation.empty())
    return context.fail({ExitCode::usage, "what? pqc-chat delete ID, or pqc-chat delete --conversation PEER"});
  if (command.id.empty())
    return change(context, client::DeleteConversation{.peer = command.conversation},
                  "The messages with " + command.conversation + " are erased here");
  return change(context, client::DeleteMessage{.id = command.id, .peer = command.with}, "The message is erased here");
}

ExitCode run(const Context& context, const BlockCommand& command) {
  return change(context, client::SetBlocked{.peer = command.peer, .blocked = true}, command.peer + " is blocked");
}

ExitCode run(const Context& context, const UnblockCommand& command) {
  return change(context, client::SetBlocked{.peer = command.peer, .blocked = false},
                command.peer + " is not blocked any more");
}

ExitCode run(const Context& context, const RequestsCommand&) {
  auto opened = context.open();
  if (!opened) return context.fail(opened.error());
  auto contacts = (*opened)->contacts();
  if (!contacts) return context.fail(contacts.error());
  for (const auto& contact : *contacts)
    if (is_request(contact)) context.output.contact(contact);
  return ExitCode::ok;
}

ExitCode run(const Context& context, const AcceptCommand& command) {
  auto opened = context.open();
  if (!opened) return context.fail(opened.error());
  const Closing closing{**opened};
  if (auto done = (*opened)->accept(command.peer, false); !done) return context.fail(done.error());
  context.output.done(command.peer + " is a contact now");
  return ExitCode::ok;
}

ExitCode run(const Context& context, const DeclineCommand& command) {
  if (command.peer.empty()) return decline_call(context);
  return change(context, client::DeclineRequest{.peer = command.peer},
                "What " + command.peer + " wrote is erased here");
}

ExitCode run(const Context& context, const SettingsCommand& command) {
  auto opened = context.open();
  if (!opened) return context.fail(opened.error());
  const Closing closing{**opened};
  auto account = (*opened)->whoami();
  if (!account) return context.fail(account.error());
  auto settings = account->settings;
  if (!command.read_receipts.empty()) settings.read_receipts = command.read_receipts == "on";
  if (!command.typing.empty()) settings.typing = command.typing == "on";
  if (command.keep_days) settings.keep_days = *command.keep_days;
  const bool changes = !command.read_receipts.empty() || !command.typing.empty() || command.keep_days;
  if (changes)
    if (auto done = (*opened)->change(client::ChangeSettings{settings}); !done) return context.fail(done.error());
  context.output.settings(settings);
  return ExitCode::ok;
}

}  // namespace pqc::cli
