#include "keys/agent/confinement.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/locked_arena.h"
#include "keys/agent/landlock.h"
#include "keys/agent/namespaces.h"
#include "keys/agent/seccomp_filter.h"

namespace pqc::keys::agent {
namespace {

constexpr rlim_t max_descriptors = 64;
constexpr rlim_t max_file_size = rlim_t{64} << 20;

// Whether the call failed, and with which error.
Attempt attempt(std::string_view name, long result) {
  return {name, result < 0, result < 0 ? errno : 0};
}

Attempt try_open(std::string_view name, const char* path) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  const auto out = attempt(name, fd);
  if (fd >= 0) close(fd);
  return out;
}

Attempt try_socket(std::string_view name, int family, int type) {
  const int fd = socket(family, type | SOCK_CLOEXEC, 0);
  const auto out = attempt(name, fd);
  if (fd >= 0) close(fd);
  return out;
}

Attempt try_fork() {
  const auto child = fork();
  if (child == 0) _exit(0);
  return attempt("fork", child);
}

// The empty name: a kernel that would run programs says that there is no such file.
Attempt try_execve() {
  char* const nothing[] = {nullptr};
  auto out = attempt("execve", execve("", nothing, nothing));
  out.refused = out.error == EPERM || out.error == EACCES;
  return out;
}

// Process 0 does not exist: a kernel that would trace says so.
Attempt try_ptrace() {
  auto out = attempt("ptrace", ptrace(PTRACE_ATTACH, 0, nullptr, nullptr));
  out.refused = out.error == EPERM;
  return out;
}

Attempt try_executable_memory() {
  void* memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const auto out = attempt("executable_memory", memory == MAP_FAILED ? -1 : 0);
  if (memory != MAP_FAILED) munmap(memory, 4096);
  return out;
}

Attempt try_make_folder() {
  const auto out = attempt("mkdir", mkdir("landlock-attempt", 0700));
  if (!out.refused) rmdir("landlock-attempt");
  return out;
}

// A datagram socket looks for a route without sending anything. 192.0.2.0/24 is for documentation (RFC 5737).
bool network_is_empty() {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return true;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(9);
  inet_pton(AF_INET, "192.0.2.1", &address.sin_addr);
  const int connected = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  close(fd);
  return connected != 0;
}

bool outside_is_gone() {
  struct stat root{};
  struct stat above{};
  const bool closed =
      stat("/", &root) == 0 && stat("/..", &above) == 0 && root.st_ino == above.st_ino && root.st_dev == above.st_dev;
  const std::array tries{try_open("proc", "/proc/self/status"), try_open("etc", "/etc/passwd"),
                         try_open("up", "../../../../etc/passwd")};
  return closed && std::ranges::all_of(tries, [](const Attempt& t) { return t.refused && t.error == ENOENT; });
}

bool capabilities_are_gone() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct have[2]{};
  if (syscall(SYS_capget, &header, have) != 0) return false;
  for (const auto& word : have)
    if (word.effective != 0 || word.permitted != 0 || word.inheritable != 0) return false;
  return mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND, nullptr) != 0 && errno == EPERM;
}

bool cores_are_forbidden() {
  rlimit limit{};
  return getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max == 0 && prctl(PR_GET_DUMPABLE) == 0;
}

// A tracer that was there before attaching was forbidden would stay.
bool nobody_traces_us() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line == "TracerPid:\t0") return true;
  return false;
}

// Where the limit has no bound, everything: Argon2's memory would exceed a bounded one.
Measure lock_memory() {
  const bool arena = LockedArena::instance().locked();
  rlimit limit{};
  const bool unbounded = getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY;
  const bool all = unbounded && mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
  return {"locked_memory", arena, all ? "all memory" : arena ? "arena" : "refused by the system"};
}

bool system_calls_are_filtered() {
  if (!install_seccomp_filter()) return false;
  const std::array tries{try_socket("inet", AF_INET, SOCK_STREAM),
                         try_socket("unix", AF_UNIX, SOCK_STREAM),
                         try_execve(),
                         try_fork(),
                         try_ptrace(),
                         try_executable_memory()};
  return std::ranges::all_of(tries, [](const Attempt& t) { return t.refused && t.error == EPERM; });
}

