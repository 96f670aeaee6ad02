// This profile's account, its settings, and what the key holder keeps.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

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

  // Removes the account and what the key holder kept for it.
  Status remove();

  Result<std::optional<std::int64_t>> number(std::string_view setting);
  Status set_number(std::string_view setting, std::int64_t value);

  Result<std::vector<std::pair<std::string, SecretBytes>>> key_items();
  Status save_key_item(std::string_view name, const SecretBytes& value);
  Status remove_key_item(std::string_view name);

 private:
  Database& database_;
};

// Names of settings.
namespace setting {
inline constexpr std::string_view minimum_level = "minimum_level";
inline constexpr std::string_view inbox_cursor = "inbox_cursor";
// Rises each time the profile is opened for the network (Login.generation of relay.proto).
inline constexpr std::string_view generation = "generation";
}  // namespace setting

}  // namespace pqc::client
