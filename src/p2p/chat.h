// A direct chat: joins an Interactor to a Channel, made of a Transport and an Encryptor (docs/spec/p2p.md §9, §11).
//
// Who listens takes several connections at once through their handshakes; the first one that is done is the chat, and
// the others are closed. Loop thread only.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/chat/interactor.h"
#include "client/loop.h"
#include "p2p/channel.h"
#include "p2p/encryptor.h"
#include "p2p/files.h"
#include "p2p/peers.h"
#include "p2p/transport.h"

namespace pqc::p2p {

// What the user is told about the link: when it opens, and at /status.
struct LinkStatus {
  Peer peer;
  bool verified = false;
  std::string transport;
  Address local;
  Address remote;  // empty where the transport does not tell
  LinkPath path{};
  std::string relay;       // ours, as a URI; empty where there is none
  std::string security;    // of the transport; may be empty
  std::string encryption;  // the kind's label
  bool quantum_safe = false;
  std::optional<std::chrono::microseconds> round_trip;
};

class Chat {
 public:
  struct Settings {
    std::string_view transport;
    const EncryptionKind& encryption;
    EncryptorFactory make_encryptor;
    const Party& party;
    PeersFile& peers;
    std::function<void(const LinkStatus&)> show_status;
    std::function<void(const FileStatus&)> show_file;
  };

  // All outlive the chat.
  Chat(client::Loop& loop, client::Interactor& interactor, Settings settings);
  ~Chat();
  Chat(const Chat&) = delete;
  Chat& operator=(const Chat&) = delete;

  // Answers where it listens.
  client::Result<Address> listen(Transport& transport, const Address& address);
  void connect(Transport& transport, const Address& address);
  // For who listens in another way: takes every link that comes.
  [[nodiscard]] std::function<void(LinkPtr)> listening();
  // For who connects in another way: takes the link, or why there is none.
  [[nodiscard]] std::function<void(client::Result<LinkPtr>)> connecting();
  // Nobody but the peer with this identity (docs/spec/p2p.md §10).
  void expect(Bytes identity) { expected_ = std::move(identity); }
  // For who connects: asked for another way when the link to `failed` came to nothing before the chat was open, from
  // inside what this link calls. Answers whether there is one, whose link comes by connecting().
  void otherwise(std::function<bool(const Address& failed)> next) { otherwise_ = std::move(next); }
  // Lines go to `take` until it takes one; what it answers else is shown. Those after it are the chat's.
  void ask(std::function<client::Status(const std::string& line)> take);
  // Ends the chat, unless it is open already.
  void abandon(client::Error why);
  // Until both are done. Errors: those of the way there, not_delivered.
  client::Status run();
  // From outside, as a signal: leaves in good order.
  void end();

 private:
  struct Pending;

  void take_link(LinkPtr link, Role role);
  void make_room();
  [[nodiscard]] bool goes_on(const Pending& failed) const;
  void on_open(Pending& pending);
  void on_closed(Pending& pending, client::Error why);
  void show_given_up(const Pending& pending, const client::Error& why);
  void on_content(const Content& content);
  void on_text(const Text& text);
  void on_acknowledged(const client::MessageId& id);
  void on_pong(std::uint64_t number);
  bool on_file(const Content& content);
  bool on_file_command(const std::string& command);
  void leave_if_done();
  void wait_to_leave(std::uint64_t sent_before);
  void start_interactor();
  void on_line(const std::string& line);
  void on_early_line(const std::string& line);
  void on_command(const std::string& command);
  void send_text(std::string_view text);
  void verify(bool confirmed);
  void ping();
  void keep_alive();
  void leave();
  void say_goodbye();
  void finish(client::Status outcome);
  void sweep();
  [[nodiscard]] LinkStatus status() const;
  [[nodiscard]] client::Message message(client::Direction direction, const Text& text) const;

  client::Loop& loop_;
  client::Interactor& interactor_;
  Settings settings_;
  bool listening_ = false;
  Bytes expected_;
  std::function<bool(const Address& failed)> otherwise_;
  std::function<client::Status(const std::string& line)> asking_;
  std::vector<std::string> early_;
  bool interacting_ = false;
  bool ended_early_ = false;
  std::vector<std::unique_ptr<Pending>> channels_;
  Pending* current_ = nullptr;
  std::size_t given_up_ = 0;
  bool verified_ = false;
  bool leaving_ = false;
  bool said_goodbye_ = false;
  bool done_ = false;
  client::Status outcome_;

  std::vector<client::Message> unacknowledged_;
  std::uint64_t ping_number_ = 0;
  bool status_asked_ = false;
  std::chrono::steady_clock::time_point pinged_;
  std::chrono::steady_clock::time_point heard_;
  std::optional<std::chrono::microseconds> round_trip_;
  FileTransfers files_;
  client::Loop::HandlePtr keep_alive_;
  client::Loop::HandlePtr leaving_timer_;
};

}  // namespace pqc::p2p
