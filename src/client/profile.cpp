#include "client/profile.h"

#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <sys/file.h>

#include "base/is_at.h"

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

// Before there was a key agent, a profile's keys lay in its database, whose key lay in the file `key`.
Status check_age(const ProfilePaths& paths) {
  auto old_key = is_there(paths.folder / "key");
  if (!old_key) return pass(old_key);
  if (!*old_key) return {};
  return fail(ExitCode::too_old, "the profile in " + paths.folder.string() +
                                     " was made before keys lived in pqc-chat-keyd, and this version does not read it: "
                                     "register in another --profile, or use the pqc-chat that made it");
}

Result<OpenProfile> open_store(const ProfilePaths& paths, std::unique_ptr<AgentKeys> keys, bool has_database) {
  // Without a database the registration was interrupted before it began. With an identity it was not.
  if (!has_database) {
    auto identity = keys->has_identity();
    if (!identity) return pass(identity);
    if (*identity)
      return fail(ExitCode::damaged, "the database " + paths.database().string() +
                                         " is missing: restore it from a backup, or choose another --profile");
  }
  auto key = keys->database_key();
  if (!key) return pass(key);
  auto store = Store::open(paths.database(), *key, !has_database);
  if (!store) return pass(store);
  auto generation = (*store)->account.number(setting::vault_generation);
  if (!generation) return pass(generation);
  if (*generation) keys->expect_generation(static_cast<std::uint64_t>(**generation));
  return OpenProfile{.keys = std::move(keys), .store = std::move(*store)};
}

}  // namespace

keys::agent_client::Location ProfilePaths::agent(const std::string& program) const {
  return {.folder = keys().string(), .program = program};
}

bool ProfilePaths::exists() const {
  std::error_code code;
  return std::filesystem::exists(database(), code) || std::filesystem::exists(vault(), code);
}

ProfilePaths default_profile() {
  if (const auto folder = environment("PQC_CHAT_PROFILE")) return {*folder};
  if (const auto data = environment("XDG_DATA_HOME")) return {std::filesystem::path(*data) / "pqc-chat"};
  return {std::filesystem::path(environment("HOME").value_or(".")) / ".local/share/pqc-chat"};
}

Result<std::optional<ProfileLock>> ProfileLock::try_lock(const ProfilePaths& paths) {
  for (;;) {
    FileDescriptor file(::open(paths.lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) return std::unexpected(system_error(errno, "open", paths.lock()));
    if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) {
      // Who had it may have removed it with the profile (new_profile.h).
      if (is_at(file.get(), paths.lock())) return ProfileLock(std::move(file));
    } else if (errno == EWOULDBLOCK) {
      return std::nullopt;
    } else {
      return std::unexpected(system_error(errno, "lock", paths.lock()));
    }
  }
}

Status check_keys(const ProfilePaths& paths) {
  if (auto checked = check_age(paths); !checked) return checked;
  auto has_vault = is_there(paths.vault());
  if (!has_vault) return pass(has_vault);
  if (*has_vault) return {};
  if (!paths.exists())
    return fail(ExitCode::not_registered, "there is no account in " + paths.folder.string() +
                                              ": pqc-chat register NAME --server HOST, or choose another --profile");
  return fail(ExitCode::damaged, "the keys of this profile, " + paths.vault().string() +
                                     ", are missing: without them nobody can open it; restore it from a backup");
}

Result<OpenProfile> open_profile(const ProfilePaths& paths, const ProfileLock&, const KeyAccess& access) {
  if (auto checked = check_keys(paths); !checked) return pass(checked);
  auto has_database = is_there(paths.database());
  if (!has_database) return pass(has_database);
  auto keys = AgentKeys::open(paths.agent(access.agent_program), access.ask);
  if (!keys) return pass(keys);
  return open_store(paths, std::move(*keys), *has_database);
}

Result<OpenProfile> create_profile(const ProfilePaths& paths, const ProfileLock& lock,
                                   const std::optional<SecretBytes>& passphrase, const KeyAccess& access) {
  if (paths.exists()) {
    const auto given = [&] { return passphrase ? std::optional(passphrase->clone()) : std::nullopt; };
    return open_profile(paths, lock, {.ask = given, .agent_program = access.agent_program});
  }
  if (auto checked = check_age(paths); !checked) return pass(checked);
  auto keys = AgentKeys::create(paths.agent(access.agent_program), passphrase);
  if (!keys) return pass(keys);
  return open_store(paths, std::move(*keys), false);
}

}  // namespace pqc::client
