// A server that does whatever a test wants, to real clients over real TLS and WebSocket: it speaks docs/spec/relay.md,
// keeps everything in memory, verifies nothing, and lies where its Behaviour says so. Without one it is honest.
//
// It runs on a thread of its own; Behaviour's functions are called there, everything else by the test's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/fingerprint.h"
#include "proto/relay.pb.h"

namespace pqc::test {

// One message on its way from device to device.
struct Item {
  std::string id;
  pqc_chat::v1::Device from;
  pqc_chat::v1::Device to;
  std::string body;
};

struct Behaviour {
  // What is put into mailboxes, in this order, in place of an item that the sender is told was accepted.
  std::function<std::vector<Item>(const Item&)> relay = nullptr;
  // Changes an answer before it goes out; `asker` is name@server.
  std::function<void(const std::string& asker, pqc_chat::v1::Account&)> account = nullptr;
  std::function<void(const std::string& asker, pqc_chat::v1::Bundle&)> bundle = nullptr;
  std::function<void(pqc_chat::v1::LoggedIn&)> logged_in = nullptr;
  // The answer to whoever asks for a part of a file; without it there are no files here.
  std::function<void(const pqc_chat::v1::ReadBlob&, pqc_chat::v1::BlobPart&)> blob = nullptr;
  // Told whether the name was known before; the error that a registration is answered with after it was done.
  std::function<std::optional<pqc_chat::v1::ErrorCode>(bool known)> registration = nullptr;
  // How far its clock is ahead.
  std::chrono::milliseconds ahead{0};
};

class HostileServer {
 public:
  static constexpr const char* name = "server.test";

  HostileServer();
  ~HostileServer();
  HostileServer(const HostileServer&) = delete;
  HostileServer& operator=(const HostileServer&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] net::Fingerprint fingerprint() const;

  // From now on.
  void behave(Behaviour behaviour);
  // Into a mailbox, as if it had been sent.
  void inject(const Item& item);
  // Everything that was ever appended, in order.
  [[nodiscard]] std::vector<Item> appended() const;
  // Every record that an account published, oldest first.
  [[nodiscard]] std::vector<std::string> records(const std::string& account) const;
  // The last publication of a device's prekeys in a suite.
  [[nodiscard]] pqc_chat::v1::PublishPrekeys prekeys(const std::string& account, std::uint32_t suite) const;
  // Bundles that were handed out.
  [[nodiscard]] std::uint64_t bundles_fetched() const;
  // Account records that were asked for.
  [[nodiscard]] std::uint64_t accounts_fetched() const;
  // Parts of files that were asked for.
  [[nodiscard]] std::uint64_t parts_fetched() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pqc::test
