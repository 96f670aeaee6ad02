// The calls of a running client: what users ask and devices say goes through the machine (call_machine.h), and what
// follows from it is done here: contents are sealed and sent, the server is told, media made and ended, the history
// written (docs/spec/calls.md). Loop thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/calls/call_machine.h"
#include "client/calls/call_media.h"
#include "client/calls/offer_limit.h"
#include "client/core.h"
#include "client/messages/outbox.h"
#include "client/people/directory.h"

namespace pqc::client {

class Calls {
 public:
  using Answer = std::function<void(Result<CallInfo>)>;

  Calls(Core& core, Directory& directory, Outbox& outbox, CallOptions options)
      : core_(core),
        directory_(directory),
        outbox_(outbox),
        make_media_(std::move(options.make_media)),
        machine_(options.timing) {}
  ~Calls();
  Calls(const Calls&) = delete;
  Calls& operator=(const Calls&) = delete;

  // While online. Errors: busy (there is a call already), usage (there is none), unknown_peer, those of sessions, of
  // the connection, of sound devices and files.
  void perform(const CallRequest& request, Answer answer);
  [[nodiscard]] CallInfo current();
  // Ends the call that there is; answers whether there was one.
  bool end();
  // Something about this contact has changed: where nothing may be said to it any more, a call with it ends, a little
  // later.
  void look_at(std::int64_t contact);
  // The latest first.
  Result<std::vector<CallRecord>> latest(std::size_t limit) { return core_.store.calls.latest(limit); }

  // A content that a delivery brought: inside the transaction that stores it. Nothing of it happens before committed().
  Status take(const ContactRow& contact, std::uint32_t device, const CallContent& content, UnixMillis received_at);
  void committed();
  void rolled_back() { came_.clear(); }

 private:
  void place(const PlaceCallRequest& request, Answer answer);
  Result<ContactRow> callee(std::string_view peer);
  Status begin(std::int64_t contact, const CallAudio& audio);
  Result<CallInfo> answer_ringing(const CallAudio& audio);
  Status check_peer(const ContactRow& contact, bool ends);
  Status check_call();
  Result<CallInfo> mute(std::optional<bool> on);

  bool within_limit(const ContactRow& contact, bool fresh, UnixMillis received_at);

  void handle(const CallEvent& event);
  void act(const PrepareMedia& action);
  void act(const ConnectMedia& action);
  void act(const CloseMedia& action);
  void act(const SendCall& action);
  void act(const CallChanged&);
  void act(const CallOver& action);
  void offer(const SendCall& action);
  Status seal(const SendCall& action);
  void tell(const CallInfo& info);
  void tell_server(const CallContent& content);
  void arm();
  [[nodiscard]] CallMoment now() const;
  // By the server's clock, as far as it is known.
  [[nodiscard]] UnixMillis server_now() const;
  [[nodiscard]] std::string our_name() const;

  Core& core_;
  Directory& directory_;
  Outbox& outbox_;
  MakeCallMedia make_media_;
  CallMachine machine_;
  std::unique_ptr<CallMedia> media_;
  CallAudio audio_;       // of the next media
  bool placing_ = false;  // sessions are made for a call that begins
  bool muted_ = false;
  CallQuality quality_;  // of the last media
  std::string why_;      // the last media ended by themselves
  OfferLimit fresh_offers_;
  OfferLimit old_offers_;
  std::vector<CallArrived> came_;
  Loop::HandlePtr timer_;
  // Callbacks of others hold this weakly.
  std::shared_ptr<Calls*> self_ = std::make_shared<Calls*>(this);
};

}  // namespace pqc::client
