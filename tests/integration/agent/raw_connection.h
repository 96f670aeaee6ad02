// A connection to an agent without the client's manners.
#pragma once

#include <string>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "keys/agent_protocol/codec.h"
#include "keys/agent_protocol/frame.h"
#include "keys/agent_protocol/limits.h"

namespace pqc::test {

namespace agent_protocol = keys::agent_protocol;

class RawConnection {
 public:
  explicit RawConnection(const std::string& folder) : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (folder + "/agent.sock").copy(address.sun_path, sizeof address.sun_path - 1);
    connected = connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawConnection() { close(fd_); }
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  void send(ByteView bytes) const {
    EXPECT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL), ssize_t(bytes.size()));
  }
  void send(const agent_protocol::proto::Request& request, std::size_t secret = 0) const {
    const auto message = request.SerializeAsString();
    auto frame = to_bytes(agent_protocol::encode(
        agent_protocol::FrameHeader{static_cast<std::uint32_t>(message.size()), static_cast<std::uint32_t>(secret)}));
    append(frame, as_bytes(message));
    for (std::size_t i = 0; i < secret; ++i) frame.push_back(0);
    send(frame);
  }
  // Whether the other side is still there to take them.
  [[nodiscard]] bool try_send(ByteView bytes) const {
    return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == ssize_t(bytes.size());
  }
  void wait_until_closed() const {
    pollfd closed{fd_, 0, 0};
    EXPECT_EQ(poll(&closed, 1, 30'000), 1);
  }
  // The failure's code of the next reply; 0 for a reply that is none, -1 when the connection is closed.
  [[nodiscard]] int next() const {
    std::array<std::uint8_t, 8> bytes{};
    if (recv(fd_, bytes.data(), bytes.size(), MSG_WAITALL) != ssize_t(bytes.size())) return -1;
    const auto header = agent_protocol::decode_header(bytes, agent_protocol::max_reply_size);
    if (!header) return -2;
    std::string message(header->message_size, 0);
    if (recv(fd_, message.data(), message.size(), MSG_WAITALL) != ssize_t(message.size())) return -1;
    agent_protocol::proto::Reply reply;
    return reply.ParseFromString(message) ? reply.failure().code() : -2;
  }
  bool connected = false;

 private:
  int fd_;
};

inline agent_protocol::proto::Request hello(std::uint32_t version = 1) {
  agent_protocol::proto::Request request;
  request.mutable_hello()->set_version(version);
  return request;
}

}  // namespace pqc::test
