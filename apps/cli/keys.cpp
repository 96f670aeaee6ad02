// lock, unlock, passphrase, keyring, audit: what is done with the keys themselves.
#include "cli/commands.h"
#include "cli/passphrase.h"
#include "cli/security_log.h"
#include "client/keys/key_commands.h"

namespace pqc::cli {
namespace {

using client::KeyCommands;
using client::KeyStatus;
using client::Result;

Result<KeyCommands> open_keys(const Context& context) {
  return KeyCommands::open(context.profile(), client::key_access(context.open_options()));
}

ExitCode show(const Context& context, const Result<KeyStatus>& status) {
  if (!status) return context.fail(status.error());
  context.output.keys(*status);
  return ExitCode::ok;
}

// The passphrase that is in force; empty where there is none.
Result<SecretBytes> current_passphrase(const Context& context, KeyCommands& keys) {
  auto status = keys.status();
  if (!status) return client::pass(status);
  if (!status->passphrase) return SecretBytes();
  auto found = find_passphrase(context.options.passphrase_file, "Passphrase of the profile: ");
  if (!found) return client::pass(found);
  if (!*found || (*found)->empty())
    return client::fail(ExitCode::locked,
                        "the passphrase is needed: give --passphrase-file, PQC_CHAT_PASSPHRASE, or a terminal");
  return std::move(**found);
}

}  // namespace

ExitCode run(const Context& context, const LockCommand&) {
  auto keys = open_keys(context);
  if (!keys) return context.fail(keys.error());
  auto locked = keys->lock();
  if (locked && locked->key_file)
    context.output.note(
        "The keys open with a key file: the next command unlocks them again. Set a passphrase with "
        "pqc-chat passphrase change.");
  return show(context, locked);
}

ExitCode run(const Context& context, const UnlockCommand&) {
  auto keys = open_keys(context);
  if (!keys) return context.fail(keys.error());
  return show(context, keys->unlock());
}

ExitCode run(const Context& context, const PassphraseCommand& command) {
  auto keys = open_keys(context);
  if (!keys) return context.fail(keys.error());
  auto current = current_passphrase(context, *keys);
  if (!current) return context.fail(current.error());
  auto wanted = find_new_passphrase(command.new_passphrase_file, "PQC_CHAT_NEW_PASSPHRASE");
  if (!wanted) return context.fail(wanted.error());
  return show(context, keys->change_passphrase(*current, *wanted));
}

ExitCode run(const Context& context, const KeyringCommand& command) {
  auto keys = open_keys(context);
  if (!keys) return context.fail(keys.error());
  if (command.action == "disable") return show(context, keys->disable_keyring());
  auto current = current_passphrase(context, *keys);
  if (!current) return context.fail(current.error());
  return show(context, keys->enable_keyring(*current));
}

ExitCode run(const Context& context, const AuditCommand&) {
  auto keys = open_keys(context);
  if (!keys) return context.fail(keys.error());
  auto lines = keys->security_log();
  if (!lines) return context.fail(lines.error());
  for (const auto& line : *lines) {
    const auto shown = context.output.json() ? typed_event(line) : describe_event(line);
    if (!shown.empty() && !context.output.line(shown)) break;
  }
  return ExitCode::ok;
}

}  // namespace pqc::cli
