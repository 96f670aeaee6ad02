// The calls of a running client: what users ask and devices say (call_intake.h) goes through the machine
// (call_machine.h), and what follows from it is done here: contents are sent (call_sender.h), media made and ended, the
// history written, front ends told (docs/spec/calls.md). Loop thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/calls/call_intake.h"
#include "client/calls/call_machine.h"
#include "client/calls/call_media.h"
#include "client/calls/call_sender.h"
#include "client/calls/recording_ends.h"
#include "client/core.h"
#include "client/messages/outbox.h"
#include "client/people/directory.h"

namespace pqc::client {

class Calls {
 public:
  using Answer = std::function<void(Result<CallInfo>)>;

  // The intake outlives it.
  Calls(Core& core, Directory& directory, Outbox& outbox, CallIntake& intake, CallOptions options)
      : core_(core),
        directory_(directory),
        outbox_(outbox),
        intake_(intake),
        sender_(core, outbox,
                {.goes_on = [this](const CallId& id) { return call_id(machine_.state()) == id; },
                 .offer_failed = [this](const CallId& id, const std::string& why) { offer_failed(id, why); },
                 .answer_sealed = [this](const CallId& id) { return intake_.forget(id); }}),
        make_media_(std::move(options.make_media)),
        check_audio_(std::move(options.check_audio)),
        machine_(options.timing) {}
  ~Calls();
  Calls(const Calls&) = delete;
  Calls& operator=(const Calls&) = delete;

  // While online. Errors: in_call, no_call, unknown_peer, busy (this program makes no calls), those of sessions, of the
  // connection, of sound devices and files.
  void perform(const CallRequest& request, Answer answer);
  [[nodiscard]] CallInfo current();
  // Ends the call that there is, for a program that ends; what rings goes on ringing at other devices. Answers whether
  // something was ended.
  bool end();
  // Whether a call could begin here.
  [[nodiscard]] bool may_begin() const { return make_media_ && machine_.idle(); }
  // Whether there is an offer that another program took in, and this one could ring for.
  [[nodiscard]] bool has_waiting();
  // Rings for it, once the mailbox has not said that the call is over.
  void ring_waiting();
  // Something about this contact has changed: where nothing may be said to it any more, a call with it ends, a little
  // later.
  void look_at(std::int64_t contact);
  // Whether this contact is not to learn our addresses: it is called, answered or talked to by relays only.
  [[nodiscard]] bool hides_from(std::int64_t contact) const;

  // Whether nothing is under way here, nor will be as soon as what has come is committed.
  [[nodiscard]] bool free() const;
  // Whether a call with this id, or one with this contact, is under way here or will be.
  [[nodiscard]] bool has(const CallId& id) const;
  [[nodiscard]] bool is_with(std::int64_t contact) const;
  // From when on the call that is up here, or connects, gives way to a further one. Nothing where none does, or to one
  // that has come.
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> gives_way() const;
  // What rings, without asking where sound comes from.
  void answer_at_once();

  // A content that a delivery brought: inside the transaction that stores it. Nothing of it happens before committed().
  Status take(const ContactRow& contact, std::uint32_t device, const CallContent& content, UnixMillis received_at);
  // A device of this contact has begun a new session; likewise.
  void began_anew(const CallPeer& peer) { came_.emplace_back(PeerBeganAnew{peer}); }
  void committed();
  void rolled_back() { came_.clear(); }

 private:
  // Whether an offer that will ring, and is not committed yet, is one that is wanted. Nothing else begins a call.
  [[nodiscard]] bool offered(const std::function<bool(const CallArrived&)>& wanted) const;
  void place(const PlaceCallRequest& request, Answer answer);
  Result<ContactRow> callee(std::string_view peer);
  Status begin(std::int64_t contact, const CallAudio& audio);
  void answer_ringing(const AnswerCallRequest& request, Answer answer);
  // Whether sound and recording can go where the user wants them.
  [[nodiscard]] Status check_places(const CallAudio& audio) const;
  // An error where relays are asked for and there are none; `done` is called later, or at once where none are asked
  // for.
  void check_relays(const CallAudio& audio, std::function<void(const Status&)> done);
  void make_media(const PrepareMedia& action, const CallServers& servers);
  CallMediaEvents media_events(const CallId& id);
  Status check_call();
  Result<CallInfo> decline(const DeclineCallRequest& request);
  Result<CallInfo> mute(std::optional<bool> on);

  void handle(const CallEvent& event);
  void act(const PrepareMedia& action);
  void act(const ConnectMedia& action);
  void act(const RestartMedia& action);
  void act(const FollowPeer& action);
  void act(const CloseMedia& action);
  void act(const SendCall& action) { sender_.send(action); }
  void act(const CallChanged&);
  void act(const CallOver& action);
  void offer_failed(const CallId& id, const std::string& why);
  void tell_end(CallInfo info, CallMedia::RecordingEnd recording_end);
  void tell(const CallInfo& info);
  void arm();
  [[nodiscard]] CallMoment now() const;
  [[nodiscard]] std::string our_name() const;

  Core& core_;
  Directory& directory_;
  Outbox& outbox_;
  CallIntake& intake_;
  CallSender sender_;
  MakeCallMedia make_media_;
  std::function<Status(const CallAudio&)> check_audio_;
  CallServerFinder servers_{core_};
  CallMachine machine_;
  std::unique_ptr<CallMedia> media_;
  CallAudio audio_;       // of the next media
  bool placing_ = false;  // sessions are made for a call that begins
  bool muted_ = false;
  CallQuality quality_;                    // of the last media
  std::string why_;                        // the last media ended by themselves
  CallMedia::RecordingEnd recording_end_;  // of media that just ended
  std::optional<CallInfo> ending_;         // the latest call that is over but for its recording
  std::vector<CallEvent> came_;
  Loop::HandlePtr timer_;
  // Callbacks of others hold this weakly.
  std::shared_ptr<Calls*> self_ = std::make_shared<Calls*>(this);
  RecordingEnds recording_ends_{core_.loop};
};

}  // namespace pqc::client
