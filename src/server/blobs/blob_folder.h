// The folder with the bytes of blobs: one file each, named by the id in hexadecimal digits. What is whole, whose it is
// and until when is known to the Store only.
//
// A blob's file grows at its end. What append() answered is on disk after the sync() that follows. One thread.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "server/storage/store.h"

namespace pqc::server::blobs {

using storage::BlobId;

enum class BlobError : std::uint8_t {
  missing,    // there is no such file, or it ends before
  misplaced,  // not where the file ends
  disk_full,  // also: what is left belongs to messages
  io,
};

std::string_view name_of(BlobError error);

template <class T>
using Result = std::expected<T, BlobError>;

class BlobFolder {
 public:
  // Makes the folder (0700) if it is missing. The error is errno.
  static std::expected<BlobFolder, int> open(const std::string& path);

  // Makes the file if it is missing, cuts off what stands behind `offset`, and answers how long it is now: less than
  // `offset` where there never was that much. disk_full when `size` bytes in all do not fit.
  [[nodiscard]] Result<std::uint64_t> prepare(const BlobId& id, std::uint64_t offset, std::uint64_t size);
  // At the end, which has to be `offset`; answers the new end. After an error nothing of it is left.
  [[nodiscard]] Result<std::uint64_t> append(const BlobId& id, std::uint64_t offset, ByteView data);
  [[nodiscard]] Result<void> sync(const BlobId& id);
  // `size` bytes from `offset` on, all of them.
  [[nodiscard]] Result<std::string> read(const BlobId& id, std::uint64_t offset, std::size_t size) const;
  [[nodiscard]] bool holds(const BlobId& id) const;
  // No error when there is none.
  void remove(const BlobId& id);
  // All that have the name of a blob.
  [[nodiscard]] Result<std::vector<BlobId>> list() const;

 private:
  explicit BlobFolder(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] std::string file(const BlobId& id) const { return path_ + "/" + to_hex(id); }
  [[nodiscard]] bool has_room(std::uint64_t bytes) const;

  std::string path_;
};

}  // namespace pqc::server::blobs
