#include "bench_report.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

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
  if (!value) return;
  char text[64];
  std::snprintf(text, sizeof text, ", \"%s\": %.3f", name, *value);
  out += text;
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
  std::fprintf(stderr, "%-58s", row.operation.c_str());
  if (row.time_us) std::fprintf(stderr, " %9.2f us", *row.time_us);
  if (row.count) std::fprintf(stderr, " %12.0f", *row.count);
  if (row.floor_us) std::fprintf(stderr, "  %.3f x %.2f us", ratio(row), *row.floor_us);
  if (row.limit) std::fprintf(stderr, "  (limit %g: %s)", *row.limit, met(row) ? "met" : "MISSED");
  std::fputc('\n', stderr);
}

}  // namespace

bool FastestReporter::ReportContext(const Context&) {
  return true;
}

void FastestReporter::ReportRuns(const std::vector<Run>& runs) {
  for (const auto& run : runs) {
    if (run.run_type != Run::RT_Iteration) continue;
    const auto time = run.real_accumulated_time / static_cast<double>(run.iterations) * 1e6;
    const auto [at, first] = fastest_.try_emplace(run.run_name.function_name, time);
    if (!first) at->second = std::min(at->second, time);
  }
}

double FastestReporter::time_us(const std::string& name) const {
  const auto at = fastest_.find(name);
  if (at != fastest_.end()) return at->second;
  std::fprintf(stderr, "no benchmark named %s has run\n", name.c_str());
  std::exit(1);
}

bool print_report(const std::string& program, const std::vector<Row>& rows) {
  std::string json = "{\"program\": \"" + program + "\", \"peer\": null, \"results\": [";
  for (const auto& row : rows) {
    print_line(row);
    json += (&row == rows.data() ? "\n  " : ",\n  ") + json_of(row);
  }
  std::printf("%s\n]}\n", json.c_str());
  return std::ranges::all_of(rows, met);
}

}  // namespace pqc::bench
