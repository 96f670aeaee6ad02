// Erases messages whose time is over or that are older than the user wants, and gives free pages back to the disk: a
// little when a profile is opened, the rest in small steps while the loop runs. Loop thread only.
#pragma once

#include "client/core.h"

namespace pqc::client {

class Housekeeping {
 public:
  explicit Housekeeping(Core& core) : core_(core) {}

  // At opening, and before messages are shown: nothing whose time is over is left afterwards.
  Status erase_expired();
  // From now on, while the loop runs.
  void start();

 private:
  // Answers whether more is to be done at once.
  Result<bool> step();
  Result<bool> erase_old();
  void run();

  Core& core_;
  Loop::HandlePtr timer_;
};

}  // namespace pqc::client
