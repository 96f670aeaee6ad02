// The prekey directory: devices publish batches, each one-time pair is handed out once (docs/spec/relay.md §5). What is
// in a batch is opaque here: the one who fetches it verifies it.
#pragma once

#include <expected>
#include <string_view>

#include "base/clock.h"
#include "proto/relay.pb.h"
#include "server/storage/store.h"

namespace pqc::server::directory {

namespace v1 = pqc_chat::v1;

// A published batch within the limits, or why not.
std::expected<storage::PrekeyBatch, v1::ErrorCode> check(const v1::PublishPrekeys& request, UnixMillis now);

// CONFLICT when the batch's id is not higher than the stored one's. Store's thread.
storage::Result<v1::ErrorCode> publish(storage::Store& store, storage::MailboxId mailbox,
                                       const storage::PrekeyBatch& batch);

// The answer or the error. One transaction reads the pair and deletes it (THREATS 10). Store's thread.
storage::Result<std::expected<v1::Bundle, v1::ErrorCode>> fetch(storage::Store& store, storage::AccountId requester,
                                                                const v1::FetchBundle& request, UnixMillis now);

storage::Result<std::vector<v1::PrekeyCount>> status(storage::Store& store, storage::MailboxId mailbox);

}  // namespace pqc::server::directory
