// A call's media from the answer on: the ICE agent's path, the media session over it and the voice engine, on a thread
// of their own (docs/spec/media.md, docs/spec/voice.md). Made, asked and ended on the loop's thread.
//
//   voice engine's thread ──frames──► session ──► agent ──► the other side
//   agent ──datagrams──► voice engine's thread ──► session ──frames──► voice engine
//
// One wake-up each 10 ms does both: the voice engine's, for the next frame of the microphone. What came is taken then,
// just before it is played; when it came, the system knows. The voice engine's thread waits for nobody: what the
// session has no time for just then, this thread does, and all of it when the voice engine rests.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "client/calls/call_machine.h"
#include "client/calls/call_recording.h"
#include "client/types.h"
#include "media/transport/media_session.h"
#include "media/voice/voice_engine.h"
#include "net/ice/agent.h"

namespace pqc::client {

// A way to the other side that is to be tried.
struct MediaWay {
  std::unique_ptr<net::ice::Agent> agent;  // gathered
  net::ice::Credentials peer_credentials;
  std::vector<net::ice::Candidate> peer_candidates;
};

struct MediaThreadSettings {
  MediaWay way;
  media::MediaSettings session;
  media::voice::Settings voice;
  media::voice::RateLimits wanted;  // by the other side, of what we send
  std::string words;
  Result<std::shared_ptr<Recorder>> recorder = {};  // or none
  bool echo = false;                                // in place of the voice engine
};

// On the media's own thread.
struct MediaThreadEvents {
  std::function<void()> connected;
  std::function<void(bool orderly, const std::string& why)> ended;
  // Nothing came for limits::call_silence; said again each second, until something does, which is told too.
  std::function<void()> silent;
  std::function<void()> back;
  // It has gone over to what replace() gave.
  std::function<void()> replaced;
  // There are ways that are of no use any more: end_replaced() is to be called.
  std::function<void()> retired;
  // What quality() says about recordings.
  std::function<void()> recording_changed = {};
};

class MediaThread {
 public:
  // Error: the sound devices or files cannot be opened; for people.
  static std::expected<std::unique_ptr<MediaThread>, std::string> start(MediaThreadSettings settings,
                                                                        MediaThreadEvents events);
  // Says goodbye to the other side and waits for the thread.
  ~MediaThread();
  MediaThread(const MediaThread&) = delete;
  MediaThread& operator=(const MediaThread&) = delete;

  // Looks for the other side by this way beside the one that there is, and goes over to it, with fresh keys, as soon as
  // it is open; in place of one that is still being tried.
  void replace(MediaWay way);
  // Ends the ways that are of no use any more.
  void end_replaced();
  void set_muted(bool muted);
  [[nodiscard]] CallQuality quality() const;

 private:
  class Worker;
  explicit MediaThread(std::unique_ptr<Worker> worker);
  std::unique_ptr<Worker> worker_;
};

}  // namespace pqc::client
