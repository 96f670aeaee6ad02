// A contact that comes out of a backup or another device's history, beside what is known of it here
// (docs/spec/backup.md §4). What the user decided there is not lost because somebody was quicker here: a device that
// was linked or restored just now may have pinned what the server gave it. Inside the caller's transaction; loop
// thread.
#pragma once

#include <cstdint>

#include "client/store/store.h"

namespace pqc::client {

enum class Merged : std::uint8_t {
  taken,
  // Other identity keys had been pinned here: they wait for the user, and nothing is sent until then.
  identity_changed,
};

// `known` is the row here, `other` the one that comes, of the same peer. Errors: those of the store.
Result<Merged> merge_contact(Store& store, const ContactRow& known, const ContactRow& other, UnixMillis now);

}  // namespace pqc::client
