#include "report.h"

#include <algorithm>
#include <ostream>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/log.h"

namespace pqc::vectors {
namespace {

std::ostream& operator<<(std::ostream& out, const Counts& counts) {
  return out << counts.passed << " passed, " << counts.failed << " failed, " << counts.not_applicable
             << " not applicable";
}

boost::json::object object_of(const char* type, const Counts& counts) {
  return {{"v", 1},
          {"type", type},
          {"passed", counts.passed},
          {"failed", counts.failed},
          {"not_applicable", counts.not_applicable}};
}

}  // namespace

void FileReport::count(Verdict verdict, std::string id, std::string reason) {
  switch (verdict) {
    case Verdict::passed:
      ++counts.passed;
      return;
    case Verdict::not_applicable:
      ++counts.not_applicable;
      if (!reason.empty()) ++left_out[reason];
      return;
    case Verdict::failed:
      ++counts.failed;
      failures.push_back({.id = std::move(id), .reason = std::move(reason)});
  }
}

Counts total(const std::vector<FileReport>& reports) {
  Counts sum;
  for (const auto& report : reports) {
    sum.passed += report.counts.passed;
    sum.failed += report.counts.failed;
    sum.not_applicable += report.counts.not_applicable;
  }
  return sum;
}

void print_text(std::ostream& out, const std::vector<FileReport>& reports) {
  for (const auto& report : reports) {
    out << printable(report.file) << ": ";
    if (report.format.empty()) {
      out << "not applicable\n";
      continue;
    }
    out << report.counts << " (" << report.format << ")\n";
    for (const auto& [reason, count] : report.left_out) {
      out << "  not applicable, " << count << ": " << printable(reason) << "\n";
    }
    for (const auto& failure : report.failures) {
      out << "FAILED " << printable(report.file) << " " << printable(failure.id) << ": " << printable(failure.reason)
          << "\n";
    }
  }
  const auto unknown = std::ranges::count_if(reports, [](const auto& report) { return report.format.empty(); });
  out << "total: " << total(reports) << "; " << reports.size() << " files, " << unknown << " of them not applicable\n";
}

void print_json(std::ostream& out, const std::vector<FileReport>& reports) {
  for (const auto& report : reports) {
    auto line = object_of("file", report.counts);
    line["file"] = report.file;
    line["format"] = report.format;
    boost::json::array failures;
    for (const auto& failure : report.failures) {
      failures.push_back(boost::json::object{{"id", failure.id}, {"reason", failure.reason}});
    }
    line["failures"] = std::move(failures);
    boost::json::object left_out;
    for (const auto& [reason, count] : report.left_out) left_out[reason] = count;
    line["left_out"] = std::move(left_out);
    out << boost::json::serialize(line) << "\n";
  }
  out << boost::json::serialize(object_of("total", total(reports))) << "\n";
}

}  // namespace pqc::vectors
