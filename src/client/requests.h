// What front ends ask of a profile beyond single values: a message to make, messages to find, something to change.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/clock.h"
#include "client/types.h"

namespace pqc::client {

// A message to make: a text or a reply, a reaction, an edit, an unsend, a timer.
struct Draft {
  MessageId id{};    // of the new message: the same id again is the same message
  std::string peer;  // name or name@server; may be empty where `target` names the message
  MessageKind kind = MessageKind::text;
  std::string target;         // the id, or its first digits, of the message that it answers or changes
  std::string text;           // of a reaction: the emoji, empty takes it back
  std::uint32_t seconds = 0;  // of a timer; 0: off
  std::string file = {};      // of a file: its path, from the root on
  Bytes preview = {};         // of a file: what client/attachments/preview.h made of it, or nothing
};

struct MessageQuery {
  std::string peer;                 // empty: everybody's, only with words
  std::string words;                // empty: all messages
  std::optional<UnixMillis> since;  // by the time that the message bears
  std::optional<UnixMillis> before;
  std::optional<std::int64_t> after;  // the oldest ones after this seq; nothing: the newest ones
  std::uint32_t limit = 0;
  bool files = false;  // only files; of everybody where there is no peer
};

// The file of a message, to a path that is not there yet (or into a folder, under the sender's name).
struct SaveFile {
  std::string id;        // or its first digits
  std::string peer;      // may be empty
  std::string path;      // from the root on
  bool preview = false;  // the small picture that came with it, in place of the file: nothing is fetched
};

struct DeleteMessage {
  std::string id;    // or its first digits
  std::string peer;  // may be empty
};
struct DeleteConversation {
  std::string peer;
};
struct SetBlocked {
  std::string peer;
  bool blocked = true;
};
// Erases what a stranger wrote.
struct DeclineRequest {
  std::string peer;
};
struct ChangeSettings {
  Settings settings;
};
// The user writes to the peer at the moment, or has stopped.
struct SetTyping {
  std::string peer;
  bool active = true;
};
using Change = std::variant<DeleteMessage, DeleteConversation, SetBlocked, DeclineRequest, ChangeSettings, SetTyping>;

// Where the sound of a call comes from and goes to: the name of a device, or a file that ends in .wav, from the root
// on; empty is the system's default device.
struct CallAudio {
  std::string in = {};
  std::string out = {};
  bool relay_only = false;  // the other side does not learn our address
  std::string record = {};  // a new file that the call is recorded into, from the root on; empty: none
  bool processing = true;   // of what a microphone gives: echo cancellation, noise suppression, gain
};
struct PlaceCallRequest {
  std::string peer;
  CallAudio audio;
};
struct AnswerCallRequest {
  CallAudio audio;
  std::string call = {};  // the id of the one that is meant; empty: whichever rings
};
struct DeclineCallRequest {
  std::string call = {};  // as above
};
struct HangUpRequest {};
struct MuteRequest {
  std::optional<bool> on;  // nothing: the other way round
};
struct CallStatusRequest {};
using CallRequest = std::variant<PlaceCallRequest, AnswerCallRequest, DeclineCallRequest, HangUpRequest, MuteRequest,
                                 CallStatusRequest>;

}  // namespace pqc::client
