// Backups: no file but one that was written with the passphrase is read, and whatever stands in a record, which also
// comes from another device of the account, breaks neither the store nor its rules.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "client/backup/backup_file.h"
#include "client/backup/backup_records.h"
#include "wire/reader.h"

namespace {

using namespace pqc;
using namespace pqc::client;

constexpr UnixMillis now{1'700'000'000'000};

const std::filesystem::path& folder() {
  static const std::filesystem::path path = [] {
    auto pattern = (std::filesystem::temp_directory_path() / "pqc-fuzz-backup-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    std::atexit([] { std::filesystem::remove_all(folder()); });
    return std::filesystem::path(pattern);
  }();
  return path;
}

void read_record(ByteView record) {
  static const auto store = Store::open(folder() / "profile.db", DatabaseKey(), true).value();
  auto transaction = store->begin();
  if (!transaction) std::abort();
  RecordReader reader(*store, now, 1'000);
  const auto taken = reader.take(record);
  // What was read and refused is no fault of the database.
  if (!taken && taken.error().code != ExitCode::damaged) std::abort();
  if (taken && store->messages.to_seal(1)->size() + store->messages.not_shown(1)->size() != 0) std::abort();
}

// Key derivation as costly as a header may ask for would leave no time for anything else.
bool is_cheap(ByteView file) {
  wire::Reader reader(file);
  if (!reader.bytes(10)) return true;
  const auto memory_kib = reader.u32();
  const auto passes = reader.u32();
  return !passes || (*memory_kib <= 256 && *passes <= 1);
}

void read_file(ByteView bytes) {
  if (!is_cheap(bytes)) return;
  const auto path = folder() / "backup";
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  auto reader = BackupReader::open(path, SecretBytes(as_bytes("passphrase")));
  if (reader && (*reader)->next()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView input(data, size);
  input.front() % 2 == 0 ? read_record(input.subspan(1)) : read_file(input.subspan(1));
  return 0;
}
