#include "client/store/forget_table.h"

#include <algorithm>

namespace pqc::client {
namespace {

ForgetRow read_row(const Row& row) {
  ForgetRow out;
  const auto session = row.blob(0);
  std::ranges::copy_n(session.begin(), static_cast<std::ptrdiff_t>(std::min(session.size(), out.session.size())),
                      out.session.begin());
  out.prekeys.suite = static_cast<crypto::SuiteId>(row.integer(1));
  out.prekeys.batch = {static_cast<std::uint64_t>(row.integer(2))};
  if (!row.is_null(3)) out.prekeys.one_time = static_cast<std::uint32_t>(row.integer(3));
  return out;
}

Result<bool> found(Result<std::optional<bool>> answer) {
  if (!answer) return pass(answer);
  return answer->has_value();
}

}  // namespace

Status ForgetTable::add(const ForgetRow& row) {
  return database_.run("INSERT OR IGNORE INTO to_forget (session, suite, batch, one_time) VALUES (?1, ?2, ?3, ?4)",
                       row.session, crypto::number(row.prekeys.suite), row.prekeys.batch.value, row.prekeys.one_time);
}

Result<std::vector<ForgetRow>> ForgetTable::all() {
  std::vector<ForgetRow> rows;
  auto done = database_.each("SELECT session, suite, batch, one_time FROM to_forget",
                             [&](const Row& row) { rows.push_back(read_row(row)); });
  if (!done) return pass(done);
  return rows;
}

Status ForgetTable::remove(const pqxdh::SessionId& session) {
  return database_.run("DELETE FROM to_forget WHERE session = ?", session);
}

Result<bool> ForgetTable::holds(const pqxdh::PrekeyUse& prekeys) {
  if (!prekeys.one_time) return false;
  return found(database_.one(
      "SELECT 1 FROM to_forget WHERE suite = ?1 AND batch = ?2 AND one_time = ?3", [](const Row&) { return true; },
      crypto::number(prekeys.suite), prekeys.batch.value, *prekeys.one_time));
}

Result<bool> ForgetTable::holds(const pqxdh::SessionId& session) {
  return found(database_.one("SELECT 1 FROM to_forget WHERE session = ?", [](const Row&) { return true; }, session));
}

}  // namespace pqc::client
