// The calls of one device, as decisions (docs/spec/calls.md §4): what the user does, what peers say, how the media fare
// and how time passes go in; what is to be sent, connected and noted comes out. No I/O, no clock, no randomness.
//
//              PlaceCall                LocalDescribed           CallAnswer             MediaConnected
//   Idle ──────────────────► Preparing ──────────────► Calling ─────────────┐
//    │        CallOffer                                                     ├► Connecting ────────────► Active
//    └───────────────────────► Ringing ──AcceptCall──► Answering ───────────┘
//                                                   LocalDescribed
//
// An active call whose path has gone is still Active, with a time until which another one is looked for (ICE restart,
// §9): both sides gather anew in numbered rounds, and tell each other what they found.
//
// Every state but Idle ends with exactly one CallOver, but for a call that is withdrawn for another (glare). One
// thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "client/calls/call_content.h"
#include "client/limits.h"
#include "client/types.h"

namespace pqc::client {

struct CallTiming {
  std::chrono::milliseconds ringing = limits::call_ringing;
  std::chrono::milliseconds connecting = limits::call_connecting;
  std::chrono::milliseconds reconnecting = limits::call_reconnecting;
  std::optional<std::chrono::milliseconds> longest = {};  // that a call lasts; nothing: as long as people like
  // After so long it gives way to a call of somebody else, and at once to one of the same device; nothing: never.
  std::optional<std::chrono::milliseconds> gives_way = {};
  // Where calls give way, one without media does so long after the answer.
  std::chrono::milliseconds connecting_gives_way = limits::service_connecting;
};

// A device of a contact.
struct CallPeer {
  std::int64_t contact = 0;
  std::uint32_t device = 0;  // 0: not known yet, all of them
  friend bool operator==(const CallPeer&, const CallPeer&) = default;
};

// What this device brings into a call.
struct LocalHalf {
  CallHalf secret{};
  CallDescription description;
};

struct CallMoment {
  std::chrono::steady_clock::time_point steady;
  UnixMillis wall;
};

// Of a call that came: it rings. `fresh`: docs/spec/calls.md §5.
struct CallArrived {
  CallPeer from;
  CallContent content;
  bool fresh = true;
  std::chrono::milliseconds age{0};  // how long the caller has been waiting
};
struct PlaceCall {
  std::int64_t contact = 0;
  CallId id{};
};
// The media of the call can be reached; its offer or answer may go out.
struct LocalDescribed {
  CallId id{};
  LocalHalf half;
};
struct AcceptCall {};
struct DeclineCall {};
struct HangUpCall {};
// The program ends: what rings or is being answered here is left to the other devices.
struct LeaveCall {};
struct MediaConnected {
  CallId id{};
};
// By itself: it could not be made, or it broke; or the peer said goodbye on the path.
struct MediaEnded {
  CallId id{};
  bool orderly = false;
};
// Nothing comes from the peer any more; said again as long as it is so. Or an address of ours has gone, which may have
// been of no use to the path.
struct PathSilent {
  CallId id{};
  bool moved = false;
};
struct PathBack {
  CallId id{};
};
// What RestartMedia asked for.
struct LocalRestarted {
  CallId id{};
  std::uint32_t round = 0;
  CallPath path;
};
// The offer could not be sent.
struct OfferFailed {
  CallId id{};
};
// The user wants to hear no more of the peer, or its keys are in doubt.
struct PeerRefused {};
// A device has begun a new session, since it had lost the one in which our offer came.
struct PeerBeganAnew {
  CallPeer peer;
};
struct TimePassed {};
using CallEvent =
    std::variant<CallArrived, PlaceCall, LocalDescribed, AcceptCall, DeclineCall, HangUpCall, LeaveCall, MediaConnected,
                 MediaEnded, PathSilent, PathBack, LocalRestarted, OfferFailed, PeerRefused, PeerBeganAnew, TimePassed>;

// Gathers candidates, and answers with LocalDescribed or MediaEnded.
struct PrepareMedia {
  CallId id{};
  bool offering = false;
};
struct ConnectMedia {
  CallId id{};
  bool offering = false;
  CallPeer peer;
  LocalHalf ours;
  CallHalf their_secret{};
  CallDescription theirs;
};
// Gathers anew, and answers with LocalRestarted.
struct RestartMedia {
  CallId id{};
  std::uint32_t round = 0;
};
// Where the peer is in this round, which is that of the latest RestartMedia.
struct FollowPeer {
  CallId id{};
  std::uint32_t round = 0;
  CallPath theirs;
};
struct CloseMedia {
  CallId id{};
};
// To one device, or to every device of the contact but one.
struct SendCall {
  CallPeer to;
  std::uint32_t except = 0;
  CallContent content;
};
// It rings, is answered, connects: whoever watches is told.
struct CallChanged {};
struct CallOver {
  CallId id{};
  std::int64_t contact = 0;
  Direction direction = Direction::outgoing;
  CallOutcome outcome = CallOutcome::failed;
  UnixMillis answered;  // 0: no sound ever went
  UnixMillis ended;
};
using CallAction =
    std::variant<PrepareMedia, ConnectMedia, RestartMedia, FollowPeer, CloseMedia, SendCall, CallChanged, CallOver>;
using CallActions = std::vector<CallAction>;

// The states.
struct CallIdle {};
struct CallPreparing {
  CallId id{};
  std::int64_t contact = 0;
};
struct CallCalling {
  CallId id{};
  std::int64_t contact = 0;
  LocalHalf ours;
  bool rings = false;  // at some device
  std::chrono::steady_clock::time_point until;
  bool again = false;  // it was offered anew to a device that began anew
};
struct CallRingingHere {
  CallId id{};
  CallPeer from;
  CallOffer offer;
  std::chrono::steady_clock::time_point until;
};
struct CallAnswering {
  CallId id{};
  CallPeer from;
  CallOffer offer;
  std::chrono::steady_clock::time_point until;
};
struct CallConnecting {
  CallId id{};
  CallPeer peer;
  Direction direction = Direction::outgoing;
  std::chrono::steady_clock::time_point until;
  std::optional<std::chrono::steady_clock::time_point> gives_way = {};  // from then on, to a call of somebody else
};
struct CallActive {
  CallId id{};
  CallPeer peer;
  Direction direction = Direction::outgoing;
  UnixMillis since;
  std::uint32_t round = 0;                                          // of restarts: the latest that either side began
  std::chrono::steady_clock::time_point began{};                    // that round
  std::optional<std::chrono::steady_clock::time_point> until = {};  // reconnecting
  std::optional<CallRestart> kept = {};  // the peer's latest round, too soon after that one to be followed yet
  std::optional<std::chrono::steady_clock::time_point> ends = {};       // it may last no longer
  std::optional<std::chrono::steady_clock::time_point> gives_way = {};  // from then on, to a call of somebody else
};
using CallState =
    std::variant<CallIdle, CallPreparing, CallCalling, CallRingingHere, CallAnswering, CallConnecting, CallActive>;

class CallMachine {
 public:
  explicit CallMachine(CallTiming timing = {}) : timing_(timing) {}

  // Events that do not fit the state do nothing.
  [[nodiscard]] CallActions on(const CallEvent& event, const CallMoment& now);
  [[nodiscard]] const CallState& state() const { return state_; }
  [[nodiscard]] bool idle() const { return std::holds_alternative<CallIdle>(state_); }
  // When TimePassed is due; nothing while no time runs.
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> deadline() const;

 private:
  class Step;

  CallTiming timing_;
  CallState state_;
  std::deque<CallId> known_;  // offers that came, the latest ones
};

// Of a state that is not idle.
[[nodiscard]] std::optional<CallId> call_id(const CallState& state);
[[nodiscard]] CallPeer call_peer(const CallState& state);
[[nodiscard]] Direction call_direction(const CallState& state);
// Of any: from when on it gives way to a call of somebody else; nothing where it does not.
[[nodiscard]] std::optional<std::chrono::steady_clock::time_point> call_gives_way(const CallState& state);

}  // namespace pqc::client
