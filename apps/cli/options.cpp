#include "cli/options.h"

#include <iostream>

#include <CLI/CLI.hpp>

#include "base/exit_code.h"
#include "cli/json.h"

namespace pqc::cli {
namespace {

// Adds a subcommand whose values land in the command that it makes.
template <class T>
struct Sub {
  CLI::App* app;
  std::shared_ptr<T> values = std::make_shared<T>();
};

template <class T>
Sub<T> add(CLI::App& app, Options& options, const std::string& name, const std::string& description) {
  Sub<T> sub{app.add_subcommand(name, description)};
  sub.app->fallthrough();
  sub.app->callback([&options, values = sub.values] { options.command = *values; });
  return sub;
}

void add_register(CLI::App& app, Options& options) {
  auto sub = add<RegisterCommand>(app, options, "register", "Make keys and an account at a server");
  sub.app->add_option("NAME", sub.values->name, "Your name there; default: the configuration's");
  sub.app->add_option("--server", sub.values->server, "HOST[:PORT] of the server; default: the configuration's");
  sub.app->add_option("--fingerprint", sub.values->fingerprint, "What 'pqc-chat-server fingerprint' prints there");
  sub.app->add_option("--invite", sub.values->invite, "An invite, where the server asks for one");
  sub.app->add_option("--suite", sub.values->suites, "Suites to hold: pq (default), pq-falcon, enhanced, standard")
      ->delimiter(',');
  sub.app->add_flag("--passphrase", sub.values->with_passphrase,
                    "Open the keys with a passphrase; without it they open unattended");
}

void add_messages(CLI::App& app, Options& options) {
  auto send = add<SendCommand>(app, options, "send", "Send a message");
  send.app->add_option("PEER", send.values->peer, "name or name@server")->required();
  send.app->add_option("TEXT", send.values->text, "The text; '-' or nothing: standard input");
  send.app->add_option("--wait-delivered", send.values->wait_delivered,
                       "Wait so many seconds until the peer has confirmed it");
  auto receive = add<ReceiveCommand>(app, options, "receive", "Print the messages that came in");
  auto* wait = receive.app->add_option("--wait", receive.values->wait, "Wait up to so many seconds for one");
  auto* follow = receive.app->add_flag("--follow", receive.values->follow, "Go on until interrupted")->excludes(wait);
  receive.app->add_flag("--keep", receive.values->keep, "Print nothing: what arrives is kept for the next 'receive'")
      ->needs(follow);
  auto chat = add<ChatCommand>(app, options, "chat", "Write and read interactively");
  chat.app->add_option("PEER", chat.values->peer, "name or name@server")->required();
  auto history = add<HistoryCommand>(app, options, "history", "Print the last messages with somebody");
  history.app->add_option("PEER", history.values->peer, "name or name@server")->required();
  history.app->add_option("--limit", history.values->limit, "How many; default: 50")->check(CLI::Range(1, 10'000));
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
  auto passphrase = add<PassphraseCommand>(app, options, "passphrase", "Change the passphrase of the keys, or set one");
  passphrase.app->add_option("ACTION", passphrase.values->action, "change")
      ->required()
      ->check(CLI::IsMember(std::vector<std::string>{"change"}));
  passphrase.app->add_option("--new-passphrase-file", passphrase.values->new_passphrase_file,
                             "File that holds the new passphrase");
  auto keyring = add<KeyringCommand>(app, options, "keyring", "Let the desktop's keyring unlock the keys, or not");
  keyring.app->add_option("ACTION", keyring.values->action, "enable or disable")
      ->required()
      ->check(CLI::IsMember(std::vector<std::string>{"enable", "disable"}));
  add<AuditCommand>(app, options, "audit", "Print the security log");
}

}  // namespace

std::expected<Options, int> parse_options(int argc, char** argv) {
  Options options;
  CLI::App app("Write to people, end to end and quantum-safe.", "pqc-chat");
  app.set_version_flag("--version", PQC_VERSION);
  app.require_subcommand(1);
  app.add_option("--profile", options.profile, "Folder with keys, contacts and messages");
  app.add_option("--config", options.config, "Configuration file; default: /etc/pqc-chat/client.conf");
  app.add_option("--passphrase-file", options.passphrase_file, "File that holds the profile's passphrase");
  app.add_option("--minimum-level", options.minimum_level,
                 "Lowest level accepted from now on: QUANTUM_RESISTANT, ENHANCED or STANDARD");
  app.add_flag("--json", options.json, "Print one JSON object a line");
  add_register(app, options);
  add_messages(app, options);
  add_people(app, options);
  add_keys(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return std::unexpected(app.exit(error));
    std::cerr << "pqc-chat: " << error.what() << "\nRun 'pqc-chat --help' for what is possible.\n";
    return std::unexpected(number(ExitCode::usage));
  }
  return options;
}

}  // namespace pqc::cli
