#include "keys/agent/landlock.h"

#include <cstdint>

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace pqc::keys::agent {
namespace {

// The kernel's newer members may be missing in the headers we are built with.
struct RulesetAttributes {
  std::uint64_t handled_access_fs;
  std::uint64_t handled_access_net;
};
constexpr std::uint64_t access_fs_refer = 1ULL << 13;
constexpr std::uint64_t access_fs_truncate = 1ULL << 14;
constexpr std::uint64_t access_net_tcp = 3;  // bind and connect

constexpr std::uint64_t file_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                                      LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                                      LANDLOCK_ACCESS_FS_MAKE_REG;
constexpr std::uint64_t every_access = (1ULL << 13) - 1;  // ABI 1

int abi_version() {
  const auto version = syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version > 0 ? static_cast<int>(version) : 0;
}

bool restrict_with(int ruleset, int folder, std::uint64_t allowed) {
  const landlock_path_beneath_attr beneath{allowed, folder};
  return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0 &&
         syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
}

}  // namespace

int restrict_to_folder(const std::string& folder) {
  const auto abi = abi_version();
  if (abi == 0) return 0;
  RulesetAttributes attributes{every_access, 0};
  auto allowed = file_access;
  if (abi >= 2) attributes.handled_access_fs |= access_fs_refer;
  if (abi >= 3) {
    attributes.handled_access_fs |= access_fs_truncate;
    allowed |= access_fs_truncate;
  }
  if (abi >= 4) attributes.handled_access_net = access_net_tcp;
  const auto size = abi >= 4 ? sizeof attributes : sizeof attributes.handled_access_fs;
  const auto ruleset = static_cast<int>(syscall(SYS_landlock_create_ruleset, &attributes, size, 0));
  if (ruleset < 0) return 0;
  const int fd = open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  const bool restricted = fd >= 0 && restrict_with(ruleset, fd, allowed);
  if (fd >= 0) close(fd);
  close(ruleset);
  return restricted ? abi : 0;
}

}  // namespace pqc::keys::agent
