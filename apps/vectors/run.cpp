#include "run.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "falcon_kat.h"
#include "wycheproof.h"

namespace pqc::vectors {

FileReport run_file(const std::filesystem::path& path, std::string name) {
  FileReport report{.file = std::move(name), .format = {}, .counts = {}, .failures = {}};
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  std::ifstream in(path, std::ios::binary);
  if (error || size > max_file_size || !in) {
    report.format = "unreadable";
    report.count(Verdict::failed, "-", error ? error.message() : "cannot be opened, or is larger than 64 MiB");
    return report;
  }
  const std::string content{std::istreambuf_iterator<char>(in), {}};
  if (!run_falcon_kat(content, report)) run_wycheproof(content, report);
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
