#include "cli/p2p_options.h"

#include "cli/subcommand.h"

namespace pqc::cli {
namespace {

void add_level(CLI::App& app, P2pCommand& values) {
  app.add_option("--level", values.level, "Lowest level accepted: QUANTUM_RESISTANT (default), ENHANCED or STANDARD");
}

// Of a chat that does not have to prove who is there.
void add_kinds(CLI::App& app, P2pCommand& values) {
  app.add_option("--transport", values.transport, "tcp (default) or udp, which is QUIC");
  app.add_option("--encryption", values.encryption, "ratchet (default); rsa: not quantum-safe; none: NOT ENCRYPTED");
  app.add_flag("--i-know-this-is-not-encrypted", values.accepts_no_encryption, "Needed for --encryption none");
  add_level(app, values);
}

void add_stun(CLI::App& app, P2pCommand& values, const std::string& description) {
  app.add_option("--stun", values.stun, description)->take_all()->expected(1);
}

// Of a chat that looks for its way with tickets.
void add_way(CLI::App& app, P2pCommand& values) {
  add_level(app, values);
  add_stun(app, values, "HOST[:PORT] of a STUN server, which says how this machine is seen from outside");
  app.add_option("--turn", values.turn,
                 "turn:HOST[:PORT][?transport=udp|tcp] or turns:HOST[:PORT] (TLS) of a relay, where no direct way is")
      ->take_all()
      ->expected(1);
  app.add_flag("--no-relay", values.no_relay, "Ask the account's server for no relay");
  app.add_option("--turn-user", values.turn_user, "Your name at the relays");
  app.add_option("--turn-password-file", values.turn_password_file, "File whose first line is the password there")
      ->type_name("FILE");
}

void add_own_address(CLI::App& app, std::string& address) {
  app.add_option("ADDRESS", address, "HOST:PORT or [IPV6]:PORT of this machine; default: every address, any port");
}

void add_listen(CLI::App& app, Options& options) {
  const auto sub = add_action<P2pCommand>(app, options, "listen", "Wait for somebody to connect, and chat");
  add_own_address(*sub.app, sub.values->argument);
  add_kinds(*sub.app, *sub.values);
  auto* const nearby =
      sub.app->add_flag("--nearby", sub.values->nearby, "Let others on the local network find you; over QUIC");
  sub.app->add_option("--nearby-name", sub.values->nearby_name, "By this name; default: one at random")->needs(nearby);
}

void add_connect(CLI::App& app, Options& options) {
  const auto sub = add_action<P2pCommand>(app, options, "connect", "Chat with somebody who listens");
  sub.app->add_option("ADDRESS", sub.values->argument, "HOST:PORT or [IPV6]:PORT of who listens")->required();
  add_kinds(*sub.app, *sub.values);
}

void add_tickets(CLI::App& app, Options& options) {
  const auto ticket = add_action<P2pCommand>(app, options, "ticket", "Chat with whom you give a ticket");
  add_own_address(*ticket.app, ticket.values->argument);
  add_way(*ticket.app, *ticket.values);
  const auto join = add_action<P2pCommand>(app, options, "join", "Chat with whoever gave you a ticket");
  join.app->add_option("TICKET", join.values->argument, "The other side's ticket")->required();
  add_own_address(*join.app, join.values->address);
  add_way(*join.app, *join.values);
}

void add_rendezvous(CLI::App& app, Options& options) {
  const auto sub = add_action<P2pCommand>(app, options, "rendezvous", "Chat with whoever has the same code");
  sub.app->add_option("CODE", sub.values->argument,
                      "The code that both have, '-' to read it from standard input, 'new' or nothing for a new one");
  add_own_address(*sub.app, sub.values->address);
  sub.app->add_option("--server", sub.values->server,
                      "HOST[:PORT] of the server that introduces; default: the configuration's");
  sub.app->add_option("--fingerprint", sub.values->fingerprint, "What 'pqc-chat-server fingerprint' prints there");
  add_way(*sub.app, *sub.values);
}

}  // namespace

void add_identity(CLI::App& app, Options& options) {
  auto* const identity = add_page(app, "identity", "Make an identity without any server, for p2p");
  identity->require_subcommand(1);
  const auto create = add_action<IdentityCommand>(*identity, options, "create", "Make an identity");
  create.app->add_option("NAME", create.values->name, "Your name")->required();
  create.app
      ->add_option("--suite", create.values->suites, "Suites to hold: pq (default), pq-falcon, enhanced, standard")
      ->delimiter(',');
  create.app->add_flag("--passphrase", create.values->with_passphrase,
                       "Open the keys with a passphrase; without it they open unattended");
  add_action<IdentityCommand>(*identity, options, "show", "Print the name and suites of the identity");
  const auto forget = add_action<IdentityCommand>(*identity, options, "forget", "Forget the keys of a peer");
  forget.app->add_option("NAME", forget.values->name, "The peer's name")->required();
}

void add_p2p(CLI::App& app, Options& options) {
  auto* const p2p = add_page(app, "p2p", "Chat directly with somebody, without any server");
  p2p->require_subcommand(1);
  add_listen(*p2p, options);
  add_connect(*p2p, options);
  add_tickets(*p2p, options);
  add_rendezvous(*p2p, options);
  const auto nearby = add_action<P2pCommand>(*p2p, options, "nearby", "List who waits on the local network, or chat");
  nearby.app->add_option("--connect", nearby.values->peer, "Chat with this one of those that are found");
  add_level(*nearby.app, *nearby.values);
  const auto endpoint =
      add_action<P2pCommand>(*p2p, options, "endpoint", "Print how this machine is seen from outside");
  add_stun(*endpoint.app, *endpoint.values, "HOST[:PORT] of a STUN server; two tell the kind of NAT");
}

}  // namespace pqc::cli
