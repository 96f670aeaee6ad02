#include "client/profile.h"

#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <sys/file.h>

namespace pqc::client {
namespace {

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): no thread changes the environment
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

Result<bool> is_there(const std::filesystem::path& file) {
  std::error_code code;
  const bool found = std::filesystem::exists(file, code);
  if (code) return std::unexpected(system_error(code.value(), "read", file));
  return found;
}

}  // namespace

bool ProfilePaths::exists() const {
  std::error_code code;
  return std::filesystem::exists(database(), code) || std::filesystem::exists(key(), code);
}

ProfilePaths default_profile() {
  if (const auto folder = environment("PQC_CHAT_PROFILE")) return {*folder};
  if (const auto data = environment("XDG_DATA_HOME")) return {std::filesystem::path(*data) / "pqc-chat"};
  return {std::filesystem::path(environment("HOME").value_or(".")) / ".local/share/pqc-chat"};
}

Result<std::optional<ProfileLock>> ProfileLock::try_lock(const ProfilePaths& paths) {
  FileDescriptor file(::open(paths.lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return std::unexpected(system_error(errno, "open", paths.lock()));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return ProfileLock(std::move(file));
  if (errno == EWOULDBLOCK) return std::nullopt;
  return std::unexpected(system_error(errno, "lock", paths.lock()));
}

Result<std::unique_ptr<Store>> open_profile(const ProfilePaths& paths, const ProfileLock&, const AskPassphrase& ask) {
  auto has_database = is_there(paths.database());
  if (!has_database) return pass(has_database);
  auto has_key = is_there(paths.key());
  if (!has_key) return pass(has_key);
  if (!*has_database && !*has_key)
    return fail(ExitCode::not_registered, "there is no account in " + paths.folder.string() +
                                              ": pqc-chat register NAME --server HOST, or choose another --profile");
  if (!*has_key)
    return fail(ExitCode::damaged, "the key file " + paths.key().string() +
                                       " is missing: without it nobody can open the profile; restore it from a backup");
  auto key = read_key_file(paths.key(), ask);
  if (!key) return pass(key);
  // Without a database the registration was interrupted before it began: there is nothing to lose.
  return Store::open(paths.database(), *key, !*has_database);
}

Result<std::unique_ptr<Store>> create_profile(const ProfilePaths& paths, const ProfileLock& lock,
                                              const std::optional<SecretBytes>& passphrase, Rng& rng) {
  if (paths.exists())
    return open_profile(paths, lock, [&] { return passphrase ? std::optional(passphrase->clone()) : std::nullopt; });
  auto key = create_key_file(paths.key(), passphrase, rng);
  if (!key) return pass(key);
  return Store::open(paths.database(), *key, true);
}

}  // namespace pqc::client
