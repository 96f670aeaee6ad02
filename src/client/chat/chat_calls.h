// The calls of a chat: what the person types about them, and the call that there is, kept in view. There is one call at
// a time, with whomever (docs/spec/calls.md §4): /answer and /decline are about the one that was shown to ring, and no
// other that rings by now. Loop thread only.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "client/chat/interactor.h"
#include "client/client.h"

namespace pqc::client {

// What follows /call and /answer, which may be nothing: options as at `pqc-chat call`.
using ReadCallAudio = std::function<Result<CallAudio>(std::string_view options)>;

class ChatCalls {
 public:
  // All outlive it.
  ChatCalls(Client& client, Interactor& interactor, ReadCallAudio read_audio)
      : client_(client), interactor_(interactor), read_audio_(std::move(read_audio)) {}

  // Shows the call that there is already: another process of the profile may carry it.
  void begin();
  // /call, /answer, /decline, /hangup, /mute: whether it was one of them. Whom to call is `peer`.
  bool on_command(std::string_view word, std::string_view rest, const std::string& peer);
  void on_event(const CallInfo& call);
  // Asks how the call fares, when that is due. It may run the loop: not for callbacks.
  void refresh();

 private:
  void place(std::string_view options, const std::string& peer);
  void answer(std::string_view options);
  void decline();
  // Whether a call is shown to ring here; where none is, the person is told.
  bool rings();
  void perform(const CallRequest& request);
  void mute(std::string_view how);
  void follow(const CallInfo& call);
  void stop();

  Client& client_;
  Interactor& interactor_;
  const ReadCallAudio read_audio_;
  CallInfo shown_;    // as it was last told
  bool due_ = false;  // its figures are a second old
  Loop::HandlePtr timer_;
};

}  // namespace pqc::client
