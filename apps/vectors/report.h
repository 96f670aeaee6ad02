// What came of running test vectors: counts for each file, and each failure with its id.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

namespace pqc::vectors {

enum class Verdict : std::uint8_t { passed, failed, not_applicable };

struct Failure {
  std::string id;
  std::string reason;
};

struct Counts {
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t not_applicable = 0;
};

struct FileReport {
  std::string file;
  std::string format;  // empty where no format of ours: the file as a whole is not applicable
  Counts counts;
  std::vector<Failure> failures;
  std::map<std::string, std::size_t> left_out;  // cases that are not applicable, by what they need and we lack

  void count(Verdict verdict, std::string id, std::string reason);
};

Counts total(const std::vector<FileReport>& reports);

// A line a file, a line for each failure and each reason why cases were left out, and the totals in the last line.
void print_text(std::ostream& out, const std::vector<FileReport>& reports);
// One object a line: {"v":1,"type":"file",…} for each file, then {"v":1,"type":"total",…}.
void print_json(std::ostream& out, const std::vector<FileReport>& reports);

}  // namespace pqc::vectors
