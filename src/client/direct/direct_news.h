// What Sync tells of what it has stored, as far as paths to other devices go (docs/spec/direct.md). After the commit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/messages/content.h"
#include "identity/account_record.h"

namespace pqc::client {

// A content that a device of a contact sent, opened.
struct DirectNews {
  std::int64_t contact = 0;
  std::string peer;
  identity::DeviceId device;
  bool by_server = false;  // else over its own path
  Content content;         // of messages without their body
};

// An item that came over a path and was handled.
struct DirectHandled {
  std::string peer;
  identity::DeviceId device;
  MessageId id{};
};

struct DirectDevice {
  std::string peer;
  identity::DeviceId device;
};

struct DirectCommit {
  std::vector<DirectNews> news;
  std::vector<DirectHandled> handled;
  std::vector<DirectDevice> unfit;  // sent over its path what no client sends
};

}  // namespace pqc::client
