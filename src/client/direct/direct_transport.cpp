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

bool DirectContacts::apart(const Parcel& parcel) const {
  const auto found = peers_.find({parcel.account, parcel.device});
  return found != peers_.end() && found->second.link != nullptr;
}

void DirectContacts::carry(std::vector<Parcel> parcels, Answer answer) {
  const auto path_of = [this](const Parcel& parcel) -> DirectLink* {
    const auto found = peers_.find({parcel.account, parcel.device});
    return found == peers_.end() ? nullptr : found->second.link.get();
  };
  if (std::ranges::none_of(parcels, path_of)) return to_server(std::move(parcels), std::move(answer));
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
      others.push_back({.parcel = std::move(parcels[i]), .done = std::move(done), .since = {}});
  }
  if (!others.empty()) carry_by_server(std::move(others));
}

// No more than one carry() may have.
void DirectContacts::carry_by_server(std::vector<DirectLink::Waiting> parcels) {
  std::vector<Parcel> carried;
  std::vector<DirectLink::Done> done;
  for (auto& each : parcels) {
    carried.push_back(std::move(each.parcel));
    done.push_back(std::move(each.done));
  }
  to_server(std::move(carried), [done = std::move(done)](const Result<std::vector<ParcelOutcome>>& outcomes) {
    for (std::size_t i = 0; i < done.size(); ++i)
      done[i](outcomes ? (*outcomes)[i] : ParcelOutcome{Carriage::later, outcomes.error()});
  });
}

void DirectContacts::to_server(std::vector<Parcel> parcels, Answer answer) {
  auto noted = note_relayed(parcels);
  if (noted.empty()) return server_.carry(std::move(parcels), std::move(answer));
  server_.carry(std::move(parcels), [this, noted = std::move(noted),
                                     answer = std::move(answer)](Result<std::vector<ParcelOutcome>> outcomes) {
    for (const auto& each : noted)
      settle_relayed(each, outcomes && (*outcomes)[each.place].carriage == Carriage::accepted);
    answer(std::move(outcomes));
  });
}

// What a hello names has to be something that the other side notes: receipts are not.
std::vector<DirectContacts::Relayed> DirectContacts::note_relayed(const std::vector<Parcel>& parcels) {
  std::vector<Relayed> out;
  for (std::size_t i = 0; i < parcels.size(); ++i) {
    const auto found = peers_.find({parcels[i].account, parcels[i].device});
    if (found == peers_.end() || found->second.state == State::none) continue;
    const auto envelope = pqxdh::decode_envelope(parcels[i].body);
    if (!envelope || std::holds_alternative<pqxdh::AcknowledgementEnvelope>(*envelope)) continue;
    found->second.after = parcels[i].id;
    out.push_back({i, found->first, found->second.attempt, parcels[i].id});
  }
  return out;
}

// A path whose hello named what the server did not take would wait for it in vain.
void DirectContacts::settle_relayed(const Relayed& relayed, bool accepted) {
  auto* peer = find(relayed.device, relayed.attempt);
  if (peer == nullptr) return;
  if (accepted) {
    peer->relayed = relayed.id;
  } else if (peer->after == relayed.id) {
    peer->after = peer->relayed;
    if (peer->link)
      on_end(relayed.device, *peer, {ExitCode::unreachable, "the server did not take what went before"}, true);
  }
}

}  // namespace pqc::client
