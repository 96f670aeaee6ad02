// The sealed file of a backup (docs/spec/backup.md §2): a stream of bytes under a passphrase, in chunks, so that its
// size does not matter. One thread.
//
// A file takes its name only when it is whole; what was read counts only once end() was reached.
#pragma once

#include <filesystem>
#include <memory>

#include "base/rng.h"
#include "base/secret.h"
#include "client/error.h"
#include "client/files.h"
#include "crypto/aead.h"
#include "crypto/password_hash.h"

namespace pqc::client {

inline constexpr std::size_t backup_header_size = 54;
inline constexpr std::size_t backup_piece_size = 65'536;
inline constexpr std::size_t backup_record_size = std::size_t{1} << 20;

class BackupWriter {
 public:
  // Errors: usage (the file is there already), no_permission, disk_full, missing (its folder).
  static Result<std::unique_ptr<BackupWriter>> create(const std::filesystem::path& file, const SecretBytes& passphrase,
                                                      const crypto::Argon2Parameters& parameters, Rng& rng);
  ~BackupWriter();
  BackupWriter(const BackupWriter&) = delete;
  BackupWriter& operator=(const BackupWriter&) = delete;

  // One record of at most backup_record_size bytes.
  Status add(ByteView record);
  // Seals the last piece, and gives the file its name.
  Status finish();

 private:
  BackupWriter(std::filesystem::path file, std::filesystem::path unfinished, FileDescriptor descriptor)
      : file_(std::move(file)), unfinished_(std::move(unfinished)), descriptor_(std::move(descriptor)) {}
  Status append(ByteView bytes);
  Status seal_piece(bool last);
  Status write(ByteView bytes);

  std::filesystem::path file_;
  std::filesystem::path unfinished_;  // the name that it has until then, beside it
  FileDescriptor descriptor_;
  Bytes header_;
  crypto::Aead aead_{crypto::AeadAlg::aes_256_gcm};
  SecretBytes piece_;
  std::uint64_t number_ = 0;
};

class BackupReader {
 public:
  // Errors: missing, no_permission, damaged (no backup), too_new, wrong_key (or changed at its very beginning).
  static Result<std::unique_ptr<BackupReader>> open(const std::filesystem::path& file, const SecretBytes& passphrase);

  // The next record; an empty optional at the end of a whole file. Errors: damaged.
  Result<std::optional<SecretBytes>> next();

 private:
  explicit BackupReader(FileDescriptor descriptor) : descriptor_(std::move(descriptor)) {}
  Status read_header(const SecretBytes& passphrase);
  Result<Bytes> read(std::size_t size);
  Status open_piece();
  // Until so many bytes of plaintext are there; false at the end of the file.
  Result<bool> have(std::size_t size);

  FileDescriptor descriptor_;
  Bytes header_;
  Bytes ahead_;  // read, not yet opened
  crypto::Aead aead_{crypto::AeadAlg::aes_256_gcm};
  SecretBytes plain_;
  std::size_t used_ = 0;  // of plain_
  std::uint64_t number_ = 0;
  bool last_ = false;
};

}  // namespace pqc::client
