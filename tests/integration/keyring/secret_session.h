// A desktop session for a test: a message bus of its own without activation, and gnome-keyring's secret service on it,
// unlocked with a password. Everything ends with the object.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "support/temporary_folder.h"

namespace pqc::test {

struct Ran {
  int code = -1;  // the exit code; -1 when a signal ended it
  std::string out;
  std::string error;
};

class SecretSession {
 public:
  // Only the bus; a session without a secret service.
  SecretSession();
  ~SecretSession();
  SecretSession(const SecretSession&) = delete;
  SecretSession& operator=(const SecretSession&) = delete;

  // The service, ready when it returns. Another name is another user's home: a keyring that knows nothing.
  void start_keyring(const std::string& home = "home");
  void stop_keyring();
  // Locks every collection, as a desktop does when the user asks for it.
  void lock_keyring();

  // pqc-chat-keyring in this session.
  [[nodiscard]] Ran keyring(const std::vector<std::string>& arguments, const std::string& input = {}) const;
  [[nodiscard]] Ran run(std::vector<std::string> command, const std::string& input = {}) const;

 private:
  [[nodiscard]] pid_t start(std::vector<std::string> command, int input, int output, int error, int extra = -1) const;

  TemporaryFolder folder_;
  std::string home_;
  std::string address_;
  pid_t bus_ = 0;
  pid_t service_ = 0;
};

}  // namespace pqc::test
