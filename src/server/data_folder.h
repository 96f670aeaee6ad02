// The server's data folder: one process owns it; names of what lies in it; the certificates and the server's name.
//
//   lock             held while a server runs
//   pqc-chat.db      the store (with -wal and -shm beside it while it runs)
//   blobs            sealed files, one file each
//   server-name      the name in its accounts' addresses; fixed at the first start
//   mldsa.crt .key   the certificate that clients pin     tools.crt .key   the one for browsers and tools
//   listening        while it runs: address=, metrics=, fingerprint=, pid=
#pragma once

#include <array>
#include <expected>
#include <string>
#include <vector>

#include "base/exit_code.h"
#include "net/certificate.h"

namespace pqc::server {

// Why a program has to end, and with which code.
struct StartFailure {
  ExitCode code = ExitCode::unexpected;
  std::string text;  // says what to do
};

template <class T>
using Started = std::expected<T, StartFailure>;

class DataFolder {
 public:
  // Makes the folder (0700) if it is missing and takes the lock: BUSY when another server has it, or removes it.
  static Started<DataFolder> open(const std::string& path);
  // For commands beside a running server: neither makes nor locks.
  static Started<DataFolder> look(const std::string& path);
  ~DataFolder();
  DataFolder(DataFolder&& other) noexcept;
  DataFolder& operator=(DataFolder&&) = delete;

  // Whether open() made it.
  [[nodiscard]] bool is_new() const { return is_new_; }
  // Removes the folder with all that is in it, and gives the lock up. It goes under another name first: whoever opens
  // `path` from then on makes a folder of its own, which stays. Only while nothing in it is open.
  void discard();
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] std::string database() const { return file("pqc-chat.db"); }

  [[nodiscard]] std::string blobs() const { return file("blobs"); }

  // What a backup holds beside the database.
  static constexpr std::array<const char*, 5> kept_files{"server-name", "mldsa.crt", "mldsa.key", "tools.crt",
                                                         "tools.key"};

  // The two certificates, made if they are missing.
  [[nodiscard]] Started<std::vector<net::Certificate>> certificates(const std::vector<std::string>& hosts) const;
  [[nodiscard]] Started<net::Certificate> pinned_certificate() const;
  // The stored name; at the first start `wanted`, or this machine's host name. Another `wanted` later is an error: the
  // name is part of every account.
  [[nodiscard]] Started<std::string> server_name(const std::string& wanted) const;

  // Replaces a small text file as a whole.
  [[nodiscard]] Started<void> write(const std::string& name, const std::string& text) const;
  [[nodiscard]] Started<std::string> read(const std::string& name) const;
  void remove(const std::string& name) const;

 private:
  explicit DataFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
  int lock_ = -1;
  bool is_new_ = false;
};

// Of a folder or file of the server; `code` is errno.
StartFailure folder_failure(const std::string& what, int code);
StartFailure start_failure(const net::CertificateFailure& failure);

}  // namespace pqc::server
