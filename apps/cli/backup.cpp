// pqc-chat backup, restore.
#include "client/backup/backup.h"

#include "cli/delivery.h"
#include "cli/passphrase.h"

namespace pqc::cli {
namespace {

constexpr const char* variable = "PQC_CHAT_BACKUP_PASSPHRASE";
constexpr std::chrono::seconds telling_wait{30};

ExitCode print(const Context& context, const std::string& file, const char* type, const std::string& outcome,
               const client::Result<client::BackupCounts>& counts) {
  if (!counts) return context.fail(counts.error());
  if (context.output.json())
    context.output.object(json_object(type)
                              .add("file", file)
                              .add("contacts", counts->contacts)
                              .add("messages", counts->messages)
                              .add("calls", counts->calls));
  else
    context.output.line(std::to_string(counts->messages) + " messages, " + std::to_string(counts->contacts) +
                        " contacts and " + std::to_string(counts->calls) + " calls of the history " + outcome);
  return ExitCode::ok;
}

}  // namespace

ExitCode run(const Context& context, const BackupCommand& command) {
  auto passphrase = find_new_passphrase(command.passphrase_file, variable, "passphrase for the backup");
  if (!passphrase) return context.fail(passphrase.error());
  return print(context, command.file, "backup", "are in " + command.file,
               client::write_backup(context.profile(), client::key_access(context.open_options()), command.file,
                                    *passphrase, SystemClock()));
}

ExitCode run(const Context& context, const RestoreCommand& command) {
  auto passphrase = find_passphrase(command.passphrase_file, "Passphrase of the backup: ", variable);
  if (!passphrase) return context.fail(passphrase.error());
  if (!*passphrase) return context.fail(no_passphrase("passphrase of the backup", variable));
  const auto counts = client::restore_backup(context.profile(), client::key_access(context.open_options()),
                                             command.file, **passphrase, SystemClock());
  if (!counts) return context.fail(counts.error());
  // The contacts are told now if the server can be reached, else by the next command that reaches it.
  if (auto opened = context.open()) {
    const Closing closing{**opened};
    if (auto told = (*opened)->catch_up(telling_wait); !told)
      context.output.note("Your contacts are told once the server can be reached.");
  }
  return print(context, command.file, "restored", "were added; what was here already stays as it was", counts);
}

}  // namespace pqc::cli
