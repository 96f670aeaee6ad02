#include "cli/options.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/exit_code.h"
#include "cli/output.h"
#include "cli/p2p_options.h"
#include "cli/subcommand.h"

namespace pqc::cli {
namespace {

void add_register(CLI::App& app, Options& options) {
  auto sub = add<RegisterCommand>(app, options, "register", "Make keys and an account at a server");
  sub.app->add_option("NAME", sub.values->name, "Your name there; default: the configuration's");
  sub.app->add_option("--server", sub.values->server, "HOST[:PORT] of the server; default: the configuration's");
  sub.app->add_option("--fingerprint", sub.values->fingerprint, "What 'pqc-chat-server fingerprint' prints there");
  sub.app->add_option("--invite", sub.values->invite,
                      "An invite, where the server asks for one; '-': from standard input");
  sub.app->add_option("--suite", sub.values->suites, "Suites to hold: pq (default), pq-falcon, enhanced, standard")
      ->delimiter(',');
  sub.app->add_flag("--passphrase", sub.values->with_passphrase,
                    "Open the keys with a passphrase; without it they open unattended");
}

// 'devices' has commands of its own; alone it lists.
void add_devices(CLI::App& app, Options& options) {
  auto link = add<LinkCommand>(app, options, "link", "Make this profile a new device of an account you have elsewhere");
  link.app->add_option("--server", link.values->server, "HOST[:PORT] of the account's server");
  link.app->add_option("--fingerprint", link.values->fingerprint, "What 'pqc-chat whoami' prints on the other device");
  link.app->add_flag("--passphrase", link.values->with_passphrase,
                     "Open the keys with a passphrase; without it they open unattended");
  auto devices = add<DevicesCommand>(app, options, "devices", "List the devices of your account, link or revoke one");
  devices.app->require_subcommand(0, 1);
  using Action = DevicesCommand::Action;
  const auto action = [&](const char* name, const char* description, Action which) {
    auto* sub = add_page(*devices.app, name, description);
    sub->callback([values = devices.values, which] { values->action = which; });
    return sub;
  };
  action("list", "List the devices (default)", Action::list);
  auto* audio = action("audio", "List the microphones and loudspeakers of this machine", Action::audio);
  audio->add_flag("--all", devices.values->all, "Also ALSA's plugins: converters, effects and other sound systems");
  auto* linked = action("link", "Link the device that shows a code", Action::link);
  linked->add_option("CODE", devices.values->code, "What 'pqc-chat link' shows there; '-': from standard input")
      ->required();
  linked->add_flag("--no-history", devices.values->without_history, "Give it neither contacts nor messages");
  auto* revoked = action("revoke", "Take a device out of the account, for good", Action::revoke);
  revoked->add_option("DEVICE", devices.values->device, "Its number, from 'devices list'")->required();
}

void add_period(CLI::App& app, Period& period) {
  app.add_option("--since", period.since, "From this time on: 2026-11-21, 2026-11-21T18:30, or 7d (ago)");
  app.add_option("--before", period.before, "Up to this time");
}

// The parser takes what follows for the value, whatever it is: a call would be made without the option that stands
// there.
const CLI::Validator is_no_option(
    [](const std::string& value) {
      return value.starts_with("--") ? "a value is missing before " + value : std::string();
    },
    "");

void add_audio(CLI::App& app, AudioOptions& audio) {
  app.add_option("--audio-in", audio.in, "Microphone, or a .wav file that is played; default: the system's device")
      ->type_name("DEVICE|FILE")
      ->check(is_no_option);
  app.add_option("--audio-out", audio.out,
                 "Loudspeaker, or a .wav file that is written anew; default: the system's device")
      ->type_name("DEVICE|FILE")
      ->check(is_no_option);
  app.add_flag("--relay-only", audio.relay_only,
               "Calls go through relays only, and messages meanwhile not directly: the other side learns no address of "
               "yours");
  app.add_option("--voice-processing", audio.processing,
                 "Echo cancellation, noise suppression and gain: on (default), or off, for headphones")
      ->check(one_of({"on", "off"}));
}

void add_messages(CLI::App& app, Options& options) {
  auto send = add<SendCommand>(app, options, "send", "Send a message");
  send.app->add_option("PEER", send.values->peer, "name or name@server")->required();
  auto* text = send.app->add_option("TEXT", send.values->text, "The text; '-' or nothing: standard input");
  auto* file = send.app->add_option("--file", send.values->file, "A file, in place of a text")
                   ->type_name("PATH")
                   ->excludes(text);
  send.app->add_flag("--no-preview", send.values->without_preview, "Of a picture, send no small one along")
      ->needs(file);
  send.app->add_option("--wait-delivered", send.values->wait_delivered,
                       "Wait so many seconds until the peer has confirmed it");
  auto receive = add<ReceiveCommand>(app, options, "receive", "Print the messages that came in");
  auto* wait = receive.app->add_option("--wait", receive.values->wait, "Wait up to so many seconds for one");
  auto* follow = receive.app->add_flag("--follow", receive.values->follow, "Go on until interrupted")->excludes(wait);
  receive.app->add_flag("--keep", receive.values->keep, "Print nothing: what arrives is kept for the next 'receive'")
      ->needs(follow);
  auto chat = add<ChatCommand>(app, options, "chat", "Write and read interactively");
  chat.app->add_option("PEER", chat.values->peer, "name or name@server")->required();
  add_audio(*chat.app, chat.values->audio);
  auto history = add<HistoryCommand>(app, options, "history", "Print the last messages with somebody");
  history.app->add_option("PEER", history.values->peer, "name or name@server")->required();
  history.app->add_option("--limit", history.values->limit, "How many; default: 50")->check(up_to(10'000));
  add_period(*history.app, history.values->period);
}

void add_files(CLI::App& app, Options& options) {
  auto files = add<FilesCommand>(app, options, "files", "List the files that were sent and received");
  files.app->add_option("PEER", files.values->peer, "Only of this conversation");
  files.app->add_option("--limit", files.values->limit, "How many; default: 50")->check(up_to(10'000));
  auto save = add<SaveCommand>(app, options, "save", "Fetch a file and write it to a place");
  save.app->add_option("ID", save.values->id, "The message: its id, or the first 8 digits or more")->required();
  save.app->add_option("PATH", save.values->path, "A name that is not there yet, or a folder")->required();
  save.app->add_option("--with", save.values->with, "Whose conversation the message is in");
  save.app->add_flag("--preview", save.values->preview,
                     "The small picture that came with the message, in place of the file: nothing is fetched");
}

template <class T>
void add_backup(CLI::App& app, Options& options, const std::string& name, const std::string& description) {
  auto sub = add<T>(app, options, name, description);
  sub.app->add_option("FILE", sub.values->file, "The backup")->required();
  sub.app
      ->add_option("--backup-passphrase-file", sub.values->passphrase_file,
                   "File that holds the backup's passphrase; default: $PQC_CHAT_BACKUP_PASSPHRASE, or asked for")
      ->type_name("FILE");
}

void add_stored(CLI::App& app, Options& options) {
  auto search = add<SearchCommand>(app, options, "search", "Print the messages that have all these words");
  search.app->add_option("TEXT", search.values->words, "Words; one that ends in '*' may go on")->required();
  search.app->add_option("--with", search.values->with, "Only of this conversation");
  search.app->add_option("--limit", search.values->limit, "How many; default: 50")->check(up_to(10'000));
  add_period(*search.app, search.values->period);
  auto exported = add<ExportCommand>(app, options, "export", "Write a conversation to a file, not encrypted");
  exported.app->add_option("PEER", exported.values->peer, "name or name@server")->required();
  exported.app->add_option("FILE", exported.values->file, "A file that is not there yet")->required();
  exported.app->add_option("--format", exported.values->format, "json (default; one object a line) or text")
      ->check(one_of({"json", "text"}));
  add_period(*exported.app, exported.values->period);
  auto removed = add<DeleteCommand>(app, options, "delete", "Erase a message or a conversation, here only");
  removed.app->add_option("ID", removed.values->id, "The message: its id, or the first 8 digits or more");
  removed.app->add_option("--with", removed.values->with, "Whose conversation the message is in");
  removed.app->add_option("--conversation", removed.values->conversation, "Erase all messages with this peer");
  add_backup<BackupCommand>(app, options, "backup", "Write history and contacts to a file under a passphrase");
  add_backup<RestoreCommand>(app, options, "restore", "Add what is in a backup to this profile");
}

// The message that a command is about.
void add_about(CLI::App& app, AboutMessage& about) {
  app.add_option("ID", about.id, "The message: its id, or the first 8 digits or more")->required();
  app.add_option("--with", about.with, "Whose conversation the message is in");
}

void add_changes(CLI::App& app, Options& options) {
  auto reply = add<ReplyCommand>(app, options, "reply", "Answer a message");
  add_about(*reply.app, *reply.values);
  reply.app->add_option("TEXT", reply.values->text, "The text; '-' or nothing: standard input");
  auto react = add<ReactCommand>(app, options, "react", "React to a message");
  add_about(*react.app, *react.values);
  auto* emoji = react.app->add_option("EMOJI", react.values->text, "The reaction");
  react.app->add_flag("--remove", react.values->remove, "Take your reaction back")->excludes(emoji);
  auto edit = add<EditCommand>(app, options, "edit", "Put another text in place of one of your messages");
  add_about(*edit.app, *edit.values);
  edit.app->add_option("TEXT", edit.values->text, "The text; '-' or nothing: standard input");
  auto unsend = add<UnsendCommand>(app, options, "unsend", "Take one of your messages back, for everyone");
  add_about(*unsend.app, *unsend.values);
  auto disappear = add<DisappearCommand>(app, options, "disappear", "Let messages disappear after they were read");
  disappear.app->add_option("PEER", disappear.values->peer, "name or name@server")->required();
  disappear.app->add_option("TIME", disappear.values->after, "30s, 10m, 12h, 7d, 4w, or off")->required();
}

template <class T>
void add_of_peer(CLI::App& app, Options& options, const std::string& name, const std::string& description) {
  auto sub = add<T>(app, options, name, description);
  sub.app->add_option("PEER", sub.values->peer, "name or name@server")->required();
}

void add_rules(CLI::App& app, Options& options) {
  add_of_peer<BlockCommand>(app, options, "block", "Send nothing to somebody, and drop what they send");
  add_of_peer<UnblockCommand>(app, options, "unblock", "End that");
  add<RequestsCommand>(app, options, "requests", "List the strangers who wrote to you");
  add_of_peer<AcceptCommand>(app, options, "accept", "Make a contact of a stranger");
  auto decline = add<DeclineCommand>(app, options, "decline", "Decline the call that rings, or a stranger's messages");
  decline.app->add_option("PEER", decline.values->peer, "Erase what this stranger wrote; nothing: decline the call");
  auto settings = add<SettingsCommand>(app, options, "settings", "Print or change what is told to others, and kept");
  const auto on_off = one_of({"on", "off"});
  settings.app->add_option("--read-receipts", settings.values->read_receipts, "Tell contacts what you read: on or off")
      ->check(on_off);
  settings.app->add_option("--typing", settings.values->typing, "Tell contacts that you are writing: on or off")
      ->check(on_off);
  settings.app->add_option("--keep-days", settings.values->keep_days, "Erase messages after so many days; 0: never");
}

void add_record(CLI::App& app, AudioOptions& audio) {
  app.add_option("--record", audio.record, "Record the call into this new file, encrypted; the other side is told")
      ->type_name("FILE")
      ->check(is_no_option);
}

void add_echo(CLI::App& app, Options& options) {
  auto echo = add<EchoServiceCommand>(app, options, "echo-service", "Answer every call and send back what is said");
  echo.app->add_option("--calls", echo.values->calls, "Calls at once; default: 8")->check(up_to(64));
  echo.app->add_option("--longest", echo.values->longest, "End a call after so many seconds; default: 180")
      ->check(up_to(3'600));
}

void add_recordings(CLI::App& app, Options& options) {
  auto* const recording = add_page(app, "recording", "Recordings of calls");
  recording->require_subcommand(1);
  auto made = add<RecordingCommand>(*recording, options, "export", "Make a WAV file of a recording, not encrypted");
  made.app->add_option("FILE", made.values->file, "What --record wrote")->required();
  made.app->add_option("WAV", made.values->wav, "The new file")->required();
}

void add_calls(CLI::App& app, Options& options) {
  auto call = add<CallCommand>(app, options, "call", "Call somebody; Ctrl-C hangs up");
  call.app->add_option("PEER", call.values->peer, "name or name@server")->required();
  add_audio(*call.app, call.values->audio);
  add_record(*call.app, call.values->audio);
  auto answer = add<AnswerCommand>(app, options, "answer", "Answer the call that rings");
  answer.app->add_flag("--auto", answer.values->automatically, "Wait for calls and answer each, until interrupted");
  add_audio(*answer.app, answer.values->audio);
  add_record(*answer.app, answer.values->audio);
  add<HangUpCommand>(app, options, "hangup", "End the call that another pqc-chat of this profile carries");
  auto mute = add<MuteCommand>(app, options, "mute", "Mute your side of that call, or end that");
  mute.app->add_option("HOW", mute.values->how, "on, off or toggle (default)")->check(one_of({"on", "off", "toggle"}));
  auto calls = add<CallsCommand>(app, options, "calls", "Print the last calls");
  calls.app->add_option("--limit", calls.values->limit, "How many; default: 50")->check(up_to(10'000));
}

void add_people(CLI::App& app, Options& options) {
  add<ContactsCommand>(app, options, "contacts", "List the contacts, and which are verified");
  auto number = add<SafetyNumberCommand>(app, options, "safety-number", "Print what two people compare");
  number.app->add_option("PEER", number.values->peer, "name or name@server")->required();
  number.app->add_flag("--qr", number.values->qr, "As a QR code too");
  auto verify = add<VerifyCommand>(app, options, "verify", "Mark a contact as verified, after comparing");
  verify.app->add_option("PEER", verify.values->peer, "name or name@server")->required();
  auto* accept = verify.app->add_flag("--accept", verify.values->accept, "Accept changed keys, without verifying them");
  auto* undo = verify.app->add_flag("--undo", verify.values->undo, "Take the mark away")->excludes(accept);
  verify.app
      ->add_option("--code", verify.values->code,
                   "The safety number that the peer sees: verified only if it is the same")
      ->excludes(accept)
      ->excludes(undo);
  add<WhoamiCommand>(app, options, "whoami", "Print the account and the server's fingerprint");
  add<DoctorCommand>(app, options, "doctor", "Check server, certificate, clock, key exchange and profile");
}

void add_keys(CLI::App& app, Options& options) {
  add<LockCommand>(app, options, "lock", "Let the key agent forget the keys until they are unlocked");
  add<UnlockCommand>(app, options, "unlock", "Unlock the keys, with the passphrase or the keyring");
  auto* const passphrase = add_page(app, "passphrase", "Change the passphrase of the keys, or set one");
  passphrase->require_subcommand(1);
  auto change = add_action<PassphraseCommand>(*passphrase, options, "change", "Change it, or set one");
  change.app
      ->add_option("--new-passphrase-file", change.values->new_passphrase_file,
                   "File that holds the new passphrase; default: $PQC_CHAT_NEW_PASSPHRASE, or asked for")
      ->type_name("FILE");
  auto* const keyring = add_page(app, "keyring", "Let the desktop's keyring unlock the keys, or not");
  keyring->require_subcommand(1);
  add_action<KeyringCommand>(*keyring, options, "enable", "Let the keyring unlock the keys");
  add_action<KeyringCommand>(*keyring, options, "disable", "Let it unlock them no longer");
  add<AuditCommand>(app, options, "audit", "Print the security log");
}

// What stands for an option's value in --help.
constexpr std::array<std::pair<std::string_view, const char*>, 29> value_names{{{"server", "HOST[:PORT]"},
                                                                                {"fingerprint", "FP"},
                                                                                {"invite", "TOKEN"},
                                                                                {"suite", "SUITE"},
                                                                                {"wait", "SECONDS"},
                                                                                {"wait-delivered", "SECONDS"},
                                                                                {"limit", "N"},
                                                                                {"calls", "N"},
                                                                                {"longest", "SECONDS"},
                                                                                {"since", "TIME"},
                                                                                {"before", "TIME"},
                                                                                {"with", "PEER"},
                                                                                {"conversation", "PEER"},
                                                                                {"format", "json|text"},
                                                                                {"read-receipts", "on|off"},
                                                                                {"typing", "on|off"},
                                                                                {"voice-processing", "on|off"},
                                                                                {"keep-days", "DAYS"},
                                                                                {"code", "DIGITS"},
                                                                                {"transport", "tcp|udp"},
                                                                                {"encryption", "KIND"},
                                                                                {"level", "LEVEL"},
                                                                                {"stun", "HOST[:PORT]"},
                                                                                {"turn", "URI"},
                                                                                {"turn-user", "NAME"},
                                                                                {"nearby-name", "NAME"},
                                                                                {"connect", "NAME"},
                                                                                {"minimum-level", "LEVEL"},
                                                                                {"config", "FILE"}}};

// Not "TEXT" and "UINT". Positionals say it by their name.
void name_values(CLI::App& app) {
  for (auto* command : app.get_subcommands({})) {
    for (auto* option : command->get_options()) {
      if (option->get_positional()) {
        option->type_name("");
        continue;
      }
      const auto known =
          std::ranges::find(value_names, option->get_single_name(), [](const auto& each) { return each.first; });
      if (known == value_names.end()) continue;
      option->type_name(known->second);
    }
    name_values(*command);
  }
}

// "Could not convert: --wait = abc" says neither what is expected nor where that is described.
std::string no_number(const CLI::ParseError& error) {
  const std::string said = error.what();
  const auto begin = said.find("--");
  const auto equals = said.find(" = ");
  if (begin == std::string::npos || equals == std::string::npos || equals < begin) return said;
  return said.substr(begin, equals - begin) + " takes a whole number, and '" + said.substr(equals + 3) + "' is none";
}

// "--record: 1 required FILE missing" counts what is one always.
std::string no_value(const CLI::ParseError& error) {
  constexpr std::string_view missing = " missing";
  constexpr std::string_view required = ": 1 required ";
  const std::string said = error.what();
  const auto at = said.find(required);
  if (at == std::string::npos || !said.ends_with(missing)) return said;
  const auto value = at + required.size();
  return said.substr(0, at) + " needs a value: " + said.substr(value, said.size() - missing.size() - value);
}

std::string in_words(const CLI::ParseError& error) {
  switch (static_cast<CLI::ExitCodes>(error.get_exit_code())) {
    case CLI::ExitCodes::ConversionError:
      return no_number(error);
    case CLI::ExitCodes::ArgumentMismatch:
      return no_value(error);
    default:
      return error.what();
  }
}

// Of a misspelt command the parser only says that one is missing.
std::string what_is_wrong(const CLI::App& app, const CLI::ParseError& error) {
  std::string name = "pqc-chat";
  const auto* command = &app;
  for (auto below = app.get_subcommands(); !below.empty(); below = command->get_subcommands()) {
    command = below.front();
    name += " " + command->get_name();
  }
  const auto see = "; see " + name + " --help";
  if (command->get_require_subcommand_min() == 0) return in_words(error) + see;
  const auto rest = app.remaining(true);
  return (rest.empty() ? "a command is missing" : "there is no command or option '" + rest.front() + "'") + see;
}

// Where the arguments are wrong, what was read of them up to there is not enough to know.
bool asks_for_json(int argc, char** argv) {
  const std::span<char*> arguments(argv, static_cast<std::size_t>(argc));
  const auto is = [](std::string_view text) { return [text](const char* argument) { return argument == text; }; };
  return std::ranges::any_of(arguments.begin(), std::ranges::find_if(arguments, is("--")), is("--json"));
}

}  // namespace

std::expected<AudioOptions, std::string> parse_audio_options(std::string_view words, const AudioOptions& defaults) {
  AudioOptions audio = defaults;
  CLI::App app;
  app.set_help_flag();
  add_audio(app, audio);
  add_record(app, audio);
  try {
    app.parse(std::string(words));
  } catch (const CLI::ParseError& error) {
    return std::unexpected(in_words(error) +
                           "; what may follow: --record FILE, --audio-in DEVICE|FILE, --audio-out DEVICE|FILE, "
                           "--relay-only, --voice-processing on|off");
  }
  return audio;
}

std::expected<Options, int> parse_options(int argc, char** argv) {
  Options options;
  CLI::App app("Write to people, end to end and quantum-safe.", "pqc-chat");
  app.set_version_flag("--version", PQC_VERSION);
  app.require_subcommand(1);
  app.add_option("--profile", options.profile,
                 "Folder with keys, contacts and messages; default: ~/.local/share/pqc-chat")
      ->type_name("DIR");
  app.add_option("--config", options.config, "Configuration file; default: /etc/pqc-chat/client.conf")
      ->type_name("FILE");
  app.add_option("--passphrase-file", options.passphrase_file,
                 "File that holds the profile's passphrase; default: $PQC_CHAT_PASSPHRASE, or asked for")
      ->type_name("FILE");
  app.add_option("--minimum-level", options.minimum_level,
                 "Lowest level accepted from now on: QUANTUM_RESISTANT, ENHANCED or STANDARD")
      ->type_name("LEVEL");
  app.add_flag("--json", options.json, "Print one JSON object a line");
  add_register(app, options);
  add_devices(app, options);
  add_messages(app, options);
  add_changes(app, options);
  add_stored(app, options);
  add_files(app, options);
  add_calls(app, options);
  add_echo(app, options);
  add_recordings(app, options);
  add_people(app, options);
  add_keys(app, options);
  add_rules(app, options);
  add_identity(app, options);
  add_p2p(app, options);
  name_values(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return std::unexpected(app.exit(error));
    Output(asks_for_json(argc, argv)).error({ExitCode::usage, what_is_wrong(app, error)});
    return std::unexpected(number(ExitCode::usage));
  }
  return options;
}

}  // namespace pqc::cli
