#include "server/storage/sqlite_blobs.h"

#include <algorithm>

namespace pqc::server::storage {

SqliteBlobs::SqliteBlobs(SqliteDatabase& database)
    : database_(database),
      find_(database.handle(), "SELECT account, size, complete, expires_at FROM blob WHERE id = ?1"),
      usage_(database.handle(), "SELECT count(*), ifnull(sum(size), 0) FROM blob WHERE account = ?1"),
      add_(database.handle(), "INSERT INTO blob VALUES (?1, ?2, ?3, ?4, ?5)"),
      prolong_(database.handle(), "UPDATE blob SET expires_at = ?2 WHERE id = ?1"),
      complete_(database.handle(), "UPDATE blob SET complete = 1, expires_at = ?2 WHERE id = ?1"),
      expired_(database.handle(), "SELECT id FROM blob WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2"),
      after_(database.handle(), "SELECT id FROM blob WHERE id > ?1 ORDER BY id LIMIT ?2"),
      remove_(database.handle(), "DELETE FROM blob WHERE id = ?1") {}

Result<bool> SqliteBlobs::fits(const Blob& blob, const BlobQuota& quota) {
  auto use = usage_.use();
  use.bind(blob.owner.value);
  const auto row = use.step();
  if (!row) return std::unexpected(row.error());
  const auto count = static_cast<std::uint64_t>(use.integer(0));
  const auto bytes = static_cast<std::uint64_t>(use.integer(1));
  return count < quota.count && blob.size <= quota.bytes && bytes <= quota.bytes - blob.size;
}

Result<BlobOutcome> SqliteBlobs::add(const Blob& blob, const BlobQuota& quota) {
  const auto known = find(blob.id);
  if (!known) return std::unexpected(known.error());
  if (*known) {
    const auto& there = **known;
    if (there.owner != blob.owner || there.size != blob.size) return BlobOutcome::conflict;
    if (there.complete) return BlobOutcome::known;
    auto prolonged = prolong_.use().bind(blob.id).bind(blob.expires.value).run();
    return prolonged.transform([] { return BlobOutcome::known; });
  }
  const auto fit = fits(blob, quota);
  if (!fit) return std::unexpected(fit.error());
  if (!*fit) return BlobOutcome::quota;
  auto added = add_.use()
                   .bind(blob.id)
                   .bind(blob.owner.value)
                   .bind(static_cast<std::int64_t>(blob.size))
                   .bind(std::int64_t{blob.complete ? 1 : 0})
                   .bind(blob.expires.value)
                   .run();
  return added.transform([] { return BlobOutcome::added; });
}

Result<std::optional<Blob>> SqliteBlobs::find(const BlobId& id) {
  auto use = find_.use();
  use.bind(id);
  const auto row = use.step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  return Blob{.id = id,
              .owner = {use.integer(0)},
              .size = static_cast<std::uint64_t>(use.integer(1)),
              .complete = use.integer(2) != 0,
              .expires = {use.integer(3)}};
}

Result<bool> SqliteBlobs::complete(const BlobId& id, UnixMillis expires) {
  if (auto done = complete_.use().bind(id).bind(expires.value).run(); !done) return std::unexpected(done.error());
  return database_.changes() > 0;
}

Result<std::vector<BlobId>> SqliteBlobs::ids_of(Statement::Use& use) {
  std::vector<BlobId> ids;
  while (true) {
    const auto row = use.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return ids;
    const auto blob = use.blob(0);
    BlobId id{};
    if (blob.size() != id.size()) return std::unexpected(StoreError::damaged);
    std::ranges::copy(blob, id.begin());
    ids.push_back(id);
  }
}

Result<std::vector<BlobId>> SqliteBlobs::take_expired(UnixMillis now, std::size_t limit) {
  Result<std::vector<BlobId>> ids;
  {
    auto use = expired_.use();
    use.bind(now.value).bind(static_cast<std::int64_t>(limit));
    ids = ids_of(use);
  }
  if (!ids) return ids;
  for (const auto& id : *ids)
    if (auto removed = remove(id); !removed) return std::unexpected(removed.error());
  return ids;
}

Result<std::vector<BlobId>> SqliteBlobs::after(const BlobId& id, std::size_t limit) {
  auto use = after_.use();
  use.bind(id).bind(static_cast<std::int64_t>(limit));
  return ids_of(use);
}

Result<void> SqliteBlobs::remove(const BlobId& id) {
  return remove_.use().bind(id).run();
}

}  // namespace pqc::server::storage
