// A pqc-chat-server of this run: started on a free port of the loopback address with settings as shipped, in a process
// group of its own, which dies with this process. One thread may use it.
#pragma once

#include <chrono>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace pqc::bench {

// A folder that is removed, with what is in it, at the end.
class TemporaryFolder {
 public:
  static std::expected<TemporaryFolder, std::string> make();
  ~TemporaryFolder();
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

class ServerProcess {
 public:
  // Starts the program, with `further` arguments for `run`, and waits until it says where it listens.
  static std::expected<ServerProcess, std::string> start(const std::string& program, const std::filesystem::path& data,
                                                         std::optional<unsigned> core,
                                                         const std::vector<std::string>& further = {});
  // Kills what is still there.
  ~ServerProcess();
  ServerProcess(ServerProcess&&) noexcept;
  ServerProcess& operator=(ServerProcess&&) = delete;

  // SIGTERM, and waits for the end; the text of a failure when it did not end in order.
  [[nodiscard]] std::expected<void, std::string> stop();

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  // From exec to the line that says it listens.
  [[nodiscard]] std::chrono::nanoseconds time_to_ready() const { return time_to_ready_; }
  // When the program was started.
  [[nodiscard]] std::chrono::steady_clock::time_point started() const { return started_; }

 private:
  ServerProcess() = default;

  pid_t pid_ = -1;
  int output_ = -1;
  std::thread drain_;  // reads what the server prints, so that it never waits for us; ends with the server
  std::uint16_t port_ = 0;
  std::chrono::steady_clock::time_point started_;
  std::chrono::nanoseconds time_to_ready_{};
};

// What `program fingerprint --data DIR` prints.
std::expected<std::string, std::string> fingerprint_of(const std::string& program, const std::filesystem::path& data);

}  // namespace pqc::bench
