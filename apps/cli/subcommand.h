// What the parts of the command line are made of: commands whose values land in the structures of options.h. Included
// by source files only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/options.h"

namespace pqc::cli {

// A subcommand whose values land in the command that it makes.
template <class T>
struct Sub {
  CLI::App* app;
  std::shared_ptr<T> values = std::make_shared<T>();
};

// Options that every command takes are the whole program's.
inline CLI::App* add_page(CLI::App& app, const std::string& name, const std::string& description) {
  auto* const page = app.add_subcommand(name, description);
  page->fallthrough();
  page->footer("--profile, --json and others that every command takes: pqc-chat --help");
  return page;
}

template <class T>
Sub<T> add(CLI::App& app, Options& options, const std::string& name, const std::string& description) {
  Sub<T> sub{add_page(app, name, description)};
  sub.app->callback([&options, values = sub.values] { options.command = *values; });
  return sub;
}

// One of several commands below a common name, which the values name as their action.
template <class T>
Sub<T> add_action(CLI::App& app, Options& options, const std::string& name, const std::string& description) {
  auto sub = add<T>(app, options, name, description);
  sub.values->action = name;
  return sub;
}

// Checks that --help does not repeat behind the option: its value's name and its description say it.
inline CLI::Validator up_to(int most) {
  return CLI::Range(1, most).description("");
}
inline CLI::Validator one_of(std::vector<std::string> values) {
  return CLI::IsMember(std::move(values)).description("");
}

}  // namespace pqc::cli
