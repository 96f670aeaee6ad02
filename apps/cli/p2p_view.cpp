#include "cli/p2p_view.h"

#include <unistd.h>

#include "base/log.h"
#include "cli/console.h"
#include "cli/safety_code.h"

namespace pqc::cli {
namespace {

// What the level of this chat is worth, in a sentence.
std::string_view meaning(const p2p::LinkStatus& status) {
  if (status.quantum_safe)
    return "Whoever records this chat cannot read it later, not even with a quantum computer; the name is proved.";
  if (!status.peer.identity.empty())
    return "Whoever records this chat can read it once there are large quantum computers; the name is proved for "
           "today.";
  if (!status.peer.comparable.empty())
    return "Whoever records this chat can read it once there are large quantum computers; nothing proves the name.";
  return "Everybody on the way reads and changes this chat; nothing proves the name.";
}

std::string describe_path(const p2p::LinkStatus& status) {
  if (status.path != p2p::LinkPath::relay) return "";
  return status.relay.empty() ? " through the other side's relay" : " through the relay " + printable(status.relay);
}

// The label of the encryption stands in every status, and for whatever is not quantum-safe that it is not.
std::string describe(const p2p::LinkStatus& status) {
  std::string text = "-- " + status.peer.name + (status.verified ? " (verified)" : " (not verified)") + " by " +
                     status.transport + (status.remote.host.empty() ? "" : " at " + p2p::to_text(status.remote)) +
                     describe_path(status) + ", encryption " + status.encryption;
  if (!status.peer.suite.empty()) text += ", suite " + status.peer.suite + ", level " + status.peer.level;
  if (status.quantum_safe)
    text += ", quantum-safe";
  else if (status.encryption.find("not quantum-safe") == std::string::npos)
    text += ", not quantum-safe";
  if (!status.security.empty()) text += ", inside " + status.security;
  if (status.round_trip) text += ", round trip " + std::to_string(status.round_trip->count()) + " us";
  text += "\n-- ";
  text += meaning(status);
  if (status.peer.comparable.empty()) return text;
  if (status.peer.suite.empty()) return text + "\nFingerprints of this connection:\n" + status.peer.comparable;
  text += "\nSafety number:";
  for (std::size_t i = 0; i < status.peer.comparable.size(); i += 5)
    text += (i % 20 == 0 ? "\n    " : " ") + status.peer.comparable.substr(i, 5);
  return text;
}

}  // namespace

void show_status(const Output& output, Console& console, const p2p::LinkStatus& status) {
  if (!output.json()) return console.show(describe(status));
  auto object = json_object("p2p_status");
  object.add("peer", status.peer.name)
      .add("verified", status.verified)
      .add("authenticated", !status.peer.identity.empty())
      .add("transport", status.transport)
      .add("local", p2p::to_text(status.local))
      .add("remote", status.remote.host.empty() ? "" : p2p::to_text(status.remote))
      .add("path", p2p::name(status.path))
      .add("relay", status.relay)
      .add("transport_security", status.security)
      .add("encryption", status.encryption)
      .add("quantum_safe", status.quantum_safe)
      .add("suite", status.peer.suite)
      .add("level", status.peer.level)
      .add("meaning", meaning(status))
      .add("compare", status.peer.comparable);
  if (status.round_trip) object.add("round_trip_us", status.round_trip->count());
  output.object(object);
}

void show_file(const Output& output, Console& console, const p2p::FileStatus& status) {
  using State = p2p::FileStatus::State;
  if (output.json()) {
    auto object = json_object("p2p_file");
    object.add("id", to_hex(status.id))
        .add("name", status.name)
        .add("direction", status.incoming ? "incoming" : "outgoing")
        .add("status", p2p::name(status.state))
        .add("done", status.done)
        .add("size", status.size);
    if (!status.path.empty()) object.add("path", status.path);
    if (!status.failure.empty()) object.add("failure", status.failure);
    output.object(object);
    return;
  }
  std::string text = "-- file " + status.name + ", " + std::to_string(status.size) + " bytes: ";
  if (status.state == State::going)
    text += std::to_string(status.size == 0 ? 100 : status.done * 100 / status.size) + " %";
  else
    text += p2p::name(status.state);
  if (status.state == State::offered && status.incoming) text += " to you; /accept or /decline";
  if (!status.path.empty()) text += ", " + status.path;
  if (!status.failure.empty()) text += ", " + status.failure;
  console.show(text);
}

void show_listening(const Output& output, const p2p::Address& address, const p2p::EncryptionKind& encryption) {
  const auto text = p2p::to_text(address);
  if (output.json())
    output.object(json_object("p2p_listening").add("address", text).add("encryption", encryption.label));
  else
    output.line("-- listening at " + text + ", encryption " + std::string(encryption.label));
}

void show_waiting(const Output& output, const client::RelayAddress& server, const net::Fingerprint& key,
                  const std::string& code) {
  const auto where = p2p::to_text(p2p::Address{server.host, server.port});
  if (output.json()) {
    auto object = json_object("p2p_rendezvous");
    object.add("server", where).add("fingerprint", net::to_text(key));
    if (!code.empty()) object.add("code", code);
    output.object(object);
    return;
  }
  output.line("-- the server at " + where + " has the key " + net::to_text(key));
  if (!code.empty()) {
    output.line("-- tell nobody but the other side, who runs within ten minutes:");
    output.line("pqc-chat p2p rendezvous " + code + " --server " + where + " --fingerprint " + net::to_text(key));
  }
  output.line("-- waiting for the other side");
}

// The code only where somebody may hold a camera to it.
void show_ticket(const Output& output, const p2p::Ticket& ticket) {
  const auto text = p2p::to_text(ticket);
  const bool offer = ticket.kind == p2p::Ticket::Kind::offer;
  if (output.json()) {
    output.object(json_object("p2p_ticket")
                      .add("kind", offer ? "offer" : "answer")
                      .add("ticket", text)
                      .add("expires", rfc3339(ticket.expires)));
    return;
  }
  if (::isatty(STDOUT_FILENO) == 1)
    for (const auto& row : safety_code(as_bytes(text))) output.line(row);
  output.line(text);
  output.line(
      "-- your ticket, good until " + local_time(ticket.expires) +
      (offer ? "; the other side runs: pqc-chat p2p join TICKET" : "; the other side pastes it where it waits for it"));
  if (offer) output.line("-- paste the ticket that the other side gets, and press Enter");
}

}  // namespace pqc::cli
