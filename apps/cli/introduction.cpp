#include "cli/introduction.h"

#include "cli/address.h"
#include "cli/p2p_view.h"
#include "p2p/limits.h"
#include "p2p/local_identity.h"

namespace pqc::cli {

using client::Result;
using client::Status;

Result<client::RelayAddress> find_server(const Context& context, const P2pCommand& command) {
  auto address = parse_address(command.server.empty() ? context.config.host : command.server, context.config.port);
  if (!address) return client::pass(address);
  auto pin = parse_fingerprint(command.fingerprint);
  if (!pin) return client::pass(pin);
  return client::RelayAddress{.host = std::move(address->host),
                              .port = address->port,
                              .pin = *pin,
                              .allow_classical = context.config.allow_classical};
}

Introduction::Introduction(const Output& output, Console& console, client::Loop& loop, p2p::Chat& chat,
                           p2p::Meeting& meeting, const p2p::Party& party, client::RelayAddress server, p2p::Address at)
    : output_(output),
      console_(console),
      loop_(loop),
      chat_(chat),
      meeting_(meeting),
      party_(party),
      server_(std::move(server)),
      at_(std::move(at)),
      place_(client::make_meeting_place(loop, server_)),
      rendezvous_(loop, *place_, party.rng, p2p::identity_hash(party.record), handlers()) {}

p2p::Rendezvous::Handlers Introduction::handlers() {
  const auto text_of = [](const Result<p2p::Ticket>& ticket) -> Result<std::string> {
    if (!ticket) return std::unexpected(ticket.error());
    return p2p::to_text(*ticket);
  };
  return {.waiting = [this](const net::Fingerprint& key) { show_waiting(output_, server_, key, new_code_); },
          .offer = [this,
                    text_of](const auto& take) { meeting_.offer(at_, [=](const auto& made) { take(text_of(made)); }); },
          .join = [this, text_of](
                      std::string_view offer,
                      const auto& take) { meeting_.join(offer, at_, [=](const auto& made) { take(text_of(made)); }); },
          .connect = [this](std::string_view answer) { return meeting_.take_answer(answer); },
          .done = [this](const Status& outcome) { on_done(outcome); }};
}

Status Introduction::begin(const std::string& code) {
  if (code.empty() || code == "new") {
    auto made = p2p::make_meeting_code(party_.rng);
    new_code_ = p2p::to_text(made);
    start(std::move(made));
    return {};
  }
  if (code != "-") return take_code(code);
  chat_.ask([this](const std::string& line) { return take_code(line); });
  return {};
}

Status Introduction::take_code(const std::string& text) {
  auto code = p2p::parse_meeting_code(text);
  if (!code)
    return client::fail(ExitCode::invalid_name,
                        "this is no code: 20 letters and digits that 'pqc-chat p2p rendezvous' has made, none misread");
  start(std::move(*code));
  return {};
}

void Introduction::start(p2p::MeetingCode code) {
  rendezvous_.start(std::move(code));
}

void Introduction::on_done(const Status& outcome) {
  if (!outcome) return chat_.abandon(outcome.error());
  console_.show("-- introduced: the server is out of it");
  deadline_ = loop_.after(p2p::limits::introduced_time, [this] {
    chat_.abandon({ExitCode::timed_out,
                   "both were introduced, but neither reaches the other: pqc-chat p2p endpoint says what this network "
                   "allows"});
  });
}

}  // namespace pqc::cli
