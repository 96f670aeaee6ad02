// identity, p2p: direct chats without any server (docs/spec/p2p.md).
#include <csignal>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/introduction.h"
#include "cli/nearby.h"
#include "cli/own_relays.h"
#include "cli/p2p_view.h"
#include "cli/passphrase.h"
#include "client/files.h"
#include "p2p/chat.h"
#include "p2p/endpoint.h"
#include "p2p/limits.h"
#include "p2p/meeting.h"
#include "p2p/nearby_connection.h"
#include "p2p/profile.h"
#include "p2p/registry.h"
#include "p2p/turn_uri.h"

namespace pqc::cli {
namespace {

using client::Result;
using client::Status;

ExitCode show_identity(const Context& context, const p2p::Profile& profile) {
  const auto& identity = profile.identity();
  const auto& record = identity.record().record();
  if (context.output.json()) {
    context.output.object(json_object("identity")
                              .add("name", identity.name())
                              .add("suites", profile.suites())
                              .add("record_version", record.version.value)
                              .add("record_expires", rfc3339(record.expires)));
    return ExitCode::ok;
  }
  std::string suites;
  for (const auto& suite : profile.suites()) suites += (suites.empty() ? "" : ", ") + suite;
  context.output.line("name         " + identity.name());
  context.output.line("suites       " + suites);
  return ExitCode::ok;
}

ExitCode create_identity(const Context& context, const IdentityCommand& command) {
  std::optional<SecretBytes> passphrase;
  if (command.with_passphrase || !context.options.passphrase_file.empty()) {
    auto given = find_new_passphrase(context.options.passphrase_file, "PQC_CHAT_PASSPHRASE");
    if (!given) return context.fail(given.error());
    passphrase = std::move(*given);
  }
  const auto made = p2p::Profile::create(context.profile(), command.name, command.suites, passphrase);
  if (!made) return context.fail(made.error());
  return show_identity(context, *made);
}

ExitCode forget_peer(const Context& context, const std::string& name) {
  if (auto done = p2p::Profile::peers_of(context.profile()).forget(name); !done) return context.fail(done.error());
  context.output.note("The keys of " + name + " are forgotten: the next chat shows new ones as unverified.");
  return ExitCode::ok;
}

struct Kinds {
  const p2p::TransportKind* transport = nullptr;
  const p2p::EncryptionKind* encryption = nullptr;
};

bool has_tickets(const P2pCommand& command) {
  return command.action == "ticket" || command.action == "join" || command.action == "rendezvous";
}

// Who is announced is somebody whom a chat proves.
bool is_nearby(const P2pCommand& command) {
  return command.action == "nearby" || command.nearby;
}

Result<Kinds> find_kinds(const P2pCommand& command) {
  auto transport = command.transport;
  if (transport.empty()) transport = has_tickets(command) || is_nearby(command) ? "udp" : "tcp";
  const Kinds out{p2p::find_transport(transport), p2p::find_encryption(command.encryption)};
  if (out.transport == nullptr)
    return client::fail(ExitCode::usage, "there is no transport '" + printable(command.transport) + "': tcp or udp");
  if (out.encryption == nullptr)
    return client::fail(ExitCode::usage,
                        "there is no encryption '" + printable(command.encryption) + "': ratchet, rsa or none");
  if (is_nearby(command) && (transport != "udp" || command.encryption != "ratchet"))
    return client::fail(ExitCode::usage,
                        "nearby is for chats that prove who is there: transport udp, encryption ratchet");
  if (!out.encryption->consent.empty() && !command.accepts_no_encryption)
    return client::fail(ExitCode::usage,
                        "everybody on the way reads and changes what is written without encryption: "
                        "if that is meant, add " +
                            std::string(out.encryption->consent));
  return out;
}

Result<p2p::Address> find_address(const P2pCommand& command) {
  const bool second = command.action == "join" || command.action == "rendezvous";
  const auto& text = second ? command.address : command.argument;
  return text.empty() ? p2p::Address{} : p2p::parse_address(text, command.action != "connect");
}

Result<std::string> read_turn_password(const std::string& file) {
  const auto content = client::read_private_file(file, p2p::limits::turn_password);
  if (!content) return std::unexpected(content.error());
  const auto text = as_text(content->view());
  return std::string(text.substr(0, text.find_first_of("\r\n")));
}

Result<p2p::IceServers> find_servers(const P2pCommand& command) {
  p2p::IceServers out;
  for (const auto& text : command.stun) {
    auto server = p2p::parse_stun_server(text);
    if (!server) return client::pass(server);
    out.stun.push_back(std::move(*server));
  }
  if (command.no_relay && !command.turn.empty())
    return client::fail(ExitCode::usage, "--turn names a relay, and --no-relay wants none");
  if (command.turn.empty()) return out;
  if (command.turn_user.empty() || command.turn_password_file.empty())
    return client::fail(ExitCode::usage,
                        "a relay wants to know who you are: --turn-user NAME --turn-password-file FILE");
  const auto password = read_turn_password(command.turn_password_file);
  if (!password) return std::unexpected(password.error());
  for (const auto& text : command.turn) {
    const auto uri = p2p::parse_turn_uri(text);
    if (!uri) return std::unexpected(uri.error());
    out.turn.push_back({*uri, command.turn_user, *password});
  }
  return out;
}

// The chat listens or connects when this returns.
Status begin(const Output& output, const P2pCommand& command, const p2p::EncryptionKind& encryption,
             p2p::Transport& transport, const p2p::Address& address, p2p::Chat& chat,
             NearbyAnnouncement& announcement) {
  if (command.action == "connect") {
    chat.connect(transport, address);
    return {};
  }
  const auto at = chat.listen(transport, address);
  if (!at) return std::unexpected(at.error());
  show_listening(output, *at, encryption);
  return command.nearby ? announcement.start(command.nearby_name, at->port) : Status();
}

// Goes on when our ticket is made.
Status begin(const Output& output, const P2pCommand& command, const p2p::Address& address, p2p::Meeting& meeting,
             p2p::Chat& chat) {
  const auto take = [&](const Result<p2p::Ticket>& ticket) {
    if (!ticket) return chat.abandon(ticket.error());
    show_ticket(output, *ticket);
    if (ticket->kind == p2p::Ticket::Kind::offer) meeting.ask_for_answer();
  };
  command.action == "join" ? meeting.join(command.argument, address, take) : meeting.offer(address, take);
  return {};
}

Status begin(const p2p::NearbyPeer& peer, p2p::NearbyConnection& connection) {
  connection.start(peer);
  return {};
}

Status chat(const Context& context, const P2pCommand& command) {
  if (!command.nearby_name.empty())
    if (auto checked = p2p::check_nearby_name(command.nearby_name); !checked) return checked;
  const auto kinds = find_kinds(command);
  if (!kinds) return std::unexpected(kinds.error());
  const auto address = find_address(command);
  if (!address) return std::unexpected(address.error());
  const bool introduced = command.action == "rendezvous";
  auto server = introduced ? find_server(context, command) : client::RelayAddress();
  if (!server) return client::pass(server);
  auto servers = find_servers(command);
  if (!servers) return client::pass(servers);
  const bool to_nearby = command.action == "nearby";
  const auto peer = to_nearby ? find_nearby(context, command.peer) : p2p::NearbyPeer();
  if (!peer) return std::unexpected(peer.error());
  auto profile = p2p::Profile::open(context.profile(), context.open_options().ask_passphrase);
  if (!profile) return client::pass(profile);
  const auto party = profile->party(command.level);
  if (!party) return std::unexpected(party.error());
  if (has_tickets(command) && command.turn.empty() && !command.no_relay) servers->turn = relays_of_account(context);
  auto make_encryptor = kinds->encryption->prepare(*party);
  if (!make_encryptor) return client::pass(make_encryptor);

  client::Loop loop;
  Console console(loop, context.output, "> ");
  p2p::IceTransport ice(loop, party->rng, std::move(*servers));
  const auto made = has_tickets(command) || to_nearby ? nullptr : kinds->transport->make(loop);
  NearbyAnnouncement announcement(context.output, console, loop, *party);
  p2p::Chat chat(loop, console,
                 {.transport = kinds->transport->name,
                  .encryption = *kinds->encryption,
                  .make_encryptor = std::move(*make_encryptor),
                  .party = *party,
                  .peers = profile->peers(),
                  .show_status =
                      [&](const p2p::LinkStatus& status) {
                        announcement.end();
                        show_status(context.output, console, status);
                      },
                  .show_file = [&](const p2p::FileStatus& status) { show_file(context.output, console, status); }});
  p2p::NearbyConnection nearby(loop, chat);
  p2p::Meeting meeting(loop, ice, chat, *party);
  const auto signals = loop.on_signals({SIGINT, SIGTERM, SIGHUP}, [&chat](int) { chat.end(); });
  std::optional<Introduction> introduction;
  if (introduced)
    introduction.emplace(context.output, console, loop, chat, meeting, *party, std::move(*server), *address);
  const auto begun = made ? begin(context.output, command, *kinds->encryption, *made, *address, chat, announcement)
                     : to_nearby  ? begin(*peer, nearby)
                     : introduced ? introduction->begin(command.argument)
                                  : begin(context.output, command, *address, meeting, chat);
  return begun ? chat.run() : begun;
}

std::string_view advice(p2p::Nat nat) {
  switch (nat) {
    case p2p::Nat::none:
      return "no NAT: others reach this address if no firewall stands before it";
    case p2p::Nat::endpoint_independent:
      return "endpoint-independent NAT: every server sees the same address, so hole punching can work";
    case p2p::Nat::address_dependent:
      return "address-dependent (symmetric) NAT: each server sees another address, so only a peer that is easy to "
             "reach, or "
             "a relay, can work";
    default:
      return "the kind of NAT is not known: ask two servers at different addresses";
  }
}

void show_answer(const Output& output, const p2p::StunAnswer& answer) {
  const auto server = p2p::to_text(answer.server);
  if (output.json()) {
    auto object = json_object("stun");
    object.add("server", server).add("answered", answer.mapped.has_value());
    if (answer.mapped)
      object.add("mapped", p2p::to_text(*answer.mapped))
          .add("local", p2p::to_text(answer.local))
          .add("round_trip_us", answer.round_trip.count());
    else
      object.add("failure", answer.failure);
    output.object(object);
  } else if (answer.mapped) {
    output.line(printable(server) + " sees " + p2p::to_text(*answer.mapped) + ", " +
                std::to_string(answer.round_trip.count()) + " us");
  } else {
    output.line(printable(server) + " " + printable(answer.failure));
  }
}

// Two answers from different addresses tell the kind of NAT; further servers are only asked when one fails.
Status find_endpoint(const Context& context, const P2pCommand& command) {
  constexpr std::size_t answers_wanted = 2;
  if (command.stun.empty())
    return client::fail(ExitCode::usage,
                        "which STUN server? Give --stun HOST[:PORT], better two: each learns this "
                        "machine's address, so none is asked by itself");
  const auto servers = find_servers(command);
  if (!servers) return std::unexpected(servers.error());
  const auto found = p2p::find_endpoint(servers->stun, answers_wanted,
                                        [&](const p2p::StunAnswer& answer) { show_answer(context.output, answer); });
  if (!found) return std::unexpected(found.error());
  if (context.output.json())
    context.output.object(
        json_object("endpoint").add("address", p2p::to_text(found->address)).add("nat", p2p::name(found->nat)));
  else
    context.output.line("endpoint " + p2p::to_text(found->address) + ": " + std::string(advice(found->nat)));
  return {};
}

}  // namespace

ExitCode run(const Context& context, const IdentityCommand& command) {
  if (command.action == "show") {
    const auto profile = p2p::Profile::open(context.profile(), context.open_options().ask_passphrase);
    return profile ? show_identity(context, *profile) : context.fail(profile.error());
  }
  return command.action == "create" ? create_identity(context, command) : forget_peer(context, command.name);
}

ExitCode run(const Context& context, const P2pCommand& command) {
  const bool lists = command.action == "nearby" && command.peer.empty();
  const auto outcome = command.action == "endpoint" ? find_endpoint(context, command)
                       : lists                      ? list_nearby(context)
                                                    : chat(context, command);
  return outcome ? ExitCode::ok : context.fail(outcome.error());
}

}  // namespace pqc::cli
