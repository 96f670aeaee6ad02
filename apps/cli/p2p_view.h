// What a direct chat shows, for people and as JSON.
#pragma once

#include "cli/output.h"
#include "client/relay.h"
#include "p2p/chat.h"
#include "p2p/ticket.h"

namespace pqc::cli {

class Console;

void show_status(const Output& output, Console& console, const p2p::LinkStatus& status);
void show_listening(const Output& output, const p2p::Address& address, const p2p::EncryptionKind& encryption);
void show_file(const Output& output, Console& console, const p2p::FileStatus& status);
// That the other side is waited for at this server; with the code, where it is a new one.
void show_waiting(const Output& output, const client::RelayAddress& server, const net::Fingerprint& key,
                  const std::string& code);
// With a QR code at a terminal.
void show_ticket(const Output& output, const p2p::Ticket& ticket);

}  // namespace pqc::cli
