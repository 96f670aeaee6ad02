// A running client over an open store: the connection and what goes through it, and the operations that front ends ask
// for, those with questions to the server as callbacks. LocalClient and LocalServer both drive it. Loop thread only.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "client/attachments/dead_blobs.h"
#include "client/attachments/downloads.h"
#include "client/attachments/uploads.h"
#include "client/calls/call_lines.h"
#include "client/chat/relay_transport.h"
#include "client/core.h"
#include "client/direct/direct_contacts.h"
#include "client/housekeeping.h"
#include "client/linking/history_transfer.h"
#include "client/linking/link_host.h"
#include "client/messages/changes.h"
#include "client/messages/outbox.h"
#include "client/messages/sync.h"
#include "client/people/directory.h"
#include "client/profile.h"

namespace pqc::client {

class Engine {
 public:
  template <class T>
  using Answer = std::function<void(Result<T>)>;
  using Done = std::function<void(const Status&)>;
  using Listener = std::function<void(const Event&)>;

  Engine(Loop& loop, OpenProfile profile, const Clock& clock, Rng& rng, const CallOptions& calls = {});
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  Status load();
  [[nodiscard]] Core& core() { return core_; }
  [[nodiscard]] Outbox& outbox() { return outbox_; }

  struct Online {
    bool subscribe = false;  // take in the mailbox, and look after prekeys and record
    bool keep = false;       // reconnect
  };
  // Connects, or widens what the connection is used for.
  void go_online(const Online& how);
  // From now on with contacts that would too, while online (docs/spec/direct.md §1).
  void go_direct(const DirectOptions& how);
  // The first connection of a new account: makes the keys once the server has told its name, registers, publishes.
  struct Registration {
    std::string name;
    RelayAddress address;
    std::vector<crypto::SuiteId> suites;
    std::string invite;
  };
  void register_account(const Registration& registration, Done done);
  void go_offline(std::function<void()> done);

  [[nodiscard]] Connection connection() const;
  // Answers once there is a connection. Errors: why there is none; timed_out.
  void connect(std::chrono::milliseconds wait, Answer<Connection> answer);
  void turn_access(std::chrono::milliseconds wait, Answer<TurnAccess> answer);
  // Answers once everything that the mailbox held is stored, and everything that waited has gone out.
  void catch_up(std::chrono::milliseconds wait, Done done);

  // Told of every event, until the handle is destroyed.
  using ListenerHandle = std::shared_ptr<Listener>;
  [[nodiscard]] ListenerHandle listen(Listener listener);

  Result<Message> send(const Draft& draft);
  // Oldest first.
  Result<std::vector<Message>> find(const MessageQuery& query);
  Status change(const Change& change);
  // Answers when it is so or the message failed. Errors: why it is not so in time (not_delivered, timed_out), or why
  // there is no connection.
  void await(std::int64_t seq, Until until, std::chrono::milliseconds wait, Answer<Message> answer);
  // How far the file of an outgoing message is.
  Result<FileTransfer> transfer(std::int64_t seq);
  // Saves a file, or goes on with it; answers when that has ended, and after `wait` how it stands.
  void save(const SaveFile& request, std::chrono::milliseconds wait, Answer<FileTransfer> answer);
  Result<std::vector<Message>> not_shown();
  Result<std::vector<Notice>> notices();
  Status set_shown(const std::vector<std::int64_t>& messages, const std::vector<std::int64_t>& notices);
  Result<std::vector<Contact>> contacts();
  void safety_number(std::string_view peer, Answer<SafetyNumber> answer);
  void set_verified(std::string_view peer, bool verified, Done done);
  void accept(std::string_view peer, bool changed, Done done);
  // The devices of this account, and their changes, which only the primary device makes (docs/spec/devices.md §2).
  // `done` comes when the server has the record; contacts and other devices are told. Errors: usage, and those of the
  // connection: the record is then published with the next one.
  void add_device(const identity::DeviceEntry& device, Done done);
  void revoke_device(identity::DeviceId device, Done done);
  Result<std::vector<DeviceInfo>> devices();
  // Links the device that shows this code (docs/spec/devices.md §8), and answers its number; with `history` it gets
  // contacts and messages while both are connected.
  void link_device(std::string_view code, bool history, Answer<std::uint32_t> answer);
  // With 0 what comes here.
  Result<HistoryState> history_state(std::uint32_t device) { return history_.progress(device); }
  // Makes, answers and ends calls, or says how it stands. Goes online for those that need it.
  void call(const CallRequest& request, Answer<CallInfo> answer);
  // Ends the call that there is, before the program does; answers whether there was one.
  bool end_call() { return calls_.end(); }
  Result<std::vector<CallRecord>> calls(std::size_t limit) { return calls_.latest(limit); }
  Result<SecretBytes> recording_key(ByteView header);
  Result<AccountInfo> whoami();
  Status set_minimum_level(std::string_view level);

