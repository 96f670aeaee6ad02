#include "client/new_profile.h"

#include "base/log.h"
#include "keys/agent_client/agent_client.h"

namespace pqc::client {
namespace {

// What cannot be looked at is taken to be there, and so is a link to what is not there now, as on a disk that is not
// mounted.
bool is_missing(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::symlink_status(path, ignored).type() == std::filesystem::file_type::not_found;
}

std::vector<std::filesystem::path> missing_folders(std::filesystem::path folder) {
  std::vector<std::filesystem::path> out;
  for (; !folder.empty() && is_missing(folder); folder = folder.parent_path()) out.push_back(folder);
  return out;
}

}  // namespace

Status NewProfile::begin() {
  folders_ = missing_folders(paths_.folder);
  if (auto made = make_private_folder(paths_.folder); !made) return made;
  had_lock_ = !is_missing(paths_.lock());
  auto lock = ProfileLock::try_lock(paths_);
  if (!lock) return pass(lock);
  if (!*lock) return fail(ExitCode::busy, "another process uses this profile: end it, or choose another --profile");
  lock_ = std::move(*lock);
  had_profile_ = !is_missing(paths_.database()) || !is_missing(paths_.keys());
  return {};
}

NewProfile::~NewProfile() {
  if (kept_) return;
  if (lock_ && !had_profile_) erase();
  std::error_code ignored;
  // One in which there is something else by now stays.
  for (const auto& folder : folders_) std::filesystem::remove(folder, ignored);
}

void NewProfile::erase() {
  if (!is_missing(paths_.keys()))
    if (const auto ended = keys::agent_client::AgentClient(agent_).end_agent(); !ended)
      log(LogLevel::warning, "profile.agent_not_ended", {{"why", keys::agent_client::name_of(ended.error().error)}});
  std::error_code code;
  std::filesystem::remove_all(paths_.keys(), code);
  for (const auto* suffix : {"", "-wal", "-shm", "-journal"})
    std::filesystem::remove(paths_.database().string() + suffix, code);
  // While it is held: see ProfileLock::try_lock.
  if (!had_lock_) std::filesystem::remove(paths_.lock(), code);
  lock_.reset();
}

}  // namespace pqc::client
