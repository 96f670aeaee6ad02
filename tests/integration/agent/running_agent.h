// A key folder with the agent that a client starts for it; killed with the object.
#pragma once

#include <cctype>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "keys/agent_client/agent_key_holder.h"
#include "support/needles.h"
#include "support/person.h"
#include "support/temporary_folder.h"

namespace pqc::test {

class RunningAgent {
 public:
  RunningAgent() {
    // LeakSanitizer's way of looking at memory is what the confinement forbids.
    setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
  }
  ~RunningAgent() { kill(SIGKILL); }

  [[nodiscard]] keys::agent_client::Location location() const { return {folder(), PQC_KEYD}; }
  [[nodiscard]] const std::string& folder() const { return folder_.path(); }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_.path(name); }

  // The agent that holds the lock; 0 for none.
  [[nodiscard]] pid_t pid() const {
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const auto name = entry.path().filename().string();
      if (!std::isdigit(static_cast<unsigned char>(name[0]))) continue;
      const auto arguments = read_file(entry.path() / "cmdline");
      if (arguments.starts_with("pqc-chat-keyd") && arguments.find(folder()) != arguments.npos) return std::stoi(name);
    }
    return 0;
  }

  // Sends the signal and waits until the agent is gone.
  void kill(int signal) const {
    const auto process = pid();
    if (process == 0) return;
    const int fd = static_cast<int>(syscall(SYS_pidfd_open, process, 0));
    ::kill(process, signal);
    pollfd ended{fd, POLLIN, 0};
    poll(&ended, 1, 10'000);
    close(fd);
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace pqc::test
