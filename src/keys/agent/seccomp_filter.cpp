#include "keys/agent/seccomp_filter.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace pqc::keys::agent {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t native_arch = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t native_arch = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t native_arch = 0;
#endif

constexpr std::array allowed{
    // Connections, signals by descriptor, and the folder's files.
    SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pread64, SYS_pwrite64, SYS_recvfrom, SYS_recvmsg, SYS_sendto,
    SYS_sendmsg, SYS_ppoll, SYS_accept4, SYS_getsockopt, SYS_shutdown, SYS_close, SYS_openat, SYS_renameat,
    SYS_renameat2, SYS_unlinkat, SYS_fsync, SYS_fdatasync, SYS_fstat, SYS_newfstatat, SYS_statx, SYS_lseek, SYS_fcntl,
    SYS_dup3, SYS_ftruncate,
#if defined(__x86_64__)
    SYS_poll, SYS_rename, SYS_unlink, SYS_stat, SYS_lstat, SYS_open,
#endif
    // Memory (mmap and mprotect have a condition of their own below).
    SYS_munmap, SYS_mremap, SYS_madvise, SYS_brk, SYS_mlock, SYS_mlock2, SYS_munlock, SYS_futex,
    // Clocks, randomness, who we are.
    SYS_getrandom, SYS_clock_gettime, SYS_clock_getres, SYS_gettimeofday, SYS_getpid, SYS_gettid, SYS_getuid,
    SYS_geteuid, SYS_getgid, SYS_getegid, SYS_sched_yield, SYS_sched_getaffinity, SYS_sysinfo,
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    // The sanitizers' own: they try addresses through a pipe.
    SYS_pipe2,
#if defined(__x86_64__)
    SYS_pipe,
#endif
#endif
    // Signals to ourselves, and the end.
    SYS_rt_sigreturn, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_sigaltstack, SYS_restart_syscall, SYS_exit,
    SYS_exit_group};

constexpr auto allow = SECCOMP_RET_ALLOW;
constexpr auto deny = SECCOMP_RET_ERRNO | EPERM;

class Program {
 public:
  void load(std::size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)); }
  void answer(std::uint32_t action) { add(BPF_RET | BPF_K, action); }
  // `action` when the loaded value is `value`, else on.
  void answer_if_equal(std::uint32_t value, std::uint32_t action) {
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    answer(action);
  }
  void answer_unless_equal(std::uint32_t value, std::uint32_t action) {
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0);
    answer(action);
  }
  void answer_if_at_least(std::uint32_t value, std::uint32_t action) {
    add(BPF_JMP | BPF_JGE | BPF_K, value, 0, 1);
    answer(action);
  }
  // For one system call: allowed when no bit of `mask` is set in its argument, denied otherwise.
  void allow_without_bits(long call, std::size_t argument, std::uint32_t mask) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 4);
    load(low_word(argument));
    add(BPF_JMP | BPF_JSET | BPF_K, mask, 1, 0);
    answer(allow);
    answer(deny);
  }
  // For one system call: allowed when its argument has this value.
  void allow_with_value(long call, std::size_t argument, std::uint32_t value) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 4);
    load(low_word(argument));
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    answer(allow);
    answer(deny);
  }
  [[nodiscard]] bool install() {
    sock_fprog program{static_cast<unsigned short>(code_.size()), code_.data()};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
  }

 private:
  static std::size_t low_word(std::size_t argument) {
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
    return offsetof(seccomp_data, args) + argument * sizeof(std::uint64_t);
  }
  void add(int code, std::uint32_t k, std::uint8_t if_true = 0, std::uint8_t if_false = 0) {
    code_.push_back({static_cast<std::uint16_t>(code), if_true, if_false, k});
  }
  std::vector<sock_filter> code_;
};

}  // namespace

bool install_seccomp_filter() {
  if (native_arch == 0) return false;
  Program program;
  program.load(offsetof(seccomp_data, arch));
  program.answer_unless_equal(native_arch, SECCOMP_RET_KILL_PROCESS);
  program.load(offsetof(seccomp_data, nr));
  program.answer_if_at_least(0x40000000, deny);  // x32 on x86-64; no such numbers elsewhere
  for (const auto call : allowed) program.answer_if_equal(static_cast<std::uint32_t>(call), allow);
  program.allow_without_bits(SYS_mmap, 2, PROT_EXEC);
  program.allow_without_bits(SYS_mprotect, 2, PROT_EXEC);
  program.allow_with_value(SYS_tgkill, 0, static_cast<std::uint32_t>(getpid()));
  program.answer(deny);
  return program.install();
}

}  // namespace pqc::keys::agent
