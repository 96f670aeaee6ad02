#include "server_process.h"

#include <charconv>
#include <cstring>
#include <fstream>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"

namespace pqc::bench {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds ready_deadline{30};
constexpr std::chrono::seconds stop_deadline{30};
constexpr std::string_view own_address = "127.0.0.1";

struct Child {
  pid_t pid = -1;
  int output = -1;  // its standard output and standard error
};

std::string reason() {
  return std::strerror(errno);
}

// Only async-signal-safe calls: this is between fork and exec.
[[noreturn]] void become(char* const* arguments, int output, std::optional<unsigned> core) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (core && !pin_to_core(0, *core)) _exit(126);
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  execv(arguments[0], arguments);
  _exit(127);
}

std::expected<Child, std::string> spawn(std::vector<std::string> arguments, std::optional<unsigned> core) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return std::unexpected("no pipe: " + reason());
  std::vector<char*> pointers;
  for (auto& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  const pid_t pid = fork();
  if (pid == 0) become(pointers.data(), ends[1], core);
  close(ends[1]);
  if (pid < 0) {
    close(ends[0]);
    return std::unexpected("cannot start " + arguments[0] + ": " + reason());
  }
  return Child{.pid = pid, .output = ends[0]};
}

// The port behind our address in a line such as "listening on 127.0.0.1:40123".
std::optional<std::uint16_t> port_in(std::string_view text) {
  for (auto at = text.find(own_address); at != std::string_view::npos; at = text.find(own_address, at + 1)) {
    auto rest = text.substr(at + own_address.size());
    if (!rest.starts_with(':')) continue;
    rest.remove_prefix(1);
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), port);
    const bool whole = end != rest.data() + rest.size();  // the line goes on, so the number is complete
    if (error == std::errc{} && port != 0 && whole) return port;
  }
  return std::nullopt;
}

// Appends what can be read to `text`; false at the end of the output or when the deadline passes.
bool read_more(int from, std::string& text, steady_clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now()).count();
  pollfd wait{.fd = from, .events = POLLIN, .revents = 0};
  if (left <= 0 || poll(&wait, 1, static_cast<int>(left)) <= 0) return false;
  char buffer[4096];
  const auto got = read(from, buffer, sizeof buffer);
  if (got <= 0) return false;
  text.append(buffer, static_cast<std::size_t>(got));
  return true;
}

void read_to_the_end(int from) {
  char buffer[4096];
  while (read(from, buffer, sizeof buffer) > 0) {
  }
}

// The exit status, when the process ends in time.
std::optional<int> wait_for(pid_t pid, std::chrono::seconds patience) {
  const auto deadline = steady_clock::now() + patience;
  int status = 0;
  while (waitpid(pid, &status, WNOHANG) == 0) {
    if (steady_clock::now() >= deadline) return std::nullopt;
    poll(nullptr, 0, 1);
  }
  return status;
}

}  // namespace

std::expected<TemporaryFolder, std::string> TemporaryFolder::make() {
  auto pattern = (std::filesystem::temp_directory_path() / "pqc-chat-bench-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) return std::unexpected("no temporary folder: " + reason());
  return TemporaryFolder(pattern);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;  // what is left over lies among temporary files
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

ServerProcess::ServerProcess(ServerProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_(std::exchange(other.output_, -1)),
      drain_(std::move(other.drain_)),
      port_(other.port_),
      started_(other.started_),
      time_to_ready_(other.time_to_ready_) {}

ServerProcess::~ServerProcess() {
  if (pid_ > 0) {
    kill(-pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  if (drain_.joinable()) drain_.join();
  if (output_ >= 0) close(output_);
}

std::expected<ServerProcess, std::string> ServerProcess::start(const std::string& program,
                                                               const std::filesystem::path& data,
                                                               std::optional<unsigned> core,
                                                               const std::vector<std::string>& further) {
  ServerProcess server;
  server.started_ = steady_clock::now();
  const std::string listen = std::string(own_address) + ":0";
  std::vector<std::string> arguments{program, "run", "--data", data.string(), "--listen", listen};
  arguments.insert(arguments.end(), further.begin(), further.end());
  const auto child = spawn(arguments, core);
  if (!child) return std::unexpected(child.error());
  server.pid_ = child->pid;
  server.output_ = child->output;
  std::string text;
  while (read_more(server.output_, text, server.started_ + ready_deadline)) {
    const auto port = port_in(text);
    if (!port) continue;
    server.port_ = *port;
    server.time_to_ready_ = steady_clock::now() - server.started_;
    server.drain_ = std::thread(read_to_the_end, server.output_);
    return server;
  }
  return std::unexpected("the server does not come up: " + text);
}

std::expected<void, std::string> ServerProcess::stop() {
  kill(pid_, SIGTERM);
  const auto status = wait_for(pid_, stop_deadline);
  if (!status) return std::unexpected("the server does not stop");
  pid_ = -1;
  if (!WIFEXITED(*status) || WEXITSTATUS(*status) != 0) {
    return std::unexpected("the server ended with status " + std::to_string(*status));
  }
  return {};
}

std::expected<std::string, std::string> fingerprint_of(const std::string& program, const std::filesystem::path& data) {
  const auto child = spawn({program, "fingerprint", "--data", data.string()}, std::nullopt);
  if (!child) return std::unexpected(child.error());
  std::string text;
  while (read_more(child->output, text, steady_clock::now() + ready_deadline)) {
  }
  close(child->output);
  int status = 0;
  waitpid(child->pid, &status, 0);
  if (status != 0) return std::unexpected("the server does not tell its fingerprint: " + text);
  return text.substr(0, text.find_first_of(" \n"));
}

}  // namespace pqc::bench
