// One measure of confinement as the agent found it after trying what it forbids (docs/spec/agent.md §7).
#pragma once

#include <string>

namespace pqc::keys::agent {

struct Measure {
  std::string name;
  bool holds = false;
  std::string detail;  // what was tried, or why it is missing
};

}  // namespace pqc::keys::agent
