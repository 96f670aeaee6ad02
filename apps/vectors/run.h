// Runs all files of a folder.
#pragma once

#include <filesystem>
#include <vector>

#include "report.h"

namespace pqc::vectors {

inline constexpr std::uintmax_t max_file_size = std::uintmax_t{64} << 20;

// The file recognised by its content and run, or a report without a format. A file that cannot be read counts as one
// failure.
FileReport run_file(const std::filesystem::path& path, std::string name);

// All regular files below `folder`, sorted by name. Throws std::filesystem::filesystem_error where it cannot be listed.
std::vector<FileReport> run_folder(const std::filesystem::path& folder);

}  // namespace pqc::vectors
