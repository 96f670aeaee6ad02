// The facade: all that a front end calls. A Client works on one profile, either as its owner (this process holds the
// profile's lock, store and connection) or through the process that owns it, over the profile's socket; callers do not
// see which. Blocking calls run the loop until they are answered. One thread.
//
//   auto client = Client::open({.profile = paths});
//   auto message = (*client)->send("bob", "hello");
//   auto sent = (*client)->await(message->seq, Until::sent, 20s);
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/rng.h"
#include "client/calls/call_media.h"
#include "client/direct/direct_paths.h"
#include "client/error.h"
#include "client/loop.h"
#include "client/profile.h"
#include "client/requests.h"
#include "client/types.h"
#include "net/fingerprint.h"

namespace pqc::client {

struct OpenOptions {
  ProfilePaths profile;
  AskPassphrase ask_passphrase;
  std::string agent_program;  // pqc-chat-keyd; empty: beside this process's own program
  DirectOptions direct;       // from follow() on, where this process owns the profile
  // Both outlive the client.
  const Clock* clock = nullptr;  // default: the system's
  Rng* rng = nullptr;            // default: the system's
  CallOptions calls = {};        // of the process that comes to own the profile
};

inline KeyAccess key_access(const OpenOptions& options) {
  return {.ask = options.ask_passphrase, .agent_program = options.agent_program};
}

struct RegisterOptions {
  OpenOptions open;
  std::string name;
  std::string host;
  std::uint16_t port = 8443;
  std::optional<net::Fingerprint> fingerprint;  // none: trust on first use
  bool allow_classical = false;
  std::string invite;
  std::vector<std::string> suites;        // by name; none: the default
  std::optional<SecretBytes> passphrase;  // opens the profile's keys; none: they open unattended
};

// A new device of an account that another device holds (docs/spec/devices.md §8).
struct LinkOptions {
  OpenOptions open;
  std::string host;
  std::uint16_t port = 8443;
  std::optional<net::Fingerprint> fingerprint;
  bool allow_classical = false;
  std::optional<SecretBytes> passphrase;
  std::function<void(const std::string& code)> on_code;  // what the other device has to be given
};

// What arrived and was not shown yet.
struct Inbox {
  std::vector<Message> messages;
  std::vector<Notice> notices;
};

class Client {
 public:
  using Listener = std::function<void(const Event&)>;

  virtual ~Client() = default;

  // Waits a moment for a command that is about to end. Errors: not_registered, busy, and those of profile and store.
  static Result<std::unique_ptr<Client>> open(const OpenOptions& options);
  // Makes the profile, the keys and the account. What a failed attempt leaves is used by the next one.
  static Result<AccountInfo> register_account(RegisterOptions options);
  // Makes the profile and waits until another device has linked it. What a failed attempt leaves is used by the next.
  static Result<AccountInfo> link(LinkOptions options);

  [[nodiscard]] virtual Loop& loop() = 0;
  // Whether this process owns the profile.
  [[nodiscard]] virtual bool owner() const = 0;

  // Stores the message and answers; it goes out as soon as it can. Errors: those of text and name, disk_full.
  Result<Message> send(std::string_view peer, std::string_view text);
  // With an id of the caller's: the same id again is the same message.
  Result<Message> send(std::string_view peer, std::string_view text, const MessageId& id);
  // A message of any kind; without an id it gets a random one. Errors: those of drafts.h as well.
  Result<Message> send(Draft draft);
  // Waits. The message comes back with its status, also `failed`. Errors: why it is still queued (the connection's) or
  // not_delivered.
  virtual Result<Message> await(std::int64_t seq, Until until, std::chrono::milliseconds wait) = 0;

  // Takes in what the mailbox holds now, and sends what waits.
  virtual Status catch_up(std::chrono::milliseconds wait) = 0;
  // Stays connected from now on and calls for every event. Once.
  virtual Status follow(Listener listener) = 0;
  virtual Result<Inbox> inbox() = 0;
  virtual Status set_shown(const Inbox& inbox) = 0;

  // The last `limit` with somebody, oldest first.
  Result<std::vector<Message>> history(std::string_view peer, std::size_t limit);
  // Oldest first; as many as fit into an answer, which may be fewer than asked for, but not none.
  virtual Result<std::vector<Message>> find(const MessageQuery& query) = 0;
  // How far the file of an outgoing message is at the server; complete when it is not on its way.
  virtual Result<FileTransfer> transfer(std::int64_t seq) = 0;
  // Saves a message's file. Answers when it is complete, and after `wait` how it stands: it is asked for again then, or
  // it rests after a while. Errors: file_gone, refused (it is not the file that was sent), usage (something has that
  // name already), those of the disk.
  virtual Result<FileTransfer> save(const SaveFile& request, std::chrono::milliseconds wait) = 0;
  // Deleting, blocking, settings.
  virtual Status change(const Change& change) = 0;
  virtual Result<std::vector<Contact>> contacts() = 0;
  virtual Result<SafetyNumber> safety_number(std::string_view peer) = 0;
  virtual Status set_verified(std::string_view peer, bool verified) = 0;
  // Lets a stranger have receipts; with `changed`, accepts keys other than the pinned ones.
  virtual Status accept(std::string_view peer, bool changed) = 0;
  // Makes, answers and ends calls, or says how it stands: answers at once, events tell what comes of it. The sound
  // comes from and goes to the process that owns the profile. Errors: in_call, no_call,
  // unknown_peer, busy (the owner makes no calls), those of sessions, of the connection and of sound.
  virtual Result<CallInfo> call(const CallRequest& request) = 0;
  // The last `limit` calls, the latest first.
  virtual Result<std::vector<CallRecord>> calls(std::size_t limit) = 0;
  // The key of the recording that has this header (docs/spec/recording.md §1).
  virtual Result<SecretBytes> recording_key(ByteView header) = 0;
  virtual Result<AccountInfo> whoami() = 0;
  virtual Result<std::vector<DeviceInfo>> devices() = 0;
  // Links the device that shows this code, and answers its number. Errors: usage, unknown_peer, refused, timed_out.
  virtual Result<std::uint32_t> link_device(std::string_view code, bool history) = 0;
  virtual Status revoke_device(std::uint32_t device) = 0;
  // Of a history: with 0 the one that comes here, else the one that this device gets from here.
  virtual Result<HistoryState> history_state(std::uint32_t device) = 0;
  virtual Status set_minimum_level(std::string_view level) = 0;

  // Connects if it has to, and says how it stands.
  virtual Result<Connection> connect(std::chrono::milliseconds wait) = 0;
  // Connects if it has to, and asks for access to the server's relays. Errors: why there is no connection; timed_out.
  virtual Result<TurnAccess> turn_access(std::chrono::milliseconds wait) = 0;
  // Looks at every page of the store; the owner only, others answer at once.
  virtual Status check_store() = 0;
  // send(), with the id that the draft has.
  virtual Result<Message> enqueue(const Draft& draft) = 0;
  // Ends the connection in good order. Afterwards only the destructor may follow.
  virtual void close() = 0;
};

}  // namespace pqc::client
