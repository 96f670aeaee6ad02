#include "client/store/transfer_table.h"

#include <algorithm>

namespace pqc::client {
namespace {

#define PQC_TRANSFER_COLUMNS \
  "SELECT t.message, t.path, t.next, t.chain, t.inode, t.size, t.changed_at, t.whole_chain FROM transfers t "

attachment::Chain read_chain(ByteView bytes) {
  attachment::Chain chain{};
  std::ranges::copy_n(bytes.begin(), static_cast<std::ptrdiff_t>(std::min(bytes.size(), chain.size())), chain.begin());
  return chain;
}

TransferRow read_transfer(const Row& row) {
  TransferRow out{.message = row.integer(0),
                  .path = std::string(as_text(row.blob(1))),
                  .progress = {.next = static_cast<std::uint32_t>(row.integer(2)), .chain = read_chain(row.blob(3))},
                  .mark = {.inode = row.integer(4), .size = row.integer(5), .changed_at = row.integer(6)},
                  .whole_chain = {}};
  if (!row.is_null(7)) out.whole_chain = read_chain(row.blob(7));
  return out;
}

}  // namespace

Status TransferTable::put(const TransferRow& row) {
  return database_.run("INSERT OR REPLACE INTO transfers VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row.message,
                       as_bytes(row.path), row.progress.next, row.progress.chain, row.mark.inode, row.mark.size,
                       row.mark.changed_at, row.whole_chain);
}

Result<std::optional<TransferRow>> TransferTable::find(std::int64_t message) {
  return database_.one(PQC_TRANSFER_COLUMNS "WHERE t.message = ?", read_transfer, message);
}

Result<std::vector<TransferRow>> TransferTable::outgoing() {
  std::vector<TransferRow> rows;
  auto done = database_.each(PQC_TRANSFER_COLUMNS
                             "JOIN messages m ON m.seq = t.message WHERE m.direction = 1 AND m.sealed = 2 AND "
                             "m.status = 0 ORDER BY t.message",
                             [&](const Row& row) { rows.push_back(read_transfer(row)); });
  if (!done) return pass(done);
  return rows;
}

Result<bool> TransferTable::set_progress(std::int64_t message, const attachment::Progress& progress) {
  if (auto done = database_.run("UPDATE transfers SET next = ?, chain = ? WHERE message = ?", progress.next,
                                progress.chain, message);
      !done)
    return pass(done);
  return database_.changes() > 0;
}

Result<bool> TransferTable::set_whole_chain(std::int64_t message, const attachment::Chain& chain) {
  if (auto done = database_.run("UPDATE transfers SET whole_chain = ? WHERE message = ?", chain, message); !done)
    return pass(done);
  return database_.changes() > 0;
}

Status TransferTable::remove(std::int64_t message) {
  return database_.run("DELETE FROM transfers WHERE message = ?", message);
}

Status TransferTable::add_dead(const BlobId& blob) {
  return database_.run("INSERT OR IGNORE INTO dead_blobs (id) VALUES (?)", blob);
}

Result<std::vector<TransferTable::BlobId>> TransferTable::dead(std::size_t limit) {
  std::vector<BlobId> ids;
  auto done = database_.each(
      "SELECT id FROM dead_blobs LIMIT ?", [&](const Row& row) { ids.push_back(read_chain(row.blob(0))); }, limit);
  if (!done) return pass(done);
  return ids;
}

Status TransferTable::remove_dead(const BlobId& blob) {
  return database_.run("DELETE FROM dead_blobs WHERE id = ?", blob);
}

Result<std::optional<std::string>> TransferTable::unfinished_file(std::int64_t message) {
  auto row = find(message);
  if (!row) return pass(row);
  if (!*row || (*row)->is_source()) return std::nullopt;
  return std::move((*row)->path);
}

}  // namespace pqc::client
