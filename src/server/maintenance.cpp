#include "server/maintenance.h"

#include <filesystem>

#include <signal.h>
#include <unistd.h>

#include "crypto/random.h"
#include "server/accounts/accounts.h"
#include "server/storage/sqlite_store.h"
#include "server/store_failure.h"

namespace pqc::server {
namespace {

// The value of `key=` in the file `listening`.
std::string value_of(const std::string& text, const std::string& key) {
  const auto at = ("\n" + text).find("\n" + key + "=");
  if (at == std::string::npos) return "";
  const auto begin = at + key.size() + 1;
  return text.substr(begin, text.find('\n', begin) - begin);
}

bool is_running(const std::string& listening) {
  const auto pid = std::atoi(value_of(listening, "pid").c_str());
  return pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM);
}

}  // namespace

StartFailure store_failure(storage::StoreError error, const std::string& file) {
  using storage::StoreError;
  switch (error) {
    case StoreError::damaged:
      return {ExitCode::damaged,
              file + " is damaged or not a pqc-chat database: restore it from a backup; nothing was changed"};
    case StoreError::too_new:
      return {ExitCode::too_new, file + " was written by a newer pqc-chat-server: update this one"};
    case StoreError::no_permission:
      return {ExitCode::no_permission, "cannot open " + file + ": check its owner and mode"};
    case StoreError::disk_full:
      return {ExitCode::disk_full, "no space left for " + file + ": free some space"};
    case StoreError::busy:
      return {ExitCode::busy, "another process holds " + file};
    case StoreError::io:
    case StoreError::stopped:
      return {ExitCode::unexpected, "cannot read or write " + file};
  }
  return {ExitCode::unexpected, file};
}

Started<std::string> read_fingerprint(const std::string& data_folder) {
  const auto folder = DataFolder::look(data_folder);
  if (!folder) return std::unexpected(folder.error());
  const auto certificate = folder->pinned_certificate();
  if (!certificate) return std::unexpected(certificate.error());
  return net::to_text(certificate->fingerprint());
}

Started<std::string> make_invite(const std::string& data_folder, std::chrono::seconds valid_for,
                                 std::string_view name) {
  const auto folder = DataFolder::look(data_folder);
  if (!folder) return std::unexpected(folder.error());
  auto token = accounts::make_invite_token(crypto::SystemRng::instance());
  const auto expires = SystemClock().now() + valid_for;
  const auto hash = accounts::hash_invite_token(token, name);
  const auto added = storage::add_invite_to(folder->database(), *hash, expires);
  if (!added) return std::unexpected(store_failure(added.error(), folder->database()));
  return token;
}

Started<Status> read_status(const std::string& data_folder) {
  const auto folder = DataFolder::look(data_folder);
  if (!folder) return std::unexpected(folder.error());
  const auto name = folder->server_name("");
  if (!name) return std::unexpected(name.error());
  const auto fingerprint = read_fingerprint(data_folder);
  if (!fingerprint) return std::unexpected(fingerprint.error());
  const auto totals = storage::read_totals(folder->database());
  if (!totals) return std::unexpected(store_failure(totals.error(), folder->database()));
  Status status{*name,         *fingerprint,    "", totals->accounts, totals->devices,   totals->messages,
                totals->bytes, totals->invites, 0,  totals->blobs,    totals->blob_bytes};
  if (const auto listening = folder->read("listening"); listening && is_running(*listening)) {
    status.address = value_of(*listening, "address");
  }
  std::error_code ignored;  // a size that cannot be read is shown as 0
  const auto size = std::filesystem::file_size(folder->database(), ignored);
  if (!ignored) status.file_bytes = size;
  return status;
}

Started<void> make_backup(const std::string& data_folder, const std::string& file) {
  const auto folder = DataFolder::look(data_folder);
  if (!folder) return std::unexpected(folder.error());
  if (::access(file.c_str(), F_OK) == 0) {
    return std::unexpected(StartFailure{ExitCode::usage, file + " exists already: choose another name"});
  }
  std::vector<storage::KeptFile> kept;
  for (const auto* name : DataFolder::kept_files) {
    auto content = folder->read(name);
    if (!content) return std::unexpected(content.error());
    kept.push_back({name, std::move(*content)});
  }
  const auto made = storage::backup_sqlite(folder->database(), file, kept);
  if (!made) return std::unexpected(store_failure(made.error(), file));
  return {};
}

}  // namespace pqc::server
