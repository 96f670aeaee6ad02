#include "preview/confinement.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/locked_arena.h"
#include "preview/limits.h"

namespace pqc::preview {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t native_arch = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t native_arch = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t native_arch = 0;
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
// Their shadow is as large as the address space.
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

// mmap and mprotect have a condition of their own below.
constexpr std::array allowed{
    SYS_read,   SYS_write,         SYS_close,          SYS_brk,         SYS_munmap, SYS_mremap,     SYS_madvise,
    SYS_futex,  SYS_clock_gettime, SYS_rt_sigprocmask, SYS_getrandom,   SYS_exit,   SYS_exit_group, SYS_rt_sigreturn,
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    SYS_gettid, SYS_getpid,        SYS_sigaltstack,    SYS_sched_yield,
#endif
};

bool set_limit(int what, rlim_t value) {
  const rlimit limit{value, value};
  return ::setrlimit(static_cast<__rlimit_resource>(what), &limit) == 0;
}

// An allow-list in plain BPF (Documentation/userspace-api/seccomp_filter.rst); everything else is answered EPERM.
bool filter_system_calls() {
  if (native_arch == 0) return false;
  std::vector<sock_filter> code;
  const auto add = [&code](int what, std::uint32_t k, std::uint8_t if_true = 0, std::uint8_t if_false = 0) {
    code.push_back({static_cast<std::uint16_t>(what), if_true, if_false, k});
  };
  const auto load = [&](std::size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)); };
  const auto answer = [&](std::uint32_t action) { add(BPF_RET | BPF_K, action); };
  constexpr std::uint32_t deny = SECCOMP_RET_ERRNO | EPERM;
  load(offsetof(seccomp_data, arch));
  add(BPF_JMP | BPF_JEQ | BPF_K, native_arch, 1, 0);
  answer(SECCOMP_RET_KILL_PROCESS);
  load(offsetof(seccomp_data, nr));
  for (const auto call : allowed) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1);
    answer(SECCOMP_RET_ALLOW);
  }
  // Memory that cannot be executed.
  for (const auto call : {SYS_mmap, SYS_mprotect}) {
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 4);
    load(offsetof(seccomp_data, args) + 2 * sizeof(std::uint64_t));
    add(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0);
    answer(SECCOMP_RET_ALLOW);
    answer(deny);
  }
  answer(deny);
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

}  // namespace

bool confine() {
  const bool limited = forbid_core_dumps() && ::close_range(3, ~0U, 0) == 0 && set_limit(RLIMIT_NOFILE, 3) &&
                       set_limit(RLIMIT_FSIZE, limits::preview_bytes) && set_limit(RLIMIT_CPU, limits::cpu_seconds) &&
                       (sanitized || set_limit(RLIMIT_AS, limits::memory));
  return limited && ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         filter_system_calls();
}

}  // namespace pqc::preview
