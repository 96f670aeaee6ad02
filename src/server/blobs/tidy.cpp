#include "server/blobs/tidy.h"

#include "base/log.h"
#include "server/blobs/limits.h"

namespace pqc::server::blobs {
namespace {

storage::Result<std::size_t> remove_rows(storage::Store& store, const BlobFolder& folder) {
  std::size_t removed = 0;
  BlobId last{};
  while (true) {
    const auto ids = store.blobs_after(last, tidy_step);
    if (!ids) return std::unexpected(ids.error());
    for (const auto& id : *ids) {
      if (folder.holds(id)) continue;
      if (auto done = store.remove_blob(id); !done) return std::unexpected(done.error());
      ++removed;
    }
    if (ids->size() < tidy_step) return removed;
    last = ids->back();
  }
}

storage::Result<std::size_t> remove_files(storage::Store& store, BlobFolder& folder) {
  const auto files = folder.list();
  if (!files) return std::unexpected(storage::StoreError::io);
  std::size_t removed = 0;
  for (const auto& id : *files) {
    const auto known = store.find_blob(id);
    if (!known) return std::unexpected(known.error());
    if (*known) continue;
    folder.remove(id);
    ++removed;
  }
  return removed;
}

}  // namespace

storage::Result<void> tidy(storage::Store& store, BlobFolder& folder) {
  if (auto begun = store.begin(); !begun) return begun;
  const auto files = remove_files(store, folder);
  const auto rows = files ? remove_rows(store, folder) : files;
  if (!rows) {
    store.rollback();
    return std::unexpected(rows.error());
  }
  if (*files + *rows > 0) log(LogLevel::info, "blobs_tidied", {{"files", *files}, {"rows", *rows}});
  return store.commit();
}

}  // namespace pqc::server::blobs
