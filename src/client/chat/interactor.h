// Where a conversation meets a person: lines come in, messages are shown. One file a kind: the console's is in
// apps/cli, a graphical one belongs into its own app.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "client/types.h"

namespace pqc::client {

class Interactor {
 public:
  struct Handlers {
    std::function<void(std::string line)> line;  // a whole line, valid UTF-8 or not
    std::function<void()> end;                   // the person is done (end of input, Ctrl-C, window closed)
    std::function<void()> typing;                // something was typed that is not sent yet
  };

  virtual ~Interactor() = default;
  // Begins to read. The handlers are called from the loop.
  virtual void start(Handlers handlers) = 0;
  // Shown without disturbing what is being typed.
  virtual void show(const Message& message) = 0;
  virtual void show(const Notice& notice) = 0;
  virtual void show(std::string_view text) = 0;
  // A message of ours that was shown before has this status now.
  virtual void update(const Message& message) = 0;
  // A call came, changed, or is over. Those whose chats have no calls need neither of these two.
  virtual void show_call(const CallInfo& /*call*/) {}
  // The call that there is, again about once a second; nothing: it is over. For where it can be kept in view.
  virtual void follow_call(const std::optional<CallInfo>& /*call*/) {}
};

}  // namespace pqc::client
