// pqc-chat delete, block, unblock, requests, accept, decline, settings.
#include <functional>

#include "cli/delivery.h"

namespace pqc::cli {
namespace {

// As the history has it: who is named without a server is at ours.
client::Result<std::string> full_name(client::Client& client, const std::string& peer) {
  if (peer.empty() || peer.contains('@')) return peer;
  auto account = client.whoami();
  if (!account) return client::pass(account);
  return peer + account->name.substr(account->name.find('@'));
}

// `done` says what was done, of whom it was about where `peer` is not empty.
ExitCode change(const Context& context, const client::Change& what, const std::string& peer,
                const std::function<std::string(const std::string& name)>& done) {
  auto opened = context.open();
  if (!opened) return context.fail(opened.error());
  const Closing closing{**opened};
  if (auto changed = (*opened)->change(what); !changed) return context.fail(changed.error());
  const auto name = full_name(**opened, peer);
  if (!name) return context.fail(name.error());
  context.output.done(done(*name));
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
    return change(context, client::DeleteConversation{.peer = command.conversation}, command.conversation,
                  [](const auto& name) { return "The messages with " + name + " are erased here"; });
  return change(context, client::DeleteMessage{.id = command.id, .peer = command.with}, {},
                [](const auto&) { return "The message is erased here"; });
}

ExitCode run(const Context& context, const BlockCommand& command) {
  return change(context, client::SetBlocked{.peer = command.peer, .blocked = true}, command.peer,
                [](const auto& name) { return name + " is blocked"; });
}

ExitCode run(const Context& context, const UnblockCommand& command) {
  return change(context, client::SetBlocked{.peer = command.peer, .blocked = false}, command.peer,
                [](const auto& name) { return name + " is not blocked any more"; });
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
  const auto name = full_name(**opened, command.peer);
  if (!name) return context.fail(name.error());
  context.output.done(*name + " is a contact now");
  return ExitCode::ok;
}

ExitCode run(const Context& context, const DeclineCommand& command) {
  if (command.peer.empty()) return decline_call(context);
  return change(context, client::DeclineRequest{.peer = command.peer}, command.peer,
                [](const auto& name) { return "What " + name + " wrote is erased here"; });
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
