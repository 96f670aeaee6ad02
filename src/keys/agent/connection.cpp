#include "keys/agent/connection.h"

#include <cerrno>

#include <sys/socket.h>
#include <sys/uio.h>

#include "keys/agent_protocol/limits.h"

namespace pqc::keys::agent {
namespace {

using agent_protocol::frame_header_size;

// What is left of several pieces after the first `done` bytes.
template <std::size_t N>
std::array<iovec, N> remaining(const std::array<iovec, N>& pieces, std::size_t done) {
  auto out = pieces;
  for (auto& piece : out) {
    const auto skip = std::min(done, piece.iov_len);
    piece.iov_base = static_cast<std::uint8_t*>(piece.iov_base) + skip;
    piece.iov_len -= skip;
    done -= skip;
  }
  return out;
}

iovec piece(ByteSpan bytes) {
  return {bytes.data(), bytes.size()};
}
// sendmsg takes pointers that are not const and writes nothing.
iovec piece(ByteView bytes) {
  return {const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
}

bool try_later() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

Connection::Progress Connection::receive_header() {
  const auto n = recv(fd(), header_.data() + done_, header_.size() - done_, MSG_DONTWAIT);
  if (n < 0) return try_later() ? Progress::waiting : Progress::closed;
  if (n == 0) return Progress::closed;
  done_ += static_cast<std::size_t>(n);
  if (done_ < header_.size()) return Progress::waiting;
  const auto header = agent_protocol::decode_header(header_, agent_protocol::max_request_size);
  if (!header) return Progress::closed;
  message_.resize(header->message_size);
  secret_ = SecretBytes(header->secret_size);
  in_body_ = true;
  return Progress::handled;
}

Connection::Progress Connection::receive_body() {
  auto pieces = remaining(std::array{piece(ByteSpan(message_)), piece(secret_.fill())}, done_ - frame_header_size);
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = pieces.size();
  const auto n = recvmsg(fd(), &message, MSG_DONTWAIT);
  if (n < 0) return try_later() ? Progress::waiting : Progress::closed;
  if (n == 0) return Progress::closed;
  done_ += static_cast<std::size_t>(n);
  return done_ < frame_header_size + message_.size() + secret_.size() ? Progress::waiting : Progress::handled;
}

Connection::Progress Connection::receive(Agent& agent) {
  if (!in_body_) {
    if (const auto progress = receive_header(); progress == Progress::closed) return progress;
    if (done_ > 0 && !deadline_) start_deadline();
    if (!in_body_) return Progress::waiting;
  }
  if (const auto progress = receive_body(); progress != Progress::handled) return progress;
  return answer(agent);
}

Connection::Progress Connection::answer(Agent& agent) {
  answer_ = agent.handle(session_, message_, std::move(secret_));
  header_ = agent_protocol::encode(agent_protocol::FrameHeader{static_cast<std::uint32_t>(answer_.message.size()),
                                                               static_cast<std::uint32_t>(answer_.secret.size())});
  done_ = 0;
  sending_ = true;
  start_deadline();  // not before: a request may have taken seconds
  return send() == Progress::closed ? Progress::closed : Progress::handled;
}

Connection::Progress Connection::send() {
  const auto pieces =
      std::array{piece(ByteView(header_)), piece(as_bytes(answer_.message)), piece(answer_.secret.view())};
  const auto size = header_.size() + answer_.message.size() + answer_.secret.size();
  while (done_ < size) {
    auto left = remaining(pieces, done_);
    msghdr message{};
    message.msg_iov = left.data();
    message.msg_iovlen = left.size();
    const auto n = sendmsg(fd(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0) return try_later() ? Progress::waiting : Progress::closed;
    done_ += static_cast<std::size_t>(n);
  }
  if (answer_.close) return Progress::closed;
  start_over();
  return Progress::handled;
}

void Connection::start_over() {
  answer_ = {};
  message_.clear();
  if (message_.capacity() > 65'536) message_.shrink_to_fit();
  secret_ = {};
  done_ = 0;
  in_body_ = false;
  sending_ = false;
  deadline_.reset();
  quiet_since_ = std::chrono::steady_clock::now();
}

bool Connection::has_unread() const {
  std::uint8_t byte = 0;
  return recv(fd(), &byte, 1, MSG_DONTWAIT | MSG_PEEK) > 0;
}

}  // namespace pqc::keys::agent
