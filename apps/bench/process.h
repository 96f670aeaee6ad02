// What Linux says about a process (proc(5)): CPU time and memory; and on which core this one runs.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include <sys/types.h>

namespace pqc::bench {

struct ProcessUsage {
  std::chrono::milliseconds cpu{};  // user and system, of all threads that are or were; counted in clock ticks (10 ms)
  std::uint64_t resident_bytes = 0;
};

// Nothing when there is no such process or it belongs to somebody else.
std::optional<ProcessUsage> usage_of(pid_t process);
// This process's own.
ProcessUsage own_usage();

// CPU time and resident pages from the text of /proc/PID/stat, whose second field, the name, may hold anything.
struct StatFields {
  std::uint64_t cpu_ticks = 0;
  std::uint64_t resident_pages = 0;
};
std::optional<StatFields> parse_stat(std::string_view text);

// Binds a process (0: this one, call it before threads start) and the threads it has to one core. False when refused.
[[nodiscard]] bool pin_to_core(pid_t process, unsigned core);

}  // namespace pqc::bench
