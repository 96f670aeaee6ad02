// What contacts say about calls, as deliveries bring it: who may ring, how often and how late, the call's row in the
// history, and the offer that waits for a program that can answer it (docs/spec/calls.md §1, §5, §6). Loop thread only.
#pragma once

#include <optional>

#include "client/calls/offer_limit.h"
#include "client/calls/waiting_offer.h"
#include "client/core.h"

namespace pqc::client {

class CallIntake {
 public:
  // How it stands in this program.
  struct Here {
    bool takes_calls = false;
    std::optional<CallId> call;  // nothing: it is idle
  };

  // `of_strangers`: they ring too.
  CallIntake(Core& core, bool of_strangers) : core_(core), of_strangers_(of_strangers) {}

  // Inside the transaction that stores the delivery. Nothing where it comes to nothing here.
  Result<std::optional<CallArrived>> take(const CallPeer& from, const ContactRow& contact, const CallContent& content,
                                          UnixMillis received_at, const Here& here);
  // Whether an offer waits that another program took in.
  [[nodiscard]] bool waits() const;
  // That offer; one that must not ring any more is forgotten.
  std::optional<CallArrived> waiting();
  // The call of that offer, if it may ring still. Nothing is forgotten: how the call ends may still be heard.
  [[nodiscard]] std::optional<CallId> waiting_call() const;
  // This call is answered or over.
  Status forget(const CallId& id) { return waiting_.forget(id); }

 private:
  [[nodiscard]] bool is_welcome(const ContactRow& contact) const;
  Result<bool> take_offer(const WaitingOffer& offer, bool may_wait);
  Status hear_of_waiting(const CallPeer& from, const CallContent& content);
  [[nodiscard]] std::chrono::milliseconds age_of(const CallOffer& offer) const;
  [[nodiscard]] bool is_fresh(const ContactRow& contact, const CallOffer& offer, UnixMillis received_at) const;
  [[nodiscard]] Result<bool> may_ring(const WaitingOffer& offer) const;
  bool within_limit(const ContactRow& contact, bool fresh, UnixMillis received_at);

  Core& core_;
  const bool of_strangers_;
  OfferLimit fresh_offers_;
  OfferLimit old_offers_;
  WaitingOffers waiting_{core_.store};
};

}  // namespace pqc::client
