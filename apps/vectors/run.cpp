#include "run.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <string>

#include <boost/json/src.hpp>

#include "falcon_kat.h"
#include "hpke_vectors.h"
#include "mls_vectors.h"
#include "sframe_vectors.h"
#include "wycheproof.h"

namespace pqc::vectors {
namespace {

using JsonRunner = bool (*)(const boost::json::value&, FileReport&);
constexpr std::array<JsonRunner, 5> json_runners{run_wycheproof, run_hpke_json, run_x_wing_json, run_sframe, run_mls};

void run_json(std::string_view content, FileReport& report) {
  boost::system::error_code error;
  const auto document = boost::json::parse(content, error);
  if (error) return;
  for (const auto runner : json_runners) {
    if (runner(document, report)) return;
  }
}

}  // namespace

FileReport run_file(const std::filesystem::path& path, std::string name) {
  FileReport report{.file = std::move(name), .format = {}, .counts = {}, .failures = {}, .left_out = {}};
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  std::ifstream in(path, std::ios::binary);
  if (error || size > max_file_size || !in) {
    report.format = "unreadable";
    report.count(Verdict::failed, "-", error ? error.message() : "cannot be opened, or is larger than 64 MiB");
    return report;
  }
  const std::string content{std::istreambuf_iterator<char>(in), {}};
  if (!run_falcon_kat(content, report) && !run_hpke_text(content, report)) run_json(content, report);
  return report;
}

std::vector<FileReport> run_folder(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::vector<FileReport> reports;
  reports.reserve(files.size());
  for (const auto& file : files) reports.push_back(run_file(file, file.lexically_relative(folder).string()));
  return reports;
}

}  // namespace pqc::vectors
