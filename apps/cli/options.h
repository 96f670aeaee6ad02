// What the command line says. Parsing only: nothing is opened or connected.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pqc::cli {

struct RegisterCommand {
  std::string name;
  std::string server;
  std::string fingerprint;
  std::string invite;
  std::vector<std::string> suites;
  bool with_passphrase = false;
};
struct LinkCommand {
  std::string server;
  std::string fingerprint;
  bool with_passphrase = false;
};
struct DevicesCommand {
  enum class Action { list, link, revoke, audio };
  Action action = Action::list;
  std::string code;  // of link
  bool without_history = false;
  std::uint32_t device = 0;  // of revoke
  bool all = false;          // of audio: plugins of ALSA too
};
struct SendCommand {
  std::string peer;
  std::optional<std::string> text;  // "-" or nothing: standard input
  std::optional<std::string> file;  // in place of a text
  bool without_preview = false;     // of a file that is a picture
  std::optional<std::uint32_t> wait_delivered;
};
struct FilesCommand {
  std::string peer;
  std::uint32_t limit = 50;
};
struct SaveCommand {
  std::string id;
  std::string path;
  std::string with;
  bool preview = false;  // the small picture in place of the file
};
struct ReceiveCommand {
  std::optional<std::uint32_t> wait;
  bool follow = false;
  bool keep = false;  // with follow: print nothing, for a later receive
};
// Times as written: parsed with the clock at hand.
struct Period {
  std::string since;
  std::string before;
};
struct HistoryCommand {
  std::string peer;
  std::uint32_t limit = 50;
  Period period;
};
struct SearchCommand {
  std::string words;
  std::string with;
  std::uint32_t limit = 50;
  Period period;
};
struct ExportCommand {
  std::string peer;
  std::string file;
  std::string format = "json";
  Period period;
};
// A message that names another one.
struct AboutMessage {
  std::string id;
  std::string with;                 // whose conversation, where the id alone is not enough
  std::optional<std::string> text;  // "-" or nothing: standard input
};
struct ReplyCommand : AboutMessage {};
struct EditCommand : AboutMessage {};
struct UnsendCommand : AboutMessage {};
struct ReactCommand : AboutMessage {
  bool remove = false;
};
struct DisappearCommand {
  std::string peer;
  std::string after;
};
struct DeleteCommand {
  std::string id;
  std::string with;
  std::string conversation;
};
struct BlockCommand {
  std::string peer;
};
struct UnblockCommand {
  std::string peer;
};
struct RequestsCommand {};
struct AcceptCommand {
  std::string peer;
};
struct DeclineCommand {
  std::string peer;  // empty: the call that rings
};
// Devices by name, or files that end in .wav.
struct AudioOptions {
  std::string in;
  std::string out;
  bool relay_only = false;
  std::string record;
  std::string processing = "on";  // on, off
};
struct ChatCommand {
  std::string peer;
  AudioOptions audio;  // of its calls
};
struct CallCommand {
  std::string peer;
  AudioOptions audio;
};
struct AnswerCommand {
  bool automatically = false;
  AudioOptions audio;
};
struct HangUpCommand {};
struct MuteCommand {
  std::string how = "toggle";  // on, off, toggle
};
struct CallsCommand {
  std::uint32_t limit = 50;
};
struct EchoServiceCommand {
  std::uint32_t calls = 8;      // at once
  std::uint32_t longest = 180;  // seconds
};
struct RecordingCommand {
  std::string file;
  std::string wav;
};
struct SettingsCommand {
  std::string read_receipts;  // on, off, or nothing
  std::string typing;
  std::optional<std::uint32_t> keep_days;
};
struct ContactsCommand {};
struct SafetyNumberCommand {
  std::string peer;
  bool qr = false;
};
struct VerifyCommand {
  std::string peer;
  std::string code;  // the digits that the peer read out
  bool accept = false;
  bool undo = false;
};
struct WhoamiCommand {};
struct DoctorCommand {};
struct BackupCommand {
  std::string file;
  std::string passphrase_file;
};
struct RestoreCommand {
  std::string file;
  std::string passphrase_file;
};
struct LockCommand {};
struct UnlockCommand {};
struct PassphraseCommand {
  std::string action;  // change
  std::string new_passphrase_file;
};
struct KeyringCommand {
  std::string action;  // enable, disable
};
struct AuditCommand {};
struct IdentityCommand {
  std::string action;  // create, show, forget
  std::string name;
  std::vector<std::string> suites;
  bool with_passphrase = false;
};
struct P2pCommand {
  std::string action;  // listen, connect, ticket, join, rendezvous, nearby, endpoint
  std::string
      argument;         // HOST:PORT or nothing; with join: the ticket; with rendezvous: the code, "-", "new" or nothing
  std::string address;  // with join and rendezvous: HOST:PORT
  std::string server;   // with rendezvous
  std::string fingerprint;
  std::string transport;  // empty: tcp, with tickets udp
  std::string encryption = "ratchet";
  std::string level;
  bool accepts_no_encryption = false;
  std::vector<std::string> stun;  // HOST[:PORT]
  std::vector<std::string> turn;  // turn:HOST[:PORT][?transport=udp|tcp]
  std::string turn_user;
  std::string turn_password_file;
  bool no_relay = false;
  bool nearby = false;      // with listen: announced on the local network
  std::string nearby_name;  // by this name; empty: one that says nothing
  std::string peer;         // with nearby: connect to this one
};

using Command =
    std::variant<RegisterCommand, SendCommand, ReceiveCommand, ChatCommand, HistoryCommand, ContactsCommand,
                 SafetyNumberCommand, VerifyCommand, WhoamiCommand, DoctorCommand, SearchCommand, ExportCommand,
                 ReplyCommand, ReactCommand, EditCommand, UnsendCommand, DisappearCommand, DeleteCommand, BlockCommand,
                 UnblockCommand, RequestsCommand, AcceptCommand, DeclineCommand, SettingsCommand, LockCommand,
                 UnlockCommand, PassphraseCommand, KeyringCommand, AuditCommand, BackupCommand, RestoreCommand,
                 IdentityCommand, P2pCommand, FilesCommand, SaveCommand, LinkCommand, DevicesCommand, CallCommand,
                 AnswerCommand, HangUpCommand, MuteCommand, CallsCommand, RecordingCommand, EchoServiceCommand>;

struct Options {
  std::string profile;
  std::string config;
  std::string passphrase_file;
  std::string minimum_level;
  bool json = false;
  Command command;
};

// The options of a call as they are typed in a chat; what they leave open stays as in `defaults`. Or what is wrong.
std::expected<AudioOptions, std::string> parse_audio_options(std::string_view words, const AudioOptions& defaults);

// Parsed options, or the exit code with which the program ends (help was printed, or what is wrong).
std::expected<Options, int> parse_options(int argc, char** argv);

}  // namespace pqc::cli
