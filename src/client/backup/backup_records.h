// The records of a backup, which also carry a history from one device to another: rows of the store as protobuf
// (src/proto/backup.proto) and back (docs/spec/backup.md §3 and §4, docs/spec/devices.md §10). Private keys and
// sessions have no record. Loop thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "client/store/message_row.h"
#include "client/store/store.h"

namespace pqc::client {

struct BackupCounts {
  std::uint64_t contacts = 0;
  std::uint64_t messages = 0;
  std::uint64_t calls = 0;
};

// The account's name and the settings of the profile.
[[nodiscard]] Result<SecretBytes> profile_record(Store& store, UnixMillis now);
[[nodiscard]] SecretBytes encode_record(const ContactRow& contact);
// With its number here, which a device that is linked keeps.
[[nodiscard]] SecretBytes encode_record(const MessageRow& message);
[[nodiscard]] SecretBytes encode_record(const CallRecord& call);

// Adds what comes out of records to a store, inside the caller's transaction. Messages and calls that are there stay as
// they are, contacts are merged (contact_merge.h).
class RecordReader {
 public:
  // Messages keep the numbers that they have up to this one: the store gives higher ones to its own.
  RecordReader(Store& store, UnixMillis now, std::int64_t keep_numbers_to = 0)
      : store_(store), now_(now), keep_numbers_to_(keep_numbers_to) {}

  // Errors: damaged, for what no version can have written, and those of the store.
  Status take(ByteView record);
  // Of what was not there.
  [[nodiscard]] const BackupCounts& counts() const { return counts_; }
  // People who had other identity keys here than in the records: nothing is sent to them before the user says so.
  [[nodiscard]] const std::vector<std::string>& changed() const { return changed_; }

 private:
  struct Visitor;

  Store& store_;
  UnixMillis now_;
  std::int64_t keep_numbers_to_;
  std::optional<std::string> own_name_;
  BackupCounts counts_;
  std::vector<std::string> changed_;
};

}  // namespace pqc::client
