// One connection of the agent: a frame comes in piece by piece, its answer goes out piece by piece. For server.cpp.
#pragma once

#include <array>
#include <chrono>
#include <optional>

#include "keys/agent/agent.h"
#include "keys/agent_protocol/frame.h"
#include "keys/vault/folder.h"

namespace pqc::keys::agent {

class Connection {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // `limit` is how long a frame may take to come, and an answer to be taken.
  Connection(vault::OwnedFd fd, std::chrono::milliseconds limit) : fd_(std::move(fd)), limit_(limit) {}

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] bool sending() const { return sending_; }
  // When the current frame or answer has to be through.
  [[nodiscard]] std::optional<Time> deadline() const { return deadline_; }
  // When the current frame or answer began; without one, when the last request was answered, or the connection made.
  [[nodiscard]] Time since() const { return deadline_ ? *deadline_ - limit_ : quiet_since_; }
  // Whether bytes have come that were not read yet.
  [[nodiscard]] bool has_unread() const;

  enum class Progress : std::uint8_t { waiting, handled, closed };
  // Reads what is there; a whole request is handled and its answer begun. Never blocks.
  [[nodiscard]] Progress receive(Agent& agent);
  [[nodiscard]] Progress send();

 private:
  [[nodiscard]] Progress receive_header();
  [[nodiscard]] Progress receive_body();
  [[nodiscard]] Progress answer(Agent& agent);
  void start_deadline() { deadline_ = std::chrono::steady_clock::now() + limit_; }
  void start_over();

  vault::OwnedFd fd_;
  std::chrono::milliseconds limit_;
  Session session_;
  std::optional<Time> deadline_;
  Time quiet_since_ = std::chrono::steady_clock::now();

  std::array<std::uint8_t, agent_protocol::frame_header_size> header_{};
  std::size_t done_ = 0;  // bytes of the frame, its header included, that came in or went out
  Bytes message_;
  SecretBytes secret_;
  bool in_body_ = false;

  bool sending_ = false;
  Answer answer_;
};

}  // namespace pqc::keys::agent
