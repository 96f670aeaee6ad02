// DirectContacts: which way each parcel takes.
#include <algorithm>

#include "client/direct/direct_contacts.h"
#include "protocol/pqxdh/envelope.h"

namespace pqc::client {

// One carry(): its answer goes when every parcel has its outcome.
struct DirectContacts::Batch {
  std::vector<ParcelOutcome> outcomes;
  std::size_t left = 0;
  Answer answer;

  void settle(std::size_t place, const ParcelOutcome& outcome) {
    outcomes[place] = outcome;
    if (--left == 0) answer(std::move(outcomes));
  }
};

void DirectContacts::carry(std::vector<Parcel> parcels, Answer answer) {
  const auto path_of = [this](const Parcel& parcel) -> DirectLink* {
    const auto found = peers_.find({parcel.account, parcel.device});
    return found == peers_.end() ? nullptr : found->second.link.get();
  };
  if (std::ranges::none_of(parcels, path_of)) {
    for (const auto& parcel : parcels) note_relayed(parcel);
    return server_.carry(std::move(parcels), std::move(answer));
  }
  auto batch = std::make_shared<Batch>();
  batch->outcomes.resize(parcels.size());
  batch->left = parcels.size();
  batch->answer = std::move(answer);
  std::vector<DirectLink::Waiting> others;
  for (std::size_t i = 0; i < parcels.size(); ++i) {
    auto done = [batch, i](const ParcelOutcome& outcome) { batch->settle(i, outcome); };
    if (auto* link = path_of(parcels[i]))
      link->carry(std::move(parcels[i]), std::move(done));
    else
      others.push_back({std::move(parcels[i]), std::move(done)});
  }
  if (!others.empty()) carry_by_server(std::move(others));
}

// No more than one carry() may have.
void DirectContacts::carry_by_server(std::vector<DirectLink::Waiting> parcels) {
  std::vector<Parcel> carried;
  std::vector<DirectLink::Done> done;
  for (auto& each : parcels) {
    note_relayed(each.parcel);
    carried.push_back(std::move(each.parcel));
    done.push_back(std::move(each.done));
  }
  server_.carry(std::move(carried), [done = std::move(done)](const Result<std::vector<ParcelOutcome>>& outcomes) {
    for (std::size_t i = 0; i < done.size(); ++i)
      done[i](outcomes ? (*outcomes)[i] : ParcelOutcome{Carriage::later, outcomes.error()});
  });
}

// What a hello names has to be something that the other side notes: receipts are not.
void DirectContacts::note_relayed(const Parcel& parcel) {
  const auto found = peers_.find({parcel.account, parcel.device});
  if (found == peers_.end() || found->second.state == State::none) return;
  const auto envelope = pqxdh::decode_envelope(parcel.body);
  if (envelope && !std::holds_alternative<pqxdh::AcknowledgementEnvelope>(*envelope)) found->second.after = parcel.id;
}

}  // namespace pqc::client
