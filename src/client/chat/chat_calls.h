// The calls of a chat: what the person types about them, and the call that there is, kept in view. There is one call at
// a time, with whomever (docs/spec/calls.md §4): /answer takes the one that rings. Loop thread only.
#pragma once

#include <string>
#include <string_view>

#include "client/chat/interactor.h"
#include "client/client.h"

namespace pqc::client {

class ChatCalls {
 public:
  // All outlive it. `audio`: of the calls that are made and answered here.
  ChatCalls(Client& client, Interactor& interactor, CallAudio audio)
      : client_(client), interactor_(interactor), audio_(std::move(audio)) {}

  // Shows the call that there is already: another process of the profile may carry it.
  void begin();
  // /call, /answer, /decline, /hangup, /mute: whether it was one of them. Whom to call is `peer`.
  bool on_command(std::string_view word, std::string_view rest, const std::string& peer);
  void on_event(const CallInfo& call);
  // Asks how the call fares, when that is due. It may run the loop: not for callbacks.
  void refresh();

 private:
  void perform(const CallRequest& request);
  void mute(std::string_view how);
  void follow(const CallInfo& call);
  void stop();

  Client& client_;
  Interactor& interactor_;
  const CallAudio audio_;
  CallInfo shown_;    // as it was last told
  bool due_ = false;  // its figures are a second old
  Loop::HandlePtr timer_;
};

}  // namespace pqc::client
