// What is printed about calls: lines for people, objects with --json (docs/cli-json.md).
#pragma once

#include <string>

#include "base/clock.h"
#include "cli/json.h"
#include "client/error.h"
#include "client/types.h"

namespace pqc::cli {

// A call as it stands or as it ended; `now` counts its time.
std::string call_line(const client::CallInfo& call, UnixMillis now);
// The same inside a chat, whose commands begin with a slash.
std::string chat_call_line(const client::CallInfo& call, UnixMillis now);
// One that rings where another command has to take it.
std::string ringing_line(const client::CallInfo& call);
Json call_object(const client::CallInfo& call);
std::string call_record_line(const client::CallRecord& call);
Json call_record_object(const client::CallRecord& call);

// What a call that is over means for who made or answered it: `ok` where they spoke; else the exit code, and what
// happened.
client::Error error_of(const client::CallInfo& call);

// The call that somebody follows to its end: in place of one that gives way to another of the same person it is that
// one (docs/spec/calls.md §4, glare).
class FollowedCall {
 public:
  explicit FollowedCall(std::string id) : id_(std::move(id)) {}
  // Whether this is its end.
  [[nodiscard]] bool ends(const client::CallInfo& call);

 private:
  std::string id_;
  bool answered_ = false;  // from then on it gives way to none
};

}  // namespace pqc::cli