Measure measure(std::string name, bool holds, std::string held, std::string otherwise) {
  return {std::move(name), holds, holds ? std::move(held) : std::move(otherwise)};
}

}  // namespace

void confine_early() {
  forbid_core_dumps();
  close_range(3, ~0U, 0);
  clearenv();
  umask(077);
  const rlimit descriptors{max_descriptors, max_descriptors};
  const rlimit file_size{max_file_size, max_file_size};
  setrlimit(RLIMIT_NOFILE, &descriptors);
  setrlimit(RLIMIT_FSIZE, &file_size);
}

std::vector<Measure> confine(vault::KeyFolder& folder, const std::string& path) {
  const std::string not_permitted = "not permitted on this system";
  auto memory = lock_memory();
  // A process that is not dumpable may not write its own uid_map (proc(5)).
  prctl(PR_SET_DUMPABLE, 1);
  const bool users = enter_user_namespace();
  const bool network = enter_network_namespace() && network_is_empty();
  const bool cores = forbid_core_dumps() && cores_are_forbidden() && nobody_traces_us();
  const bool rooted = make_root(path) && folder.reopen("/").has_value() && outside_is_gone();
  const bool bare = drop_capabilities() && capabilities_are_gone();
  const bool no_new = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
  const int landlock = restrict_to_folder(rooted ? "/" : path);
  const bool landlocked = landlock > 0 && try_make_folder().refused;
  const bool filtered = system_calls_are_filtered();

  std::vector<Measure> out;
  out.push_back(measure("core_dumps", cores, "none, not dumpable, not traced", "not forbidden, or traced"));
  out.push_back(std::move(memory));
  out.push_back(measure("no_new_privileges", no_new, "set", "refused by the kernel"));
  out.push_back(measure("user_namespace", users, "own", not_permitted));
  out.push_back(measure("network_namespace", network, "empty", not_permitted));
  out.push_back(measure("filesystem", rooted, "the key folder is the root", not_permitted));
  out.push_back(measure("capabilities", bare, "none", "some are left"));
  out.push_back(measure("landlock", landlocked, "ABI " + std::to_string(landlock), "not in this kernel"));
  out.push_back(measure("seccomp", filtered, "allow-list", "refused by the kernel"));
  return out;
}

bool sufficient(const std::vector<Measure>& measures) {
  const auto holds = [&](std::string_view name) {
    return std::ranges::any_of(measures, [&](const Measure& m) { return m.name == name && m.holds; });
  };
  return holds("core_dumps") && holds("no_new_privileges") && holds("seccomp") &&
         (holds("filesystem") || holds("landlock"));
}

std::string missing(const std::vector<Measure>& measures) {
  std::string out;
  for (const auto& m : measures)
    if (!m.holds) out += (out.empty() ? "" : " ") + m.name;
  return out;
}

std::vector<Attempt> try_everything() {
  return {try_socket("socket_inet", AF_INET, SOCK_STREAM),
          try_socket("socket_inet6", AF_INET6, SOCK_DGRAM),
          try_socket("socket_unix", AF_UNIX, SOCK_STREAM),
          try_socket("socket_netlink", AF_NETLINK, SOCK_RAW),
          try_open("open_etc", "/etc/passwd"),
          try_open("open_proc", "/proc/self/maps"),
          try_open("open_above", "../../../../etc/passwd"),
          try_execve(),
          try_fork(),
          try_ptrace(),
          try_executable_memory(),
          attempt("unshare", unshare(CLONE_NEWUSER)),
          attempt("mount", mount("none", "/", "tmpfs", 0, nullptr)),
          attempt("kill", kill(getppid(), 0)),
          attempt("memfd", syscall(SYS_memfd_create, "x", 0)),
          attempt("bpf", syscall(SYS_bpf, 0, nullptr, 0)),
          attempt("io_uring", syscall(SYS_io_uring_setup, 1, nullptr)),
          attempt("process_memory", syscall(SYS_process_vm_readv, getppid(), nullptr, 0, nullptr, 0, 0))};
}

}  // namespace pqc::keys::agent
