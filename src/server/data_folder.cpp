#include "server/data_folder.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/is_at.h"
#include "identity/account_name.h"

namespace pqc::server {
namespace {

constexpr const char* pinned_name = "mldsa";
constexpr const char* tools_name = "tools";
constexpr const char* name_file = "server-name";

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  std::string text(name.data());
  for (auto& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool is_server_name(const std::string& name) {
  return identity::AccountName::make("a", name).has_value();
}

Started<net::Certificate> load_or_make(const DataFolder& folder, const std::string& name, net::CertificateKind kind,
                                       const std::string& server_name, const std::vector<std::string>& hosts) {
  const auto certificate_file = folder.file(name + ".crt");
  const auto key_file = folder.file(name + ".key");
  if (::access(key_file.c_str(), F_OK) == 0) {
    auto loaded = net::Certificate::load(certificate_file, key_file);
    if (!loaded) return std::unexpected(start_failure(loaded.error()));
    return std::move(*loaded);
  }
  auto made = net::Certificate::make(kind, server_name, hosts);
  if (!made) return std::unexpected(start_failure(made.error()));
  if (auto saved = made->save(certificate_file, key_file); !saved) return std::unexpected(start_failure(saved.error()));
  return std::move(*made);
}

// With a slash or a dot at its end the folder would be its own parent, and open to others like those above it.
std::string without_end(const std::string& folder) {
  std::filesystem::path path(folder);
  while (path.has_relative_path() && path.has_parent_path() && (!path.has_filename() || path.filename() == "."))
    path = path.parent_path();
  return path.string();
}

}  // namespace

StartFailure folder_failure(const std::string& what, int code) {
  StartFailure failure{ExitCode::unexpected, what + ": " + std::strerror(code)};
  if (code == EACCES || code == EPERM || code == EROFS) {
    failure.code = ExitCode::no_permission;
    failure.text += "; choose a folder of your own with --data, or correct owner and mode";
  }
  if (code == ENOENT || code == ENOTDIR) failure.code = ExitCode::missing;
  if (code == ENOSPC || code == EDQUOT) {
    failure.code = ExitCode::disk_full;
    failure.text += "; free some space";
  }
  return failure;
}

StartFailure start_failure(const net::CertificateFailure& failure) {
  switch (failure.error) {
    case net::CertificateError::no_permission:
      return {ExitCode::no_permission, failure.text};
    case net::CertificateError::missing:
      return {ExitCode::missing, failure.text};
    case net::CertificateError::disk_full:
      return {ExitCode::disk_full, failure.text + "; free some space"};
    case net::CertificateError::malformed:
    case net::CertificateError::mismatch:
      return {ExitCode::damaged, failure.text};
    case net::CertificateError::backend:
    case net::CertificateError::io:
      return {ExitCode::unexpected, failure.text};
  }
  return {ExitCode::unexpected, failure.text};
}

DataFolder::DataFolder(DataFolder&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)), is_new_(other.is_new_) {}

DataFolder::~DataFolder() {
  if (lock_ >= 0) ::close(lock_);
}

Started<DataFolder> DataFolder::open(const std::string& given) {
  const auto path = without_end(given);
  std::error_code error;
  const auto parent = std::filesystem::path(path).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  const bool made = !error && ::mkdir(path.c_str(), S_IRWXU) == 0;
  if (!error && !made && errno != EEXIST) error.assign(errno, std::generic_category());
  if (error) return std::unexpected(folder_failure("cannot make the data folder " + path, error.value()));
  DataFolder folder(path);
  const auto lock_file = folder.file("lock");
  folder.lock_ = ::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (folder.lock_ < 0) return std::unexpected(folder_failure("cannot open " + lock_file, errno));
  if (::flock(folder.lock_, LOCK_EX | LOCK_NB) != 0) {
    return std::unexpected(StartFailure{
        ExitCode::busy, "another pqc-chat-server runs on " + path + ": stop it, or choose another --data"});
  }
  if (!is_at(folder.lock_, lock_file)) {
    return std::unexpected(
        StartFailure{ExitCode::busy, "another pqc-chat-server has just removed " + path + ": start this one again"});
  }
  // Another server may have run on it between making and locking.
  folder.is_new_ = made && ::access(folder.database().c_str(), F_OK) != 0;
  return folder;
}

void DataFolder::discard() {
  auto removed = path_ + ".removed-XXXXXX";
  if (::mkdtemp(removed.data()) == nullptr) return;
  if (::rename(path_.c_str(), removed.c_str()) != 0) {
    ::rmdir(removed.c_str());
    return;
  }
  std::error_code ignored;  // what is left is nobody's
  std::filesystem::remove_all(removed, ignored);
  ::close(std::exchange(lock_, -1));
}

Started<DataFolder> DataFolder::look(const std::string& path) {
  if (::access(path.c_str(), R_OK | X_OK) != 0) {
    auto failure = folder_failure("cannot read the data folder " + path, errno);
    if (failure.code == ExitCode::missing) failure.text += "; start the server once, or name its folder with --data";
    return std::unexpected(failure);
  }
  return DataFolder(path);
}

Started<net::Certificate> DataFolder::pinned_certificate() const {
  auto loaded =
      net::Certificate::load(file(std::string(pinned_name) + ".crt"), file(std::string(pinned_name) + ".key"));
  if (!loaded) return std::unexpected(start_failure(loaded.error()));
  return std::move(*loaded);
}

Started<std::vector<net::Certificate>> DataFolder::certificates(const std::vector<std::string>& hosts) const {
  const auto name = server_name("");
  if (!name) return std::unexpected(name.error());
  std::vector<net::Certificate> all;
  for (const auto& [file_name, kind] : {std::pair{pinned_name, net::CertificateKind::ml_dsa_65},
                                        std::pair{tools_name, net::CertificateKind::ecdsa_p256}}) {
    auto certificate = load_or_make(*this, file_name, kind, *name, hosts);
    if (!certificate) return std::unexpected(certificate.error());
    all.push_back(std::move(*certificate));
  }
  return all;
}

Started<std::string> DataFolder::server_name(const std::string& wanted) const {
  if (::access(file(name_file).c_str(), F_OK) == 0) {
    auto stored = read(name_file);
    if (!stored) return stored;
    const auto name = stored->substr(0, stored->find('\n'));
    if (!is_server_name(name))
      return std::unexpected(StartFailure{ExitCode::damaged, file(name_file) + " holds no server name"});
    if (wanted.empty() || wanted == name) return name;
    return std::unexpected(StartFailure{ExitCode::usage, "this server is called '" + name +
                                                             "' in all its accounts and cannot become '" + wanted +
                                                             "': leave --name out, or use another --data"});
  }
  auto name = wanted.empty() ? host_name() : wanted;
  if (!is_server_name(name)) {
    if (!wanted.empty())
      return std::unexpected(StartFailure{
          ExitCode::usage, "'" + wanted + "' cannot be a server's name: use lower-case letters, digits, '-' and '.'"});
    name = "localhost";
  }
  if (auto written = write(name_file, name + "\n"); !written) return std::unexpected(written.error());
  return name;
}

Started<void> DataFolder::write(const std::string& name, const std::string& text) const {
  const auto target = file(name);
  const auto temporary = target + ".new";
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return std::unexpected(folder_failure("cannot write " + target, errno));
  const auto written = ::write(fd, text.data(), text.size());
  const bool whole = written == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  const int code = whole ? 0 : (written < 0 || errno != 0 ? errno : ENOSPC);
  ::close(fd);
  if (whole && ::rename(temporary.c_str(), target.c_str()) == 0) return {};
  return std::unexpected(folder_failure("cannot write " + target, code != 0 ? code : errno));
}

Started<std::string> DataFolder::read(const std::string& name) const {
  errno = 0;
  const std::ifstream in(file(name), std::ios::binary);
  if (!in) return std::unexpected(folder_failure("cannot read " + file(name), errno != 0 ? errno : EIO));
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void DataFolder::remove(const std::string& name) const {
  ::unlink(file(name).c_str());
}

}  // namespace pqc::server
