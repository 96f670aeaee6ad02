// What a device says about its calls: sealed for the devices that it is meant for, and the little that the server is
// told (docs/spec/calls.md §2, §7, §8). Loop thread only.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "client/calls/call_machine.h"
#include "client/core.h"
#include "client/messages/outbox.h"

namespace pqc::client {

class CallSender {
 public:
  struct Handlers {
    // Whether the call is still one that is offered.
    std::function<bool(const CallId&)> goes_on;
    // Its offer could not be sent; later, never inside send().
    std::function<void(const CallId&, const std::string& why)> offer_failed;
    // Inside the transaction that seals the answer of this call.
    std::function<Status(const CallId&)> answer_sealed;
  };

  CallSender(Core& core, Outbox& outbox, Handlers handlers)
      : core_(core), outbox_(outbox), handlers_(std::move(handlers)) {}

  void send(const SendCall& what);
  // Whether anything may be said to this contact; `ends`: only that a call is over. Errors: blocked, refused.
  Status check_peer(const ContactRow& contact, bool ends);

 private:
  void offer(const SendCall& what);
  Status seal(const SendCall& what);
  Status seal_offer(SendCall what);
  void tell_server(const CallContent& content);

  Core& core_;
  Outbox& outbox_;
  Handlers handlers_;
  // Callbacks of others hold this weakly.
  std::shared_ptr<CallSender*> self_ = std::make_shared<CallSender*>(this);
};

}  // namespace pqc::client
