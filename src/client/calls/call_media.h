// The media of one call as the calls see them, so that signalling is tested without sound and sockets, and the other
// way round (docs/spec/calls.md §4).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "client/calls/call_machine.h"
#include "client/calls/call_servers.h"
#include "client/error.h"
#include "client/loop.h"
#include "client/recording/recorder.h"
#include "client/requests.h"
#include "client/types.h"

namespace pqc::client {

// What media tell their owner: on the loop's thread, never inside a call to them, and not once they are gone.
struct CallMediaEvents {
  std::function<void(CallDescription)> described;  // once: they can be reached so
  std::function<void()> connected;                 // once
  std::function<void(bool orderly, const std::string& why)> ended;
  // While connected: nothing comes any more, or this machine has moved; again and again, until it does.
  std::function<void(bool moved)> silent;
  std::function<void()> back;
  // What restart() asked for.
  std::function<void(std::uint32_t round, CallPath path)> restarted;
  // What quality() says about recordings.
  std::function<void()> recording_changed;
};

class CallMedia {
 public:
  // Ends them; who is connected is told.
  virtual ~CallMedia() = default;
  // Before connect(): the call is recorded. An error says why it cannot be, which the user is told; the call goes on.
  virtual void record(Result<RecordingPlan> plan) = 0;
  // Asked for right before they end: what is to be done for the recording afterwards, on whatever thread. It writes the
  // end, as long as the disk takes, and answers why the recording is not whole. Empty: the call is not recorded.
  using RecordingEnd = std::function<std::optional<Error>()>;
  [[nodiscard]] virtual RecordingEnd recording_end() { return {}; }
  // After `described`. The names are docs/spec/calls.md §3's.
  virtual void connect(const ConnectMedia& with, const std::string& our_name, const std::string& their_name) = 0;
  // Another path is looked for: gathers anew. Of several rounds that are asked for meanwhile only the latest is told
  // of.
  virtual void restart(std::uint32_t round) = 0;
  // Where the other side is in that round; before or after ours was told.
  virtual void follow(std::uint32_t round, const CallPath& theirs) = 0;
  virtual void set_muted(bool muted) = 0;
  [[nodiscard]] virtual CallQuality quality() const = 0;
};

struct CallSetup {
  CallAudio audio;
  CallServers servers;
  bool offering = false;
};

// The loop and a copy of this outlive them.
using MakeCallMedia =
    std::function<Result<std::unique_ptr<CallMedia>>(Loop& loop, const CallSetup& setup, CallMediaEvents events)>;

// A program that anybody may call, and that answers by itself (docs/spec/calls.md §10).
struct CallService {
  std::size_t lines = limits::service_calls;      // calls at once; further callers hear that it is busy
  std::size_t callers = limits::service_callers;  // who are remembered
};

// Who makes the media of calls. Without it a client neither makes nor takes calls: one that comes waits for
// a program of the profile that does, as long as it rings.
struct CallOptions {
  MakeCallMedia make_media = {};
  // Whether the sound can come from and go to there: asked before anybody is called or answered.
  std::function<Status(const CallAudio&)> check_audio = [](const CallAudio&) { return Status(); };
  CallTiming timing = {};
  std::optional<CallService> service = {};
};

}  // namespace pqc::client
