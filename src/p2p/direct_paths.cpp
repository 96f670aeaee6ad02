#include "p2p/direct_paths.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "crypto/random.h"
#include "p2p/ice_transport.h"
#include "p2p/limits.h"
#include "p2p/ticket.h"

namespace pqc::p2p {
namespace {

using client::Error;
using client::Result;
using client::Status;

// A server on loopback is out of reach of sockets on other addresses, and would see nothing new.
IceServers servers_of(const client::StunService& stun) {
  const bool loopback = stun.host == "localhost" || stun.host.starts_with("127.");
  IceServers out;
  if (stun.port != 0 && !loopback) out.stun.push_back({stun.host, stun.port});
  return out;
}

class IceDirectPath final : public client::DirectPath {
 public:
  IceDirectPath(client::Loop& loop, const Clock& clock, Rng& rng, const client::StunService& stun, Handlers handlers)
      : clock_(clock), handlers_(std::move(handlers)), transport_(loop, rng, servers_of(stun)) {}

  void offer() {
    ours_.kind = Ticket::Kind::offer;
    gather(net::QuicRole::client);
  }
  void answer(Ticket offer) {
    ours_.kind = Ticket::Kind::answer;
    ours_.answers = hash_of(offer);
    theirs_ = std::move(offer);
    gather(net::QuicRole::server);
  }
  Status accept(std::string_view text) override;
  Status add(ByteView candidates, bool last) override;
  void send(ByteView frame) override {
    if (link_) link_->send(frame);
  }

 private:
  void gather(net::QuicRole role);
  Status complete();
  void tell_more(bool last);
  void tell_left_out();
  void take(LinkPtr link);
  void close(const Error& why);

  const Clock& clock_;
  Handlers handlers_;
  IceTransport transport_;
  LinkPtr link_;
  Ticket ours_;
  std::optional<Ticket> theirs_;            // the offer that we answer, or the answer that came
  bool told_ = false;                       // our ticket
  std::vector<net::ice::Candidate> known_;  // of ours, to the other side
  bool all_added_ = false;                  // theirs
  bool closed_ = false;
};

void IceDirectPath::gather(net::QuicRole role) {
  transport_.gather_as_found(
      {}, role,
      [this](const Status& gathered) {
        const auto ready = gathered ? complete() : gathered;
        if (!ready) return close(ready.error());
        told_ = true;
        handlers_.ticket(to_text(ours_));
        tell_left_out();
      },
      [this](bool last) { tell_more(last); });
}

void IceDirectPath::tell_more(bool last) {
  if (closed_ || link_) return;
  for (auto& news : candidates_since(known_, transport_.candidates(), last))
    handlers_.candidates(std::move(news.candidates), news.last);
}

// A ticket has no room for all of a machine with many addresses.
void IceDirectPath::tell_left_out() {
  auto told = known_;
  if (!candidates_since(told, transport_.candidates(), false).empty()) tell_more(transport_.all_found());
}

// Who answers lets the other side in before it tells where.
Status IceDirectPath::complete() {
  constexpr std::int64_t minute = 60'000;
  const auto life = std::chrono::milliseconds(limits::direct_ticket_life).count();
  ours_.expires = {(clock_.now().value + life + minute - 1) / minute * minute};
  ours_.certificate = transport_.fingerprint().bytes;
  ours_.ice = transport_.keys();
  ours_.candidates = by_need(transport_.candidates());
  if (ours_.candidates.empty()) return client::fail(ExitCode::unreachable, "this machine has no address");
  known_ = candidates_in(ours_);
  if (!theirs_) return {};
  return transport_.accept(*theirs_, [this](LinkPtr link) { take(std::move(link)); });
}

Status IceDirectPath::accept(std::string_view text) {
  const auto answer = parse_ticket(text, clock_.now());
  if (!answer) return std::unexpected(answer.error());
  if (!told_ || theirs_ || answer->kind != Ticket::Kind::answer || answer->answers != hash_of(ours_))
    return client::fail(ExitCode::refused, "this ticket does not answer the offer");
  theirs_ = *answer;
  transport_.connect(*answer, [this](Result<LinkPtr> link) {
    if (!link) return close(link.error());
    take(std::move(*link));
  });
  return {};
}

Status IceDirectPath::add(ByteView candidates, bool last) {
  const auto more = decode_candidates(candidates);
  if (!more) return client::fail(ExitCode::refused, "these are no candidates");
  if (link_ || !theirs_ || std::exchange(all_added_, all_added_ || last)) return {};
  if (told_) {
    transport_.add_candidates(*more);
    return {};
  }
  // Nothing is checked before our answer is there: until then they are as good as those of the offer.
  auto& all = theirs_->candidates;
  const auto room = limits::candidates_in_all - std::min(limits::candidates_in_all, all.size());
  all.insert(all.end(), more->begin(), more->begin() + static_cast<std::ptrdiff_t>(std::min(more->size(), room)));
  return {};
}

// One link a path: who has the key is let in once.
void IceDirectPath::take(LinkPtr link) {
  if (link_ || closed_) return;
  link_ = std::move(link);
  link_->start({.frame = [this](ByteView frame) { handlers_.frame(frame); },
                .drained = [] {},
                .closed = [this](const Error& why) { close(why); }},
               limits::frame);
  handlers_.open();
}

void IceDirectPath::close(const Error& why) {
  if (!std::exchange(closed_, true)) handlers_.closed(why);
}

}  // namespace

client::DirectPathPtr IceDirectPaths::offer(client::DirectPath::Handlers handlers) {
  auto path = std::make_unique<IceDirectPath>(loop_, clock_, rng_, stun_(), std::move(handlers));
  path->offer();
  return path;
}

Result<client::DirectPathPtr> IceDirectPaths::answer(std::string_view offer, client::DirectPath::Handlers handlers) {
  auto ticket = parse_ticket(offer, clock_.now());
  if (!ticket) return std::unexpected(ticket.error());
  if (ticket->kind != Ticket::Kind::offer) return client::fail(ExitCode::refused, "this ticket is no offer");
  auto path = std::make_unique<IceDirectPath>(loop_, clock_, rng_, stun_(), std::move(handlers));
  path->answer(std::move(*ticket));
  return path;
}

client::DirectOptions direct_options(client::DirectPolicy policy) {
  static const SystemClock clock;
  return {.policy = policy, .make = [](client::Loop& loop, std::function<client::StunService()> stun) {
            return std::make_unique<IceDirectPaths>(loop, clock, crypto::SystemRng::instance(), std::move(stun));
          }};
}

}  // namespace pqc::p2p
