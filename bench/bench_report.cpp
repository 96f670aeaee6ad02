#include "bench_report.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <format>
#include <print>

namespace pqc::bench {
namespace {

double ratio(const Row& row) {
  return *row.time_us / *row.floor_us;
}

double limited_value(const Row& row) {
  if (row.floor_us) return ratio(row);
  return row.time_us ? *row.time_us : *row.count;
}

bool met(const Row& row) {
  return !row.limit || limited_value(row) <= *row.limit;
}

void append_number(std::string& out, const char* name, std::optional<double> value) {
  if (value) out += std::format(", \"{}\": {:.3f}", name, *value);
}

std::string json_of(const Row& row) {
  std::string out = "{\"operation\": \"" + row.operation + "\"";
  append_number(out, "time_us", row.time_us);
  append_number(out, "floor_us", row.floor_us);
  if (row.floor_us) append_number(out, "ratio", ratio(row));
  append_number(out, "count", row.count);
  append_number(out, "limit", row.limit);
  if (row.limit) out += std::string(", \"met\": ") + (met(row) ? "true" : "false");
  return out + "}";
}

void print_line(const Row& row) {
  std::string line = std::format("{:<58}", row.operation);
  if (row.time_us) line += std::format(" {:9.2f} us", *row.time_us);
  if (row.count) line += std::format(" {:12.0f}", *row.count);
  if (row.floor_us) line += std::format("  {:.3f} x {:.2f} us", ratio(row), *row.floor_us);
  if (row.limit) line += std::format("  (limit {:g}: {})", *row.limit, met(row) ? "met" : "MISSED");
  std::println(stderr, "{}", line);
}

}  // namespace

bool FastestReporter::ReportContext(const Context&) {
  return true;
}

void FastestReporter::ReportRuns(const std::vector<Run>& runs) {
  for (const auto& run : runs) {
    if (run.run_type != Run::RT_Iteration) continue;
    const auto time = run.cpu_accumulated_time / static_cast<double>(run.iterations) * 1e6;
    const auto [at, first] = fastest_.try_emplace(run.run_name.function_name, time);
    if (!first) at->second = std::min(at->second, time);
  }
}

double FastestReporter::time_us(const std::string& name) const {
  const auto at = fastest_.find(name);
  if (at != fastest_.end()) return at->second;
  std::println(stderr, "no benchmark named {} has run", name);
  std::abort();
}

bool print_report(const std::string& program, const std::vector<Row>& rows) {
  std::string json = "{\"program\": \"" + program + "\", \"peer\": null, \"results\": [";
  for (const auto& row : rows) {
    print_line(row);
    json += (&row == rows.data() ? "\n  " : ",\n  ") + json_of(row);
  }
  std::println("{}\n]}}", json);
  return std::ranges::all_of(rows, met);
}

}  // namespace pqc::bench
