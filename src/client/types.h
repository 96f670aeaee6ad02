// What front ends see of accounts, contacts and messages: plain values.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "client/error.h"

namespace pqc::client {

// 16 random bytes that the sender chose; the same at both ends, printed as 32 hexadecimal digits.
using MessageId = std::array<std::uint8_t, 16>;
inline std::string to_text(const MessageId& id) {
  return to_hex(id);
}

enum class Direction : std::uint8_t { incoming = 0, outgoing = 1 };

enum class MessageStatus : std::uint8_t {
  queued = 0,     // stored here; the server does not have it
  sent = 1,       // the server has stored it
  delivered = 2,  // every device of the contact it went to has stored it
  failed = 3,     // it will not be sent; `failure` says why
  received = 4,   // incoming
};
std::string_view name(MessageStatus status);

// Until when a message is waited for.
enum class Until : std::uint8_t { sent, delivered };

enum class MessageKind : std::uint8_t {
  text = 1,
  unknown = 2,  // sent by a newer client: kept, and shown as such
  reaction = 3,
  edit = 4,
  unsend = 5,
  timer = 6,  // how long messages of the conversation stay, from now on
  file = 7,   // `text` is its name
};
std::string_view name(MessageKind kind);

// A message of a conversation, by who wrote it.
struct MessageRef {
  MessageId id{};
  Direction direction = Direction::incoming;
  friend bool operator==(const MessageRef&, const MessageRef&) = default;
};

struct FileInfo {
  std::string name;  // the sender's, without a folder
  std::string media_type;
  std::uint64_t size = 0;
  std::uint64_t transferred = 0;  // sent: at the server; received: saved so far, as long as that is not finished
  std::uint32_t preview = 0;      // bytes of the small picture that came with it; 0: there is none
};

struct Message {
  std::int64_t seq = 0;  // order in this profile
  MessageId id{};
  std::string peer;  // name@server
  Direction direction = Direction::incoming;
  std::uint32_t device = 0;  // of the sender
  UnixMillis sent_at;        // by the sender's clock
  UnixMillis stored_at;      // by ours
  MessageKind kind = MessageKind::text;
  std::string text;
  std::string suite;      // name of the suite that sealed it; empty while it is not sealed
  bool verified = false;  // the contact was verified when the message was stored
  MessageStatus status = MessageStatus::queued;
  Error failure;  // of a failed message
  // What it answers, reacts to, edits or takes back.
  std::optional<MessageRef> target = {};
  std::uint32_t revision = 0;  // of a reaction, an edit or a timer
  std::uint32_t seconds = 0;   // how long it stays once read, 0: for ever; of a timer: what is set
  UnixMillis expires_at = {};  // 0: not yet known, or never
  bool edited = false;
  bool unsent = false;  // its sender took it back: nothing is left of its text
  std::string their_reaction = {};
  std::string our_reaction = {};
  std::optional<FileInfo> file = {};  // of a file that was not taken back
  UnixMillis read_at = {};            // when the contact said that it read our message; 0: it did not say
};

enum class ContactState : std::uint8_t {
  stranger = 0,  // wrote to us; we never answered. Gets no receipts (THREATS 16).
  accepted = 1,  // we wrote to it, verified it, or accepted it
};

struct Contact {
  std::string peer;  // name@server
  ContactState state = ContactState::stranger;
  bool verified = false;
  bool identity_changed = false;  // keys other than the pinned ones were announced; refused until accepted
  std::string level;              // pinned, "QUANTUM_RESISTANT"; empty before the first session
  std::string suite;
  std::uint64_t record_version = 0;
  bool blocked = false;        // by the user: nothing goes there, nothing comes from there
  std::uint32_t timer = 0;     // seconds that messages stay once read; 0: for ever
  std::uint64_t messages = 0;  // stored with a stranger; not counted for others
  bool direct = false;         // reached without the server at the moment (docs/spec/direct.md)
};

// What the user chose for the whole profile.
struct Settings {
  bool read_receipts = false;
  bool typing = false;
  std::uint32_t keep_days = 0;  // messages older than this are erased; 0: kept
};

struct AccountInfo {
  std::string name;  // name@server
  std::uint32_t device = 0;
  std::string host;
  std::uint16_t port = 0;
  std::string fingerprint;  // of the server's pinned key
  std::vector<std::string> suites;
  std::string minimum_level;
  std::uint64_t record_version = 0;
  UnixMillis record_expires;
  bool registered = false;  // the server has confirmed it
  Settings settings = {};
};

// For relays (TURN servers) that the account's server knows, until the lifetime ends (docs/spec/turn.md §1).
struct TurnAccess {
  std::vector<std::string> uris;  // none: it knows no relay
  std::string username;
  std::string password;
  std::chrono::milliseconds lifetime{0};
};

// A device of this account.
struct DeviceInfo {
  std::uint32_t id = 0;
  bool active = true;    // else revoked
  bool here = false;     // this one
  bool primary = false;  // holds the identity; known of this device only
  UnixMillis created;
  UnixMillis revoked;  // 0 while active
};

// A history on its way from a device that linked another to that other.
struct HistoryState {
  bool open = false;           // more is expected
  std::uint64_t messages = 0;  // that came, or were sent
};

struct SafetyNumber {
  std::string peer;
  std::string digits;  // 60
  Bytes payload;       // for a QR code
  bool verified = false;
};

// Something the user has to know that is not a message.
enum class NoticeKind : std::uint8_t {
  identity_changed = 1,
  session_restarted = 2,
  record_rolled_back = 3,
  profile_cloned = 4,
  message_unreadable = 5,
  last_resort_used = 6,
  profile_rolled_back = 7,
  device_added = 8,
  device_removed = 9,
};
std::string_view name(NoticeKind kind);

struct Notice {
  std::int64_t seq = 0;
  NoticeKind kind{};
  std::string peer;  // empty where it is about this account
  std::string text;
  UnixMillis at;
};

// A contact writes at the moment, or has stopped.
struct TypingState {
  std::string peer;
  bool active = false;
};

// A contact is reached without the server from now on, or through it again.
struct PathState {
  std::string peer;
  bool direct = false;
};

// How far a file has come.
struct FileTransfer {
  std::int64_t message = 0;  // its seq
  std::uint64_t done = 0;
  std::uint64_t size = 0;
  bool complete = false;
  std::string path = {};              // saved to
  std::optional<Error> failure = {};  // why it stands still for now
};

// How a call came to its end (docs/spec/calls.md §4).
enum class CallOutcome : std::uint8_t {
  completed = 1,           // they spoke
  missed = 2,              // nobody answered it here
  declined = 3,            // the callee did not want it
  busy = 4,                // the callee was in another call
  unanswered = 5,          // it rang, and nobody answered
  unreachable = 6,         // no device of the callee rang
  cancelled = 7,           // the caller hung up before an answer
  answered_elsewhere = 8,  // on another device of this account
  failed = 9,              // no sound came through, or it broke off
  withdrawn = 10,          // for one of the other side, made at the same moment
};
std::string_view name(CallOutcome outcome);

enum class CallPhase : std::uint8_t {
  none = 0,
  calling = 1,      // ours is on its way
  rings_there = 2,  // ours rings at a device of the callee
  rings_here = 3,
  connecting = 4,
  active = 5,
  over = 6,
  reconnecting = 7,  // it was active, and its path has gone: another one is looked for
};
std::string_view name(CallPhase phase);

// Of a call, by one side (docs/spec/recording.md §5).
enum class RecordingState : std::uint8_t {
  none = 0,
  on = 1,
  ended = 2,
  failed = 3,  // of ours: see CallQuality::recording_failure
};
std::string_view name(RecordingState state);

// How the media of a call fare.
struct CallQuality {
  bool relayed = false;    // on either side
  std::string relay = {};  // how ours is reached ("udp", "tcp", "tls"); empty where it goes through none of ours
  std::string words;       // the two safety words, which both people see; empty before they are known
  std::optional<std::chrono::microseconds> round_trip = {};
  std::chrono::microseconds jitter{0};
  double loss = 0;  // share of the packets on the way to us, lately
  // How our voice is sent, which follows what the path carries.
  struct Sending {
    std::uint32_t bit_rate = 0;  // of Opus; 0 before it is known
    std::chrono::milliseconds frame{0};
    bool copies = false;  // each packet repeats the frame before
  };
  Sending sending = {};
  std::chrono::microseconds buffered{0};  // how long sound waits here for what comes late
  std::chrono::milliseconds played{0};    // since the start
  std::chrono::milliseconds made_up{0};   // of it, for want of frames
  double peer_loss = 0;                   // of those on the way to the other side, as it last said
  std::uint64_t packets_received = 0;     // of the whole call, as the three below
  std::uint64_t packets_lost = 0;         // on the way to us
  float loudest_in = 0;                   // of what we said and heard: mean square root of 10 ms, 0 to 1
  float loudest_out = 0;
  float level_in = 0;  // the loudest lately
  float level_out = 0;
  bool source_stalled = false;                      // our microphone gives nothing: they hear silence
  bool sink_stalled = false;                        // our loudspeaker takes nothing
  RecordingState recording = RecordingState::none;  // by us
  RecordingState recorded = RecordingState::none;   // by the other side
  std::optional<Error> recording_failure = {};      // ours ended before the call, or did not begin
};

// A call as it stands.
struct CallInfo {
  std::string id;    // 32 hexadecimal digits; empty where there is none
  std::string peer;  // name@server
  Direction direction = Direction::outgoing;
  CallPhase phase = CallPhase::none;
  CallOutcome outcome = CallOutcome::failed;  // of one that is over
  UnixMillis since = {};                      // when they could hear each other; 0: not yet, or never
  UnixMillis ended = {};                      // of one that is over
  bool muted = false;
  CallQuality quality = {};
  std::string why = {};  // it failed
};

// A call of the history.
struct CallRecord {
  std::string id;    // 32 hexadecimal digits
  std::string peer;  // name@server
  Direction direction = Direction::incoming;
  CallOutcome outcome = CallOutcome::missed;  // of one that is over
  UnixMillis started;
  UnixMillis answered;   // 0: no sound ever went
  UnixMillis ended;      // 0: it goes on, or the program ended in the middle of it
  bool relayed = false;  // the path went over a relay
  bool goes_on = false;  // it rings, is under way, or waits for a program that can answer it
};

// How it stands with the server.
struct Connection {
  bool online = false;
  std::string group;  // of the key exchange, while online
  std::string cipher;
  std::optional<Error> failure;               // why not, while offline
  std::chrono::milliseconds clock_offset{0};  // the server's clock minus ours
};

// What a front end is told while it waits: a message arrived or its status changed, a notice, the connection, somebody
// who writes, a call, the way to somebody.
using Event = std::variant<Message, Notice, Connection, TypingState, CallInfo, PathState>;

}  // namespace pqc::client
