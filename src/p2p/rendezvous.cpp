#include "p2p/rendezvous.h"

#include <algorithm>

#include "p2p/limits.h"

namespace pqc::p2p {

using client::Result;
using client::Status;

namespace {

Status nothing_in(ByteView content) {
  if (content.empty()) return {};
  return client::fail(ExitCode::refused, "the other side has sent what belongs into another step of the meeting");
}

}  // namespace

void Rendezvous::start(MeetingCode code) {
  expiry_ = loop_.after(limits::meeting_time, [this] {
    finish(client::fail(ExitCode::timed_out,
                        "nobody came with this code for ten minutes: both have to give the same code and server"));
  });
  place_.connect([this, code = std::make_shared<MeetingCode>(std::move(code))](Result<net::Fingerprint> server) {
    on_connected(*code, std::move(server));
  });
}

void Rendezvous::on_connected(const MeetingCode& code, Result<net::Fingerprint> server) {
  if (!server) return finish(client::pass(server));
  auto seal = MeetingSeal::make(code, *server);
  if (!seal) return finish(client::pass(seal));
  seal_.emplace(std::move(*seal));
  handlers_.waiting(*server);
  exchange(Round::greeting, identity_, [this](ByteView content) { return on_greeting(content); });
}

void Rendezvous::exchange(Round round, ByteView content, Next next) {
  if (!handlers_.done) return;
  auto sealed = seal_->seal(round, content, rng_);
  if (!sealed) return finish(client::pass(sealed));
  ours_ = *sealed;
  place_.exchange(seal_->slot(round), std::move(*sealed), [this, round, next = std::move(next)](Result<Bytes> theirs) {
    if (auto taken = take(round, std::move(theirs), next); !taken) finish(std::move(taken));
  });
}

Status Rendezvous::take(Round round, Result<Bytes> theirs, const Next& next) {
  if (!theirs) return client::pass(theirs);
  if (*theirs == ours_) return client::fail(ExitCode::refused, "the server has given back what this side left there");
  theirs_ = std::move(*theirs);
  const auto content = seal_->open(round, theirs_);
  if (!content) return std::unexpected(content.error());
  return next(*content);
}

// Both see the same two sealed greetings, so both decide alike.
Status Rendezvous::on_greeting(ByteView content) {
  if (equal(content, identity_))
    return client::fail(ExitCode::refused,
                        "this meeting is with yourself: the code was used before, by an attempt that was given up. "
                        "Make a new one");
  if (content.size() != identity_.size())
    return client::fail(ExitCode::refused, "the greeting of the other side is not one");
  if (std::ranges::lexicographical_compare(ours_, theirs_))
    offer();
  else
    exchange(Round::offer, {}, [this](ByteView ticket) { return join(ticket); });
  return {};
}

void Rendezvous::offer() {
  handlers_.offer([this](Result<std::string> ticket) {
    if (!ticket) return finish(client::pass(ticket));
    exchange(Round::offer, as_bytes(*ticket), [this](ByteView nothing) -> Status {
      if (auto checked = nothing_in(nothing); !checked) return checked;
      exchange(Round::answer, {}, [this](ByteView answer) -> Status {
        if (auto taken = handlers_.connect(as_text(answer)); !taken) return taken;
        return introduced();
      });
      return {};
    });
  });
}

Status Rendezvous::join(ByteView offer) {
  handlers_.join(as_text(offer), [this](Result<std::string> ticket) {
    if (!ticket) return finish(client::pass(ticket));
    exchange(Round::answer, as_bytes(*ticket), [this](ByteView nothing) -> Status {
      if (auto checked = nothing_in(nothing); !checked) return checked;
      return introduced();
    });
  });
  return {};
}

Status Rendezvous::introduced() {
  finish({});
  return {};
}

void Rendezvous::finish(Status outcome) {
  expiry_.reset();
  place_.close();
  if (const auto done = std::exchange(handlers_.done, nullptr)) done(std::move(outcome));
}

}  // namespace pqc::p2p
