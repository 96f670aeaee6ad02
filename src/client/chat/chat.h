// One conversation as a person has it: what was said before, what they type, what arrives meanwhile. It joins an
// Interactor to the facade; sealing (Encryptor) and carrying (Transport) lie behind that. Loop thread only.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "client/chat/chat_calls.h"
#include "client/chat/interactor.h"
#include "client/client.h"

namespace pqc::client {

class Chat {
 public:
  // All outlive the chat.
  Chat(Client& client, Interactor& interactor, std::string peer, ReadCallAudio read_audio)
      : client_(client),
        interactor_(interactor),
        calls_(client, interactor, std::move(read_audio)),
        peer_(std::move(peer)) {}

  // Shows the last messages, then talks until the person is done or something final happens.
  Status run();

  // From outside, as a signal: ends run().
  void end() { done_ = true; }

 private:
  Status begin();
  void on_line(const std::string& line);
  void on_command(std::string_view command);
  void on_event(const Event& event);
  void on_connection(const Connection& connection);
  // Whether it was one of those that change messages or the conversation.
  bool on_change(std::string_view word, std::string_view rest);
  void send(std::string_view text);
  void send(Draft draft);
  // The last message of either side that is still there.
  std::optional<Message> last(Direction direction);
  void send_about_last(MessageKind kind, Direction direction, std::string_view text);
  void search(std::string_view words);
  void disappear(std::string_view after);
  void on_typing();
  void status();
  void verify(bool confirmed);
  void show_new();

  Client& client_;
  Interactor& interactor_;
  ChatCalls calls_;
  std::string peer_;  // as typed, then name@server
  bool done_ = false;
  bool news_ = false;
  bool offline_told_ = false;
  std::chrono::steady_clock::time_point typing_told_;
  Status outcome_;
};

}  // namespace pqc::client
