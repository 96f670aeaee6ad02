// One path in use: parcels out until the other device has stored them, parcels in (docs/spec/direct.md §4 and §5).
//
//   made: our hello is sent --their hello--> open --what their hello names is here--> in order
//
// It owns no path and no store: frames and questions go through the handlers, which may not destroy it. Loop thread
// only.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <vector>

#include "base/token_bucket.h"
#include "client/chat/transport.h"
#include "client/direct/direct_frame.h"
#include "client/error.h"
#include "client/limits.h"
#include "client/loop.h"

namespace pqc::client {

class DirectLink {
 public:
  using Done = std::function<void(const ParcelOutcome&)>;
  struct Waiting {
    Parcel parcel;
    Done done;
    Loop::TimePoint since;  // when it went on the way
  };
  // How long until one of the parcels on the way is confirmed, and each of them.
  struct Patience {
    std::chrono::milliseconds next = limits::direct_confirm;
    std::chrono::milliseconds oldest = limits::direct_oldest;
  };
  struct Handlers {
    std::function<void(ByteView frame)> send;
    // Their hello came.
    std::function<void()> open;
    // Whether an item of theirs with this id was handled.
    std::function<bool(const MessageId&)> seen;
    // Theirs, in order. An error ends the path.
    std::function<Status(DirectParcel)> parcel;
    // The path is of no use any more; once.
    std::function<void(const Error&)> failed;
  };

  // Says hello.
  DirectLink(Loop& loop, const MessageId& after, Handlers handlers);
  DirectLink(Loop& loop, const MessageId& after, Handlers handlers, Patience patience);

  void carry(Parcel parcel, Done done);
  void on_frame(ByteView frame);
  // Something was stored here: perhaps what their parcels waited for.
  void look();
  // Theirs with these ids are stored.
  void confirm(std::span<const MessageId> ids);
  [[nodiscard]] bool is_open() const { return greeted_; }
  [[nodiscard]] bool in_order() const { return in_order_; }
  // What the other device has not confirmed, oldest first. Nothing is called for it any more.
  [[nodiscard]] std::deque<Waiting> take_waiting();

 private:
  void on_hello(const DirectHello& hello);
  void on_parcel(DirectParcel parcel);
  void on_stored(const DirectStored& stored);
  bool settle(const MessageId& id);
  void hand_on();
  bool may_hand_on();
  void pump();
  void arm();
  void fail_with(Error why);

  Loop& loop_;
  Handlers handlers_;
  Patience patience_;
  bool greeted_ = false;
  bool in_order_ = false;
  bool failed_ = false;
  MessageId after_{};  // theirs
  std::deque<DirectParcel> held_;
  std::size_t held_bytes_ = 0;
  TokenBucket handed_on_;  // parcels of theirs
  Loop::HandlePtr pace_;
  std::deque<Waiting> waiting_;  // the first `sent_` of them are on the way
  std::size_t sent_ = 0;
  std::size_t sent_bytes_ = 0;
  std::size_t waiting_bytes_ = 0;
  Loop::HandlePtr deadline_;
};

}  // namespace pqc::client
