#include "secret_session.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace pqc::test {
namespace {

constexpr auto password = "password of the test's keyring";
// Where the bus writes its address: the first descriptor after the standard ones.
constexpr int extra_descriptor = 3;

// No service folders: nothing starts by itself.
constexpr auto bus_configuration = R"(<busconfig>
  <type>session</type>
  <auth>EXTERNAL</auth>
  <listen>unix:path=%BUS%</listen>
  <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>
)";

struct Pipe {
  Pipe() {
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close_end(int end) {
    if (ends[end] >= 0) close(ends[end]);
    ends[end] = -1;
  }
  int ends[2] = {-1, -1};
};

std::string read_all(int fd) {
  std::string text;
  char buffer[4096];
  for (ssize_t n = 0; (n = read(fd, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<std::size_t>(n));
  return text;
}

void write_all(int fd, const std::string& text) {
  if (write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size())) throw std::runtime_error("write");
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

void end(pid_t& process) {
  if (process <= 0) return;
  kill(process, SIGKILL);
  waitpid(process, nullptr, 0);
  process = 0;
}

}  // namespace

SecretSession::SecretSession() : home_(folder_.path("home")) {
  const auto socket = folder_.path("bus");
  std::string configuration = bus_configuration;
  configuration.replace(configuration.find("%BUS%"), 5, socket);
  std::ofstream(folder_.path("bus.conf")) << configuration;
  Pipe ready;
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  bus_ = start({PQC_DBUS_DAEMON, "--config-file=" + folder_.path("bus.conf"), "--nofork", "--nopidfile",
                "--print-address=" + std::to_string(extra_descriptor)},
               null, null, null, ready.ends[1]);
  close(null);
  ready.close_end(1);
  char first = 0;
  if (read(ready.ends[0], &first, 1) != 1) throw std::runtime_error("the bus did not start");
  address_ = "unix:path=" + socket;
}

SecretSession::~SecretSession() {
  end(service_);
  end(bus_);
}

void SecretSession::start_keyring(const std::string& home) {
  home_ = folder_.path(home);
  for (const auto* name : {"", "/data", "/run"}) std::filesystem::create_directory(home_ + name);
  std::filesystem::permissions(home_ + "/run", std::filesystem::perms::owner_all);
  Pipe typed;
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  service_ = start({PQC_GNOME_KEYRING, "--foreground", "--unlock", "--components=secrets"}, typed.ends[0], null, null);
  close(null);
  write_all(typed.ends[1], password);
  typed.close_end(1);
  if (run({PQC_GDBUS, "wait", "--session", "--timeout=30", "org.freedesktop.secrets"}).code != 0)
    throw std::runtime_error("the secret service did not start");
}

void SecretSession::stop_keyring() {
  end(service_);
}

void SecretSession::lock_keyring() {
  const auto locked =
      run({PQC_GDBUS, "call", "--session", "--dest=org.freedesktop.secrets", "--object-path=/org/freedesktop/secrets",
           "--method=org.freedesktop.Secret.Service.Lock", "['/org/freedesktop/secrets/collection/login']"});
  if (locked.code != 0) throw std::runtime_error("lock: " + locked.error);
}

Ran SecretSession::keyring(const std::vector<std::string>& arguments, const std::string& input) const {
  std::vector<std::string> command{PQC_KEYRING};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run(std::move(command), input);
}

Ran SecretSession::run(std::vector<std::string> command, const std::string& input) const {
  Pipe in;
  Pipe out;
  Pipe error;
  const auto process = start(std::move(command), in.ends[0], out.ends[1], error.ends[1]);
  in.close_end(0);
  out.close_end(1);
  error.close_end(1);
  // A program that does not read its input is no error.
  std::signal(SIGPIPE, SIG_IGN);
  if (!input.empty() && write(in.ends[1], input.data(), input.size()) < 0 && errno != EPIPE)
    throw std::runtime_error("write");
  in.close_end(1);
  Ran ran;
  ran.out = read_all(out.ends[0]);
  ran.error = read_all(error.ends[0]);
  int status = 0;
  waitpid(process, &status, 0);
  if (WIFEXITED(status)) ran.code = WEXITSTATUS(status);
  return ran;
}

pid_t SecretSession::start(std::vector<std::string> command, int input, int output, int error, int extra) const {
  std::vector<std::string> environment{"HOME=" + home_,
                                       "XDG_DATA_HOME=" + home_ + "/data",
                                       "XDG_RUNTIME_DIR=" + home_ + "/run",
                                       "DBUS_SESSION_BUS_ADDRESS=" + address_,
                                       "LC_ALL=C.UTF-8",
                                       "ASAN_OPTIONS=detect_leaks=0"};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, error, STDERR_FILENO);
  if (extra >= 0) posix_spawn_file_actions_adddup2(&actions, extra, extra_descriptor);
  pid_t process = 0;
  const int failed = posix_spawn(&process, command[0].c_str(), &actions, nullptr, pointers(command).data(),
                                 pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error("cannot start " + command[0]);
  return process;
}

}  // namespace pqc::test
