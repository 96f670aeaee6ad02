// A stored message and the content that is sealed: one made from the other. Pure functions.
#pragma once

#include "client/messages/content.h"
#include "client/store/message_table.h"

namespace pqc::client {

// What an outgoing row says to the peer.
[[nodiscard]] Content content_of(const MessageRow& row);

// Writes id, time, kind and what belongs to it into an incoming row. False for content that is no message of a
// conversation (read, typing, session_restarted).
[[nodiscard]] bool fill_row(const Content& content, MessageRow& row);

}  // namespace pqc::client
