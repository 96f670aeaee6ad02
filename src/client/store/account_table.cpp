#include "client/store/account_table.h"

namespace pqc::client {

Result<std::optional<AccountRow>> AccountTable::load() {
  return database_.one("SELECT name, server, host, port, pin, device, record, registered FROM account",
                       [](const Row& row) {
                         return AccountRow{.name = row.text(0),
                                           .server = row.text(1),
                                           .host = row.text(2),
                                           .port = static_cast<std::uint16_t>(row.integer(3)),
                                           .pin = row.bytes(4),
                                           .device = static_cast<std::uint32_t>(row.integer(5)),
                                           .record = row.bytes(6),
                                           .registered = row.integer(7) != 0};
                       });
}

Status AccountTable::save(const AccountRow& account, UnixMillis now) {
  return database_.run(
      "INSERT INTO account (id, name, server, host, port, pin, device, record, registered, created_at) "
      "VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO UPDATE SET name = ?1, server = ?2, "
      "host = ?3, port = ?4, pin = ?5, device = ?6, record = ?7, registered = ?8",
      account.name, account.server, account.host, account.port, account.pin, account.device, account.record,
      account.registered, now);
}

Status AccountTable::remove() {
  return database_.run("DELETE FROM account");
}

Result<std::optional<std::int64_t>> AccountTable::number(std::string_view setting) {
  return database_.one(
      "SELECT value FROM settings WHERE name = ?", [](const Row& row) { return row.integer(0); }, setting);
}

Status AccountTable::set_number(std::string_view setting, std::int64_t value) {
  return set_blob(setting, as_bytes(std::to_string(value)));
}

Result<std::optional<SecretBytes>> AccountTable::secret(std::string_view setting) {
  return database_.one(
      "SELECT value FROM settings WHERE name = ?", [](const Row& row) { return SecretBytes(row.blob(0)); }, setting);
}

Result<std::optional<Bytes>> AccountTable::blob(std::string_view setting) {
  return database_.one(
      "SELECT value FROM settings WHERE name = ?", [](const Row& row) { return row.bytes(0); }, setting);
}

Status AccountTable::set_blob(std::string_view setting, ByteView value) {
  return database_.run("INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2",
                       setting, value);
}

Status AccountTable::erase(std::string_view setting) {
  return database_.run("DELETE FROM settings WHERE name = ?", setting);
}

}  // namespace pqc::client
