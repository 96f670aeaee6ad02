// A person in these tests: a real client on a profile of its own, registered at a server. One thread.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "client/client.h"
#include "hostile_server.h"

namespace pqc::test {

inline constexpr std::chrono::seconds patience{20};

// A folder that is removed at the end.
class Folder {
 public:
  Folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "pqc-adversary-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = pattern;
  }
  ~Folder() {
    std::error_code ignored;  // what is left over lies among temporary files
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// As a backup does: files and folders, no sockets.
inline void copy_files(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::filesystem::create_directory(to, from);
  for (const auto& entry : std::filesystem::directory_iterator(from)) {
    if (entry.is_directory()) copy_files(entry.path(), to / entry.path().filename());
    if (entry.is_regular_file()) std::filesystem::copy_file(entry.path(), to / entry.path().filename());
  }
}

// For ASSERT_TRUE: whether the server has the message.
inline testing::AssertionResult sent(const client::Result<client::Message>& message) {
  if (!message) return testing::AssertionFailure() << message.error().message;
  if (message->status == client::MessageStatus::failed) return testing::AssertionFailure() << message->failure.message;
  return testing::AssertionSuccess();
}
// Whether the client refuses to send it, for now or for good, and not for want of a connection.
inline testing::AssertionResult refused(const client::Result<client::Message>& message) {
  if (message && message->status == client::MessageStatus::failed) return testing::AssertionSuccess();
  if (message) return testing::AssertionFailure() << "its status is " << client::name(message->status);
  const auto code = message.error().code;
  if (code == ExitCode::unreachable || code == ExitCode::timed_out) {
    return testing::AssertionFailure() << message.error().message;
  }
  return testing::AssertionSuccess() << message.error().message;
}

class User {
 public:
  User(const HostileServer& server, std::string name, std::vector<std::string> suites = {"pq"})
      : name_(std::move(name)) {
    client::RegisterOptions options;
    options.open = open_options();
    options.name = name_;
    options.host = "127.0.0.1";
    options.port = server.port();
    options.fingerprint = server.fingerprint();
    options.suites = std::move(suites);
    const auto registered = client::Client::register_account(std::move(options));
    if (!registered) throw std::runtime_error(name_ + ": " + registered.error().message);
    open();
  }

  void open() {
    auto opened = client::Client::open(open_options());
    if (!opened) throw std::runtime_error(name_ + ": " + opened.error().message);
    client_ = std::move(*opened);
  }
  void close() {
    client_->close();
    client_.reset();
  }

  [[nodiscard]] std::string account() const { return name_ + "@" + HostileServer::name; }
  [[nodiscard]] std::filesystem::path profile() const { return folder_.path() / "profile"; }
  [[nodiscard]] client::Client& client() { return *client_; }

  // Until the server has it, or it failed.
  client::Result<client::Message> send(const User& peer, const std::string& text) {
    const auto message = client_->send(peer.account(), text);
    if (!message) return message;
    return client_->await(message->seq, client::Until::sent, patience);
  }

  // The texts that arrived since the last call, in the order of arrival, and the notices that came with them.
  std::vector<std::string> receive() {
    // A new connection asks for all that the mailbox holds; an old one may have it in its socket, not yet read.
    close();
    open();
    const auto caught_up = client_->catch_up(patience);
    EXPECT_TRUE(caught_up) << name_ << ": " << caught_up.error().message;
    auto inbox = client_->inbox();
    if (!inbox) throw std::runtime_error(name_ + ": " + inbox.error().message);
    std::vector<std::string> texts;
    for (const auto& message : inbox->messages) texts.push_back(message.text);
    notices.insert(notices.end(), inbox->notices.begin(), inbox->notices.end());
    EXPECT_TRUE(client_->set_shown(*inbox));
    return texts;
  }

  [[nodiscard]] bool was_told(client::NoticeKind kind) const {
    return std::ranges::any_of(notices, [kind](const client::Notice& notice) { return notice.kind == kind; });
  }

  std::vector<client::Notice> notices;
  const Clock* clock = nullptr;  // from the next open(); the system's

 private:
  [[nodiscard]] client::OpenOptions open_options() const {
    client::OpenOptions options;
    options.profile.folder = profile();
    options.clock = clock;
    return options;
  }

  std::string name_;
  Folder folder_;
  std::unique_ptr<client::Client> client_;
};

}  // namespace pqc::test
