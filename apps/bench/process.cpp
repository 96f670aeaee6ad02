#include "process.h"

#include <charconv>
#include <filesystem>
#include <format>
#include <fstream>
#include <iterator>
#include <string>

#include <sched.h>
#include <unistd.h>

namespace pqc::bench {
namespace {

std::optional<std::string> contents(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// The number in the field of that index, fields being separated by one blank.
std::optional<std::uint64_t> field(std::string_view text, int index) {
  for (; index > 0; --index) {
    const auto blank = text.find(' ');
    if (blank == std::string_view::npos) return std::nullopt;
    text.remove_prefix(blank + 1);
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end == text.data()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<StatFields> parse_stat(std::string_view text) {
  const auto name_end = text.rfind(") ");
  if (name_end == std::string_view::npos) return std::nullopt;
  text.remove_prefix(name_end + 2);  // now field 3 of proc(5) is at index 0
  const auto user = field(text, 11);
  const auto system = field(text, 12);
  const auto pages = field(text, 21);
  if (!user || !system || !pages) return std::nullopt;
  return StatFields{.cpu_ticks = *user + *system, .resident_pages = *pages};
}

std::optional<ProcessUsage> usage_of(pid_t process) {
  const auto text = contents(std::format("/proc/{}/stat", process));
  const auto fields = text ? parse_stat(*text) : std::nullopt;
  if (!fields) return std::nullopt;
  const auto ticks = static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
  return ProcessUsage{.cpu = std::chrono::milliseconds(fields->cpu_ticks * 1000 / ticks),
                      .resident_bytes = fields->resident_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE))};
}

ProcessUsage own_usage() {
  return usage_of(getpid()).value_or(ProcessUsage{});
}

bool pin_to_core(pid_t process, unsigned core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  if (process == 0) return sched_setaffinity(0, sizeof set, &set) == 0;
  std::error_code gone;
  bool all = true;
  for (const auto& thread : std::filesystem::directory_iterator(std::format("/proc/{}/task", process), gone)) {
    const pid_t id = static_cast<pid_t>(std::stol(thread.path().filename()));
    all = sched_setaffinity(id, sizeof set, &set) == 0 && all;
  }
  return all && !gone;
}

}  // namespace pqc::bench
