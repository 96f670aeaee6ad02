// A program that returns to its caller once it is ready, and goes on in the background.
#pragma once

#include "base/exit_code.h"
#include "keys/vault/folder.h"

namespace pqc::keyd {

class Background {
 public:
  // Forks: the child goes on in a session of its own, the parent waits for ready() or fail() and exits as they say.
  // Nothing that a fork would lose (locked memory) may exist before. Without `fork` everything stays in this process.
  static Background start(bool fork);

  // To the waiting parent: success. Standard input, output and error of a background process lead nowhere then.
  void ready();
  // Ends this process too.
  [[noreturn]] void fail(ExitCode code);

 private:
  keys::vault::OwnedFd parent_;
  keys::vault::OwnedFd null_;
};

}  // namespace pqc::keyd
