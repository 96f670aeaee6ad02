// What the commands beside a running server do with its data folder: fingerprint, invite, status, backup.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "server/data_folder.h"

namespace pqc::server {

Started<std::string> read_fingerprint(const std::string& data_folder);

// A token for one registration; `name`: a reserved one, that it is for.
Started<std::string> make_invite(const std::string& data_folder, std::chrono::seconds valid_for,
                                 std::string_view name = {});

struct Status {
  std::string name;
  std::string fingerprint;
  std::string address;  // empty: no server runs on the folder
  std::uint64_t accounts = 0;
  std::uint64_t devices = 0;
  std::uint64_t messages = 0;
  std::uint64_t message_bytes = 0;
  std::uint64_t invites = 0;
  std::uint64_t file_bytes = 0;
  std::uint64_t blobs = 0;
  std::uint64_t blob_bytes = 0;
};

Started<Status> read_status(const std::string& data_folder);

// A consistent copy of the database with the server's name, certificates and keys in it. To restore it, name it
// pqc-chat.db in an empty data folder (mode 0700) and start the server there.
Started<void> make_backup(const std::string& data_folder, const std::string& file);

}  // namespace pqc::server
