// A PulseAudio server of a test's own: in a folder of its own, without hardware, with null sinks named `mic` and
// `speaker`.
#pragma once

#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

#include "support/temporary_folder.h"

namespace pqc::test {

class PulseServer {
 public:
  // Whether it answers; false where pulseaudio is not installed. Again after end(), at the same place.
  bool start() {
    const auto socket = folder_.path("native");
    std::filesystem::remove(socket);
    setenv("PULSE_SERVER", ("unix:" + socket).c_str(), 1);
    process_ = fork();
    if (process_ == 0) run(socket);
    for (int i = 0; i < 500; ++i) {
      if (std::filesystem::exists(socket)) return true;
      if (waitpid(process_, nullptr, WNOHANG) == process_) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  PulseServer() = default;
  PulseServer(const PulseServer&) = delete;
  PulseServer& operator=(const PulseServer&) = delete;
  ~PulseServer() { end(SIGTERM); }
  // SIGKILL is for one that a test wants to crash.
  void end(int signal) {
    if (process_ <= 0) return;
    kill(process_, signal);
    waitpid(process_, nullptr, 0);
    process_ = -1;
  }
  // From now on it lives, and answers nothing.
  void hang() const { kill(process_, SIGSTOP); }

 private:
  [[noreturn]] void run(const std::string& socket) const {
    for (const char* name : {"HOME", "XDG_RUNTIME_DIR", "PULSE_RUNTIME_PATH", "PULSE_STATE_PATH"}) {
      setenv(name, folder_.path().c_str(), 1);
    }
    const auto sink = [](const std::string& name) {
      return "module-null-sink sink_name=" + name + " rate=48000 channels=1 sink_properties=device.description=" + name;
    };
    const auto mic = sink("mic");
    const auto speaker = sink("speaker");
    const auto protocol = "module-native-protocol-unix auth-anonymous=1 socket=" + socket;
    execlp("pulseaudio", "pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1",
           "--disable-shm=true", "--log-level=error", "-L", mic.c_str(), "-L", speaker.c_str(), "-L", protocol.c_str(),
           nullptr);
    _exit(127);
  }

  TemporaryFolder folder_;
  pid_t process_ = -1;
};

}  // namespace pqc::test
