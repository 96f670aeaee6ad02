// What our Google Benchmark programs share: they take the fastest repetition of each benchmark, set sums and ratios
// beside it, and print one JSON object on standard output (and a table on standard error). tools/bench reads the JSON.
//
//   {"program": "ratchet_bench", "peer": null,
//    "results": [{"operation": "...", "time_us": 1.2, "floor_us": 1.0, "ratio": 1.2, "limit": 1.2, "met": true}, ...]}
//
// A peer's program prints the same with its own name in "peer"; rows with the same operation belong side by side. The
// shared machine is noisy upwards only, so the fastest repetition says most about the code; floors are measured in the
// same run.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

namespace pqc::bench {

// The fastest repetition's processor time of each benchmark, in microseconds.
class FastestReporter : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context& context) override;
  void ReportRuns(const std::vector<Run>& runs) override;
  // Ends the program where there is no such benchmark.
  [[nodiscard]] double time_us(const std::string& name) const;

 private:
  std::map<std::string, double> fastest_;
};

struct Row {
  std::string operation;
  std::optional<double> time_us;
  std::optional<double> floor_us;  // the sum of the primitives that the specification asks for
  std::optional<double> count;     // of something else than time: bytes, allocations
  std::optional<double> limit;     // of the ratio where there is a floor, else of the time or count
};

// Prints table and JSON; answers whether every limit is met.
bool print_report(const std::string& program, const std::vector<Row>& rows);

}  // namespace pqc::bench
