// This profile's account and its settings.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "client/store/database.h"

namespace pqc::client {

struct AccountRow {
  std::string name;
  std::string server;  // the name the server announces
  std::string host;
  std::uint16_t port = 0;
  Bytes pin;  // 32
  std::uint32_t device = 0;
  Bytes record;             // signed, the newest
  bool registered = false;  // the server has confirmed it
};

class AccountTable {
 public:
  explicit AccountTable(Database& database) : database_(database) {}

  Result<std::optional<AccountRow>> load();
  // Adds or replaces the one account.
  Status save(const AccountRow& account, UnixMillis now);

  // Removes the account.
  Status remove();

  Result<std::optional<std::int64_t>> number(std::string_view setting);
  Status set_number(std::string_view setting, std::int64_t value);
  Result<std::optional<Bytes>> blob(std::string_view setting);
  Status set_blob(std::string_view setting, ByteView value);
  Status erase(std::string_view setting);
  // For what is wiped from memory after use; set_blob() writes it.
  Result<std::optional<SecretBytes>> secret(std::string_view setting);

 private:
  Database& database_;
};

// Names of settings.
namespace setting {
inline constexpr std::string_view minimum_level = "minimum_level";
inline constexpr std::string_view inbox_cursor = "inbox_cursor";
// Rises each time the profile is opened for the network (Login.generation of relay.proto).
inline constexpr std::string_view generation = "generation";
// The highest generation of the key vault that was seen (docs/spec/vault.md §8).
inline constexpr std::string_view vault_generation = "vault_generation";
// When the record that is being renewed was issued, from before it is signed until it is stored; 0: none is.
inline constexpr std::string_view renewal = "renewal";
// The offer of a call that rings (client/calls/waiting_offer.h).
inline constexpr std::string_view waiting_offer = "waiting_offer";
// What the user chose (Settings in client/types.h).
inline constexpr std::string_view read_receipts = "read_receipts";
inline constexpr std::string_view typing = "typing";
inline constexpr std::string_view keep_days = "keep_days";
// What the keys of recordings come from (docs/spec/recording.md §1).
inline constexpr std::string_view recording_secret = "recording_secret";
}  // namespace setting

}  // namespace pqc::client
