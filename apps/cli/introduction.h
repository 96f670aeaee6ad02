// p2p rendezvous: a server introduces two people who have the same code (docs/spec/rendezvous.md).
#pragma once

#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/console.h"
#include "p2p/meeting.h"
#include "p2p/rendezvous.h"

namespace pqc::cli {

client::Result<client::RelayAddress> find_server(const Context& context, const P2pCommand& command);

class Introduction {
 public:
  // All outlive it.
  Introduction(const Output& output, Console& console, client::Loop& loop, p2p::Chat& chat, p2p::Meeting& meeting,
               const p2p::Party& party, client::RelayAddress server, p2p::Address at);

  // With this code; "-": with the first line that is typed; nothing or "new": with a new one, which is shown. How it
  // goes on comes to the chat. Error: invalid_name.
  client::Status begin(const std::string& code);

 private:
  client::Status take_code(const std::string& text);
  void start(p2p::MeetingCode code);
  [[nodiscard]] p2p::Rendezvous::Handlers handlers();
  void on_done(const client::Status& outcome);

  const Output& output_;
  Console& console_;
  client::Loop& loop_;
  p2p::Chat& chat_;
  p2p::Meeting& meeting_;
  const p2p::Party& party_;
  client::RelayAddress server_;
  p2p::Address at_;
  std::string new_code_;
  std::unique_ptr<client::MeetingPlace> place_;
  p2p::Rendezvous rendezvous_;
  client::Loop::HandlePtr deadline_;
};

}  // namespace pqc::cli
