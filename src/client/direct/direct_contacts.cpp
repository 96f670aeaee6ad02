#include "client/direct/direct_contacts.h"

#include <algorithm>

#include "base/log.h"
#include "client/limits.h"
#include "protocol/pqxdh/envelope.h"

namespace pqc::client {

using std::chrono::steady_clock;

void DirectContacts::join(Outbox& outbox, Sync& sync) {
  outbox_ = &outbox;
  sync_ = &sync;
}

void DirectContacts::allow(DirectPolicy policy, std::unique_ptr<DirectPaths> paths) {
  if (policy == DirectPolicy::off || !paths || paths_) return;
  policy_ = policy;
  paths_ = std::move(paths);
  outbox_->goes_direct = [this](const ContactRow& contact) { return willing(contact); };
  sync_->direct_committed = [this](const DirectCommit& commit) { on_commit(commit); };
}

bool DirectContacts::willing(const ContactRow& contact) const {
  if (!paths_ || contact.state != ContactState::accepted || contact.barred || contact.blocked()) return false;
  if (core_.contacts.is_self(contact) || hides_from(contact.id)) return false;
  return policy_ == DirectPolicy::on || (policy_ == DirectPolicy::contacts && contact.verified);
}

bool DirectContacts::allowed(const Device& device, std::int64_t id) {
  const auto contact = core_.store.contacts.find(id);
  if (!contact || !*contact || !willing(**contact)) return false;
  const auto record = core_.contacts.pinned(**contact);
  if (!record || !*record) return false;
  const auto* entry = (*record)->record().find({device.second});
  return entry != nullptr && entry->state == identity::DeviceState::active;
}

bool DirectContacts::reaches(const ContactRow& contact) {
  const auto record = core_.contacts.pinned(contact);
  if (!record || !*record) return false;
  std::size_t reached = 0;
  for (const auto& entry : (*record)->record().devices) {
    if (entry.state != identity::DeviceState::active) continue;
    const auto found = peers_.find({contact.peer, entry.id.value});
    if (found == peers_.end() || !found->second.link || !found->second.link->is_open()) return false;
    ++reached;
  }
  return reached > 0;
}

// Front ends hear of it when it changes.
void DirectContacts::tell_path(std::int64_t id) {
  const auto contact = core_.store.contacts.find(id);
  if (!contact || !*contact) return;
  const bool direct = reaches(**contact);
  if (std::exchange(told_[id], direct) == direct) return;
  log(LogLevel::info, "direct.path", {{"peer", (*contact)->peer}, {"path", direct ? "direct" : "relay"}});
  core_.emit(PathState{.peer = (*contact)->peer, .direct = direct});
}

void DirectContacts::on_commit(const DirectCommit& commit) {
  std::map<Device, std::vector<MessageId>> handled;
  for (const auto& each : commit.handled) handled[{each.peer, each.device.value}].push_back(each.id);
  for (const auto& [device, ids] : handled) {
    const auto found = peers_.find(device);
    if (found != peers_.end() && found->second.link) found->second.link->confirm(ids);
  }
  for (const auto& [name, number] : commit.unfit) {
    const auto found = peers_.find({name, number.value});
    if (found != peers_.end() && found->second.link)
      on_end(found->first, found->second, {ExitCode::refused, "what came over it was of no use"}, true);
  }
  for (const auto& news : commit.news) on_news(news);
  for (auto& [device, peer] : peers_)
    if (peer.link) peer.link->look();
  look_again();
}

void DirectContacts::look_again() {
  for (auto& [device, peer] : peers_)
    if (peer.state != State::none && !allowed(device, peer.contact))
      on_end(device, peer, {ExitCode::refused, "it is not allowed any more"}, false);
}

void DirectContacts::stop() {
  for (auto& [device, peer] : peers_)
    if (peer.state != State::none) on_end(device, peer, {ExitCode::unreachable, "this side goes offline"}, false);
}

void DirectContacts::on_news(const DirectNews& news) {
  const Device device{news.peer, news.device.value};
  const auto found = peers_.find(device);
  // It would have taken the path if it still had it (§5).
  if (news.by_server && found != peers_.end() && found->second.link && found->second.link->in_order())
    on_end(device, found->second, {ExitCode::unreachable, "the other side has given it up"}, false);
  const auto contact = core_.store.contacts.find(news.contact);
  if (!contact || !*contact || !willing(**contact)) return;
  const auto age = core_.clock.now() - news.content.sent_at;
  if (age > limits::direct_fresh || age < -limits::direct_fresh) return;
  if (const auto* offer = std::get_if<DirectOfferContent>(&news.content.body)) return on_offer(device, news, *offer);
  if (const auto* answer = std::get_if<DirectAnswerContent>(&news.content.body)) return on_answer(device, *answer);
  if (const auto* more = std::get_if<DirectCandidatesContent>(&news.content.body)) return on_candidates(device, *more);
  if (news.content.direct && news.by_server) begin_offer(device, news.contact);
}

void DirectContacts::on_offer(const Device& device, const DirectNews& news, const DirectOfferContent& offer) {
  const auto found = peers_.find(device);
  if (found != peers_.end()) {
    auto& peer = found->second;
    // Glare (§3): the lower id goes on.
    if (peer.state == State::offering && peer.offer < news.content.id) return;
    const bool used = peer.state == State::in_use && peer.link && peer.link->is_open();
    const bool replaces_unused = !used && peer.state != State::none && peer.state != State::offering;
    if (peer.state != State::offering && !peer.pace.may_answer(steady_clock::now(), replaces_unused)) return;
    if (peer.state != State::none)
      on_end(device, peer, {ExitCode::unreachable, "the other side offers another path"}, replaces_unused);
  }
  begin_answer(device, news, offer);
}

void DirectContacts::on_answer(const Device& device, const DirectAnswerContent& answer) {
  const auto found = peers_.find(device);
  if (found == peers_.end()) return;
  auto& peer = found->second;
  if (peer.state != State::offering || peer.offer != answer.offer) return;
  if (!allowed(device, peer.contact))
    return on_end(device, peer, {ExitCode::refused, "it is not allowed any more"}, false);
  if (auto taken = peer.path->accept(answer.ticket); !taken) on_end(device, peer, taken.error(), true);
}

// Of an attempt that is over, or of an offer that gave way, they are of no use.
void DirectContacts::on_candidates(const Device& device, const DirectCandidatesContent& candidates) {
  const auto found = peers_.find(device);
  if (found == peers_.end()) return;
  auto& peer = found->second;
  if (peer.state == State::none || !peer.path || peer.offer != candidates.offer) return;
  if (auto added = peer.path->add(candidates.candidates, candidates.last); !added)
    on_end(device, peer, added.error(), true);
}

DirectContacts::Peer* DirectContacts::begin(const Device& device, std::int64_t contact, State state) {
  const auto busy = std::ranges::count_if(peers_, [](const auto& each) { return each.second.state != State::none; });
  if (static_cast<std::size_t>(busy) >= limits::direct_paths) return nullptr;
  auto& peer = peers_[device];
  peer.contact = contact;
  peer.state = state;
  peer.attempt = ++attempts_;
  peer.after = {};
  peer.relayed = {};
  peer.pace.begin(steady_clock::now());
  peer.deadline = core_.loop.after(limits::direct_attempt, [this, device, attempt = peer.attempt] {
    if (auto* late = find(device, attempt)) on_end(device, *late, {ExitCode::timed_out, "no path was found"}, true);
  });
  return &peer;
}

void DirectContacts::begin_offer(const Device& device, std::int64_t contact) {
  const auto found = peers_.find(device);
  if (found != peers_.end() &&
      (found->second.state != State::none || !found->second.pace.may_offer(steady_clock::now())))
    return;
  auto* peer = allowed(device, contact) ? begin(device, contact, State::offering) : nullptr;
  if (peer == nullptr) return;
  peer->offer = core_.rng.bytes<16>();
  keep(*peer, paths_->offer(handlers_for(device, peer->attempt)));
}

void DirectContacts::begin_answer(const Device& device, const DirectNews& news, const DirectOfferContent& offer) {
  auto* peer = allowed(device, news.contact) ? begin(device, news.contact, State::answering) : nullptr;
  if (peer == nullptr) return;
  peer->offer = news.content.id;
  auto path = paths_->answer(offer.ticket, handlers_for(device, peer->attempt));
  if (!path) return on_end(device, *peer, path.error(), true);
  keep(*peer, std::move(*path));
}

// It may have failed while it was made.
void DirectContacts::keep(Peer& peer, DirectPathPtr path) {
  if (peer.state != State::none)
    peer.path = std::move(path);
  else
    core_.loop.post([late = std::shared_ptr<DirectPath>(std::move(path))] {});
}

DirectContacts::Peer* DirectContacts::find(const Device& device, std::uint64_t attempt) {
  const auto found = peers_.find(device);
  if (found == peers_.end() || found->second.attempt != attempt || found->second.state == State::none) return nullptr;
  return &found->second;
}

DirectPath::Handlers DirectContacts::handlers_for(const Device& device, std::uint64_t attempt) {
  return {.ticket =
              [this, device, attempt](std::string ticket) {
                auto* peer = find(device, attempt);
                if (peer == nullptr) return;
                if (auto told = tell_ticket(device, *peer, std::move(ticket)); !told)
                  on_end(device, *peer, told.error(), true);
              },
          .candidates =
              [this, device, attempt](Bytes candidates, bool last) {
                auto* peer = find(device, attempt);
                if (peer == nullptr) return;
                const Content content{.id = core_.rng.bytes<16>(),
                                      .sent_at = core_.clock.now(),
                                      .body = DirectCandidatesContent{peer->offer, std::move(candidates), last}};
                if (auto told = tell(device, *peer, content); !told) on_end(device, *peer, told.error(), true);
              },
          .open =
              [this, device, attempt] {
                if (auto* peer = find(device, attempt)) on_open(device, *peer);
              },
          .frame =
              [this, device, attempt](ByteView frame) {
                auto* peer = find(device, attempt);
                if (peer != nullptr && peer->link) peer->link->on_frame(frame);
              },
          .closed =
              [this, device, attempt](const Error& why) {
                if (auto* peer = find(device, attempt))
                  on_end(device, *peer, why, !peer->link || !peer->link->is_open());
              }};
}

Status DirectContacts::tell_ticket(const Device& device, const Peer& peer, std::string ticket) {
  const bool offers = peer.state == State::offering;
  Content content{.id = offers ? peer.offer : core_.rng.bytes<16>(), .sent_at = core_.clock.now(), .body = {}};
  if (offers)
    content.body = DirectOfferContent{std::move(ticket)};
  else
    content.body = DirectAnswerContent{.ticket = std::move(ticket), .offer = peer.offer};
  if (auto told = tell(device, peer, content); !told) return told;
  log(LogLevel::info, offers ? "direct.offered" : "direct.answered", {{"peer", device.first}});
  return {};
}

// Inside the ratchet, to this device alone.
Status DirectContacts::tell(const Device& device, const Peer& peer, const Content& content) {
  auto contact = core_.store.contacts.find(peer.contact);
  if (!contact) return pass(contact);
  if (!*contact || !allowed(device, peer.contact)) return fail(ExitCode::refused, "it is not allowed any more");
  auto record = core_.contacts.pinned(**contact);
  if (!record) return pass(record);
  auto can = core_.sessions.can_seal(**contact, {device.second});
  if (!can) return pass(can);
  if (!*can) return fail(ExitCode::unreachable, "no session with that device is there");
  auto transaction = core_.store.begin();
  if (!transaction) return pass(transaction);
  if (auto done = outbox_->add_control(**contact, **record, {device.second}, content); !done) return done;
  if (auto done = core_.account.commit(*transaction); !done) return done;
  outbox_->pump();
  return {};
}

void DirectContacts::on_open(const Device& device, Peer& peer) {
  peer.state = State::in_use;
  const auto attempt = peer.attempt;
  const auto guarded = [this, device, attempt](auto&& then) {
    if (auto* current = find(device, attempt)) then(*current);
  };
  peer.link = std::make_unique<DirectLink>(
      core_.loop, peer.after,
      DirectLink::Handlers{
          .send = [path = peer.path.get()](ByteView frame) { path->send(frame); },
          .open =
              [this, guarded] {
                guarded([this](Peer& current) {
                  current.deadline.reset();
                  current.pace.use();
                  tell_path(current.contact);
                });
              },
          .seen = [this, contact = peer.contact](
                      const MessageId& id) { return core_.store.outbox.seen(contact, id).value_or(false); },
          .parcel = [this, device](DirectParcel parcel) { return take(device, std::move(parcel)); },
          .failed = [this, device, guarded](
                        const Error& why) { guarded([&](Peer& current) { on_end(device, current, why, true); }); }});
}

Status DirectContacts::take(const Device& device, DirectParcel parcel) {
  if (!pqxdh::decode_envelope(parcel.envelope)) return fail(ExitCode::protocol_mismatch, "a parcel is no envelope");
  if (!sync_->deliver_direct(device.first, {device.second}, std::move(parcel)))
    return fail(ExitCode::quota, "too much waits to be stored");
  return {};
}

void DirectContacts::on_end(const Device& device, Peer& peer, const Error& why, bool failed) {
  log(LogLevel::info, "direct.ended", {{"peer", device.first}, {"why", why.message}});
  peer.state = State::none;
  peer.deadline.reset();
  peer.pace.end(steady_clock::now(), failed);
  auto waiting = peer.link ? peer.link->take_waiting() : std::deque<DirectLink::Waiting>();
  // A handler of either may be what runs now.
  core_.loop.post([path = std::shared_ptr<DirectPath>(std::move(peer.path)),
                   link = std::shared_ptr<DirectLink>(std::move(peer.link))] {});
  tell_path(peer.contact);
  give_back(std::move(waiting));
}

// In their order, before anything newer (§5).
void DirectContacts::give_back(std::deque<DirectLink::Waiting> waiting) {
  while (!waiting.empty()) {
    std::vector<DirectLink::Waiting> some;
    std::size_t bytes = 0;
    while (!waiting.empty() && some.size() < server_.batch() &&
           (some.empty() || bytes + waiting.front().parcel.body.size() <= limits::append_bytes)) {
      bytes += waiting.front().parcel.body.size();
      some.push_back(std::move(waiting.front()));
      waiting.pop_front();
    }
    carry_by_server(std::move(some));
  }
}

}  // namespace pqc::client
