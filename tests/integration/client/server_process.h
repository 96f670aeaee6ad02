// A real server on a free port of this machine, until the end of the scope.
#pragma once

#include <csignal>
#include <cstdint>
#include <stdexcept>
#include <string>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pqc::client {

class ServerProcess {
 public:
  // With a configuration file, where one is named.
  explicit ServerProcess(const std::string& folder, const std::string& config = {}) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    process_ = ::fork();
    if (process_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::dup2(ends[1], STDOUT_FILENO);
      ::execl(PQC_SERVER, PQC_SERVER, "--data", folder.c_str(), "run", "--listen", "127.0.0.1:0",
              config.empty() ? nullptr : "--config", config.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    std::string said;
    char byte = 0;
    while (said.find("listening 127.0.0.1:") == std::string::npos || byte != '\n') {
      if (::read(ends[0], &byte, 1) != 1) throw std::runtime_error("the server did not start");
      said.push_back(byte);
    }
    ::close(ends[0]);
    const auto at = said.find("listening 127.0.0.1:") + 20;
    port_ = static_cast<std::uint16_t>(std::stoul(said.substr(at)));
  }
  ~ServerProcess() {
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
  }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  pid_t process_;
  std::uint16_t port_ = 0;
};

}  // namespace pqc::client
