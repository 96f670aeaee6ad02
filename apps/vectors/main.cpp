// pqc-chat-vectors: runs folders of published test vectors against the crypto layer.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <string>
#include <tuple>
#include <vector>

#include <CLI/CLI.hpp>

#include "run.h"

namespace {

constexpr int exit_failed = 1;
constexpr int exit_usage = 2;

int run(const std::vector<std::string>& folders, bool as_json) {
  std::vector<pqc::vectors::FileReport> reports;
  for (const auto& folder : folders) {
    auto more = pqc::vectors::run_folder(folder);
    std::ranges::move(more, std::back_inserter(reports));
  }
  if (as_json) {
    print_json(std::cout, reports);
  } else {
    print_text(std::cout, reports);
  }
  return total(reports).failed == 0 ? 0 : exit_failed;
}

int parse_and_run(int argc, char** argv) {
  std::vector<std::string> folders;
  bool as_json = false;
  CLI::App app("Runs published test vectors against the crypto layer that the programs use.", "pqc-chat-vectors");
  app.add_option("DIR", folders,
                 "folders with test vectors: Wycheproof, HPKE, X-Wing, SFrame and MLS JSON, Falcon known answers")
      ->required()
      ->check(CLI::ExistingDirectory);
  app.add_flag("--json", as_json, "one JSON object a line");
  app.set_version_flag("--version", "pqc-chat-vectors " PQC_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : exit_usage;
  }
  return run(folders, as_json);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return parse_and_run(argc, argv);
  } catch (const std::exception& error) {
    std::ignore = std::fprintf(stderr, "pqc-chat-vectors: %s\n", error.what());
    return exit_usage;
  }
}
