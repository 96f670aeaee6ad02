// The commands: each takes what the command line said, calls the facade, prints, and answers the exit code.
#pragma once

#include "base/exit_code.h"
#include "cli/config.h"
#include "cli/options.h"
#include "cli/output.h"
#include "client/client.h"

namespace pqc::cli {

struct Context {
  const Options& options;
  const Config& config;
  const Output& output;

  [[nodiscard]] client::ProfilePaths profile() const;
  [[nodiscard]] client::OpenOptions open_options() const;
  // Opens the profile and applies --minimum-level. Calls ring only in programs that stay; where the other side is not
  // to learn our addresses, it must not go direct.
  [[nodiscard]] client::Result<std::unique_ptr<client::Client>> open(bool takes_calls = false,
                                                                     bool may_go_direct = true) const;
  // The same with calls as given.
  [[nodiscard]] client::Result<std::unique_ptr<client::Client>> open_for(client::CallOptions calls,
                                                                         bool may_go_direct) const;
  // Prints the error and answers its code.
  [[nodiscard]] ExitCode fail(const client::Error& error) const;
};

ExitCode run(const Context& context, const RegisterCommand& command);
ExitCode run(const Context& context, const SendCommand& command);
ExitCode run(const Context& context, const ReceiveCommand& command);
ExitCode run(const Context& context, const ChatCommand& command);
ExitCode run(const Context& context, const HistoryCommand& command);
ExitCode run(const Context& context, const ContactsCommand& command);
ExitCode run(const Context& context, const SafetyNumberCommand& command);
ExitCode run(const Context& context, const VerifyCommand& command);
ExitCode run(const Context& context, const WhoamiCommand& command);
ExitCode run(const Context& context, const DoctorCommand& command);
ExitCode run(const Context& context, const LockCommand& command);
ExitCode run(const Context& context, const UnlockCommand& command);
ExitCode run(const Context& context, const PassphraseCommand& command);
ExitCode run(const Context& context, const KeyringCommand& command);
ExitCode run(const Context& context, const AuditCommand& command);
ExitCode run(const Context& context, const SearchCommand& command);
ExitCode run(const Context& context, const ExportCommand& command);
ExitCode run(const Context& context, const ReplyCommand& command);
ExitCode run(const Context& context, const ReactCommand& command);
ExitCode run(const Context& context, const EditCommand& command);
ExitCode run(const Context& context, const UnsendCommand& command);
ExitCode run(const Context& context, const DisappearCommand& command);
ExitCode run(const Context& context, const DeleteCommand& command);
ExitCode run(const Context& context, const BlockCommand& command);
ExitCode run(const Context& context, const UnblockCommand& command);
ExitCode run(const Context& context, const RequestsCommand& command);
ExitCode run(const Context& context, const AcceptCommand& command);
ExitCode run(const Context& context, const DeclineCommand& command);
ExitCode run(const Context& context, const SettingsCommand& command);
ExitCode run(const Context& context, const BackupCommand& command);
ExitCode run(const Context& context, const RestoreCommand& command);
ExitCode run(const Context& context, const IdentityCommand& command);
ExitCode run(const Context& context, const P2pCommand& command);
ExitCode run(const Context& context, const FilesCommand& command);
ExitCode run(const Context& context, const SaveCommand& command);
// send with --file.
ExitCode send_file(const Context& context, const SendCommand& command);
ExitCode run(const Context& context, const LinkCommand& command);
ExitCode run(const Context& context, const DevicesCommand& command);
// devices audio; with `all` plugins of ALSA too.
ExitCode list_audio_devices(const Context& context, bool all);
ExitCode run(const Context& context, const CallCommand& command);
ExitCode run(const Context& context, const AnswerCommand& command);
ExitCode run(const Context& context, const HangUpCommand& command);
ExitCode run(const Context& context, const MuteCommand& command);
ExitCode run(const Context& context, const CallsCommand& command);
ExitCode run(const Context& context, const RecordingCommand& command);
ExitCode run(const Context& context, const EchoServiceCommand& command);
// Devices, or files by their whole paths: the process that owns the profile opens them. Errors: missing, usage,
// no_permission.
client::Result<client::CallAudio> audio_of(const AudioOptions& options);
// decline without a name.
ExitCode decline_call(const Context& context);

}  // namespace pqc::cli