 private:
  struct Waiter {
    std::int64_t seq = 0;
    Until until = Until::sent;
    Answer<Message> answer;
    Loop::HandlePtr deadline;
  };

  // Something that becomes so in time; asked again now and then.
  struct Condition {
    std::function<std::optional<Status>()> outcome;
    Loop::TimePoint deadline;
    Done done;
  };

  RelayAddress address() const;
  void make_relay(RelayAddress address);
  Result<std::unique_ptr<pqc_chat::v1::ClientFrame>> sign_in(const pqc_chat::v1::Hello& hello,
                                                             const net::LinkInfo& link);
  void on_online(const pqc_chat::v1::LoggedIn& answer);
  void on_offline(const Error& error);
  [[nodiscard]] bool refused_unstored(ExitCode code) const;
  Status settle_login(const pqc_chat::v1::LoggedIn& answer);
  void maintain(const pqc_chat::v1::LoggedIn& answer);
  [[nodiscard]] bool has_older_record(const pqc_chat::v1::LoggedIn& answer) const;
  void publish_newer_record(const pqc_chat::v1::LoggedIn& answer);
  void publish_devices(const Result<Bytes>& signed_record, Done done);
  void refresh_own_record();
  void ask_for_history();
  Status seal_history_request();
  void maintain_again();
  void ask_what_to_maintain();
  Status check_roll_back();
  void report_verified(const ContactRow& contact, bool verified);
  void publish(std::vector<pqc_chat::v1::ClientFrame> frames, Done done);
  void finish_registration(const Status& status);
  void emit(const Event& event);
  void check_waiters(const Message& message);
  void tell_held_back(std::int64_t seq, const Error& why);
  // The contact with a pinned record, fetched when there is none.
  void known_contact(std::string_view peer, Answer<ContactRow> answer);
  void ring_waiting();
  Result<std::vector<Message>> find_files(const MessageQuery& query);
  Result<std::optional<ContactRow>> find_contact(std::string_view peer);
  // Tells contacts that came out of a backup that this device begins anew.
  Status greet_restored();
  Status greet(std::int64_t contact);
  Status owe_read(std::int64_t seq, bool wanted);
  void when_online(Done done);
  void wait_for(std::function<std::optional<Status>()> outcome, std::chrono::milliseconds wait, Done done);
  void check_conditions();
  [[nodiscard]] std::optional<Status> connected_outcome() const;
  [[nodiscard]] std::optional<Status> caught_up_outcome() const;
  [[nodiscard]] std::optional<Status> settled_outcome() const;
  void greet_anew(std::int64_t contact, Done done);

  std::unique_ptr<AgentKeys> keys_;
  std::unique_ptr<Store> store_;
  Core core_;
  Directory directory_{core_};
  RelayTransport transport_{core_.relay};
  DirectContacts direct_{core_, transport_};
  Outbox outbox_{core_, directory_, core_.sessions, direct_};
  HistoryTransfer history_;
  CallLines calls_;
  Sync sync_{core_, directory_, outbox_, history_, calls_};
  LinkHost link_host_;
  bool asking_for_history_ = false;
  Changes changes_{core_, outbox_};
  Uploads uploads_{core_, outbox_};
  Downloads downloads_{core_};
  DeadBlobs dead_blobs_{core_};
  Housekeeping housekeeping_{core_};
  Online how_;
  bool maintained_ = false;
  std::optional<Registration> registration_;
  bool resumed_ = false;          // the registration was begun by an earlier run
  std::optional<Error> refusal_;  // of that registration, before a login was tried instead
  bool confirmed_ = false;        // the server has the account, and that is stored
  Done registered_;
  std::vector<std::weak_ptr<Listener>> listeners_;
  std::list<Waiter> waiters_;
  std::list<Condition> conditions_;
  Loop::HandlePtr check_;
  Loop::HandlePtr maintenance_;
};

}  // namespace pqc::client
