// Confines the agent as far as the kernel lets it, and tries what is then forbidden (docs/spec/agent.md §7).
//
//   confine_early()   before anything secret or any file of the folder is opened
//   confine()         when lock and socket are there: namespaces, root, capabilities, Landlock, system calls
//
// One thread, at the start of the program. Neither can be undone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "keys/agent/measure.h"
#include "keys/vault/folder.h"

namespace pqc::keys::agent {

// No core dumps, no other descriptors than 0 to 2, no environment, private files, small limits.
void confine_early();

// All measures, in the order of the specification, each as it was found. `path` is the folder's absolute path; `folder`
// is opened again where it has become the root.
[[nodiscard]] std::vector<Measure> confine(vault::KeyFolder& folder, const std::string& path);

// Whether the measures without which --require-confinement ends the agent hold.
[[nodiscard]] bool sufficient(const std::vector<Measure>& measures);
// The names of those that do not hold, with a space between; empty when all do.
[[nodiscard]] std::string missing(const std::vector<Measure>& measures);

// What an attacker inside the agent would try, one more time from outside the measures: each name, and whether it was
// refused. For --self-test.
struct Attempt {
  std::string_view name;
  bool refused = false;
  int error = 0;
};
[[nodiscard]] std::vector<Attempt> try_everything();

}  // namespace pqc::keys::agent
