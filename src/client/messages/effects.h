// What reactions, edits, unsends and timers do to what is stored (docs/spec/content.md §7 and §8). Worked out anew from
// what is there whenever a row is added, so order and repetition do not matter. Inside the caller's
// transaction.
#pragma once

#include "client/store/store.h"

namespace pqc::client {

// Whether a reaction, an edit or an unsend that comes in may be stored: not where its author has made
// limits::changes_of_message of that kind to the message already. Before it is added.
Result<bool> may_add_change(Store& store, const MessageRow& row);

// After `row` was added. A change that does not count any more loses its text.
Status apply_effects(Store& store, const MessageRow& row);

// The server no longer needs to keep the sealed file of this message, if it is one that was sent from this account
// (dead_blobs.h).
Status forget_blob(Store& store, const MessageRow& row);

// The revision of our next edit of, or reaction to, this message: one more than our highest. Error: quota.
Result<std::uint32_t> next_revision(Store& store, std::int64_t contact, const MessageRef& target, MessageKind kind);

}  // namespace pqc::client
