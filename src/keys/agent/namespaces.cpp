#include "keys/agent/namespaces.h"

#include <cerrno>
#include <charconv>

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace pqc::keys::agent {
namespace {

bool write_file(const char* path, const std::string& text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(fd);
  return written;
}

// user_namespaces(7): 65534 unless the system has another.
uid_t overflow_uid() {
  constexpr uid_t usual = 65534;
  char text[16]{};
  const int fd = open("/proc/sys/kernel/overflowuid", O_RDONLY | O_CLOEXEC);
  const auto n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
  if (fd >= 0) close(fd);
  uid_t value = usual;
  if (n > 0) std::from_chars(text, text + n, value);
  return value;
}

std::string identity_map(unsigned id) {
  return std::to_string(id) + " " + std::to_string(id) + " 1";
}

// Flags that the mount below has may not be taken away in a user namespace, so they are named again.
unsigned long kept_flags(const char* path) {
  struct statvfs status{};
  if (statvfs(path, &status) != 0) return 0;
  unsigned long flags = 0;
  if ((status.f_flag & ST_RDONLY) != 0) flags |= MS_RDONLY;
  if ((status.f_flag & ST_NOATIME) != 0) flags |= MS_NOATIME;
  if ((status.f_flag & ST_NODIRATIME) != 0) flags |= MS_NODIRATIME;
  if ((status.f_flag & ST_RELATIME) != 0) flags |= MS_RELATIME;
  return flags;
}

bool bind_restricted(const std::string& folder) {
  if (mount(folder.c_str(), folder.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0) return false;
  if (chdir(folder.c_str()) != 0) return false;
  const auto flags = MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV | MS_NOEXEC | kept_flags(".");
  return mount(nullptr, ".", nullptr, flags, nullptr) == 0;
}

}  // namespace

bool enter_user_namespace() {
  const auto uid = geteuid();
  const auto gid = getegid();
  if (uid == overflow_uid() || unshare(CLONE_NEWUSER) != 0) return false;
  return write_file("/proc/self/uid_map", identity_map(uid)) && write_file("/proc/self/setgroups", "deny") &&
         write_file("/proc/self/gid_map", identity_map(gid)) && geteuid() == uid && getegid() == gid;
}

bool enter_network_namespace() {
  struct stat before{};
  struct stat after{};
  constexpr auto own = "/proc/self/ns/net";
  if (stat(own, &before) != 0 || unshare(CLONE_NEWNET) != 0 || stat(own, &after) != 0) return false;
  return before.st_ino != after.st_ino;
}

bool make_root(const std::string& folder) {
  if (unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS) != 0) return false;
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  if (!bind_restricted(folder)) return false;
  // pivot_root(2), "pivot_root(".", ".")": the old root is then mounted over the new one, and taken off.
  if (syscall(SYS_pivot_root, ".", ".") != 0 || umount2(".", MNT_DETACH) != 0) return false;
  return chdir("/") == 0;
}

bool drop_capabilities() {
  for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; ++capability)
    if (prctl(PR_CAPBSET_DROP, capability) != 0 && errno != EPERM) return false;
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2]{};
  return syscall(SYS_capset, &header, none) == 0;
}

}  // namespace pqc::keys::agent
