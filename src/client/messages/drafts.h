// From what a front end wants to say to the row that is stored and sealed: who it goes to, which message it names,
// whether that may be done. Loop thread only.
#pragma once

#include <string_view>

#include "client/core.h"
#include "client/requests.h"

namespace pqc::client {

// The message that these digits name, with `peer` among those with one contact only.
// Errors: unknown_message (none), usage (too few digits, or several messages), unknown_peer, invalid_name.
Result<MessageRow> find_named(Core& core, std::string_view digits, std::string_view peer);

// Why nothing goes to somebody whom the user blocked.
Error blocked_error(const std::string& peer);

// Whom it goes to and what it names. Errors: those of the text, the name and the id; not_yours; blocked.
struct Addressed {
  std::string peer;  // name@server
  std::optional<MessageRow> target;
};
Result<Addressed> address(Core& core, const Draft& draft);

// The row to store; in the transaction that adds it. Errors: quota.
Result<MessageRow> make_row(Core& core, const Draft& draft, const Addressed& addressed, const ContactRow& contact);

}  // namespace pqc::client
