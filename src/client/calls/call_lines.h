// The calls that go on side by side: one of a user, several of a service that anybody may call (docs/spec/calls.md
// §10). What deliveries bring goes to the line that it concerns. A service answers by itself, takes in nothing but
// calls, and forgets its callers (caller_memory.h). Loop thread only.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "client/calls/caller_memory.h"
#include "client/calls/calls.h"

namespace pqc::client {

class CallLines {
 public:
  using Answer = Calls::Answer;

  CallLines(Core& core, Directory& directory, Outbox& outbox, const CallOptions& options);

  // Of a user, as in Calls.
  void perform(const CallRequest& request, Answer answer) { first().perform(request, std::move(answer)); }
  [[nodiscard]] bool may_begin() const { return lines_.front()->may_begin(); }
  [[nodiscard]] bool has_waiting() { return first().has_waiting(); }
  void ring_waiting();
  // Of all lines.
  bool end();
  void look_at(std::int64_t contact);
  [[nodiscard]] bool hides_from(std::int64_t contact) const;
  // Whether a call with this id is under way here or will be.
  [[nodiscard]] bool has(const CallId& id) const;
  // The latest first, those among them that go on.
  Result<std::vector<CallRecord>> latest(std::size_t limit);

  // Whether this is a service: strangers are answered, and of contents only calls are taken.
  [[nodiscard]] bool serves() const { return memory_.has_value(); }

  // Inside the transaction that stores the delivery; nothing of it happens before committed().
  Status take(const ContactRow& contact, std::uint32_t device, const CallContent& content, UnixMillis received_at) {
    return line_for(contact.id, content).take(contact, device, content, received_at);
  }
  void began_anew(const CallPeer& peer);
  void committed();
  void rolled_back();

 private:
  Calls& first() { return *lines_.front(); }
  Calls& line_for(std::int64_t contact, const CallContent& content);
  void answer_all();
  [[nodiscard]] bool is_with(std::int64_t contact) const;

  Core& core_;
  CallIntake intake_;
  std::vector<std::unique_ptr<Calls>> lines_;  // one at least
  std::optional<CallerMemory> memory_;         // of a service
};

}  // namespace pqc::client
