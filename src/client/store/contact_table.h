// The people this profile knows: pinned record, verified or not, level pinned.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/store/database.h"
#include "client/types.h"

namespace pqc::client {

struct ContactRow {
  std::int64_t id = 0;
  std::string peer;
  ContactState state = ContactState::stranger;
  bool verified = false;
  Bytes record;          // signed, verified and pinned; empty before it was fetched
  UnixMillis record_at;  // when the server last confirmed it
  Bytes changed_record;  // signed; other identity keys than the pinned ones, not accepted by the user
  std::optional<std::int64_t> level;
  std::optional<std::int64_t> suite;
  bool barred = false;  // blocked by the user
  // Disappearing messages: seconds, and the change that set them.
  std::uint32_t timer = 0;
  std::uint32_t timer_revision = 0;
  Bytes timer_change;

  // Its keys changed, and the user has not accepted the other ones.
  [[nodiscard]] bool blocked() const { return !changed_record.empty(); }
};

class ContactTable {
 public:
  explicit ContactTable(Database& database) : database_(database) {}

  Result<std::optional<ContactRow>> find(std::string_view peer);
  Result<std::optional<ContactRow>> find(std::int64_t id);
  Result<std::vector<ContactRow>> all();
  // The contact with its id; made when there is none.
  Result<ContactRow> find_or_add(std::string_view peer, ContactState state, UnixMillis now);

  Status set_state(std::int64_t id, ContactState state);
  Status set_verified(std::int64_t id, bool verified);
  Status pin_record(std::int64_t id, ByteView record, UnixMillis now);
  // When the server last confirmed the record; 0: it is asked for before anything is sent.
  Status set_record_age(std::int64_t id, UnixMillis at);
  Status set_changed_record(std::int64_t id, ByteView record);  // empty: none
  Status pin_suite(std::int64_t id, std::int64_t level, std::int64_t suite);
  Status set_barred(std::int64_t id, bool barred);
  Status set_timer(std::int64_t id, std::uint32_t seconds, std::uint32_t revision, ByteView change);
  // How many messages are stored with it.
  Result<std::int64_t> messages(std::int64_t id);
  // Forgets level and suite pinned: the user accepted other keys.
  Status unpin_suite(std::int64_t id);

 private:
  Database& database_;
};

}  // namespace pqc::client
