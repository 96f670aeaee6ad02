#include "keys/agent_client/link.h"

#include <array>
#include <cerrno>
#include <csignal>

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "keys/agent_protocol/frame.h"
#include "keys/agent_protocol/limits.h"

namespace pqc::keys::agent_client {
namespace {

using agent_protocol::frame_header_size;
using agent_protocol::FrameHeader;

std::unexpected<Failure> fail(Error error) {
  return std::unexpected(Failure{.error = error});
}

Error error_of(proto::Code code) {
  switch (code) {
    case proto::MALFORMED:
      return Error::refused;
    case proto::VERSION:
      return Error::version;
    case proto::LOCKED:
      return Error::locked;
    case proto::UNLOCKED:
      return Error::unlocked;
    case proto::ABSENT:
      return Error::absent;
    case proto::EXISTS:
      return Error::exists;
    case proto::WRONG_SECRET:
      return Error::wrong_secret;
    case proto::WAIT:
      return Error::wait;
    case proto::NO_SUCH_WAY:
      return Error::no_such_way;
    case proto::LAST_WAY:
      return Error::last_way;
    case proto::DAMAGED:
      return Error::damaged;
    case proto::TOO_NEW:
      return Error::too_new;
    case proto::STORAGE:
      return Error::storage;
    case proto::DISK_FULL:
      return Error::disk_full;
    case proto::PERMISSION:
      return Error::no_permission;
    case proto::LIMIT:
      return Error::limit;
    default:
      return Error::internal;
  }
}

Failure from(const proto::Failure& failure) {
  if (const auto keys = agent_protocol::keys_error(failure.code())) return {.error = Error::keys, .keys = keys};
  return {.error = error_of(failure.code()), .wait = std::chrono::milliseconds(failure.wait_milliseconds())};
}

// Sends or receives all of the pieces with `move`, which is sendmsg or recvmsg.
template <class Move>
bool transfer(std::span<iovec> pieces, Move move) {
  while (!pieces.empty()) {
    if (pieces.front().iov_len == 0) {
      pieces = pieces.subspan(1);
      continue;
    }
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = pieces.size();
    const auto n = move(message);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    auto left = static_cast<std::size_t>(n);
    for (auto& piece : pieces) {
      const auto used = std::min(left, piece.iov_len);
      piece.iov_base = static_cast<std::uint8_t*>(piece.iov_base) + used;
      piece.iov_len -= used;
      left -= used;
    }
  }
  return true;
}

bool receive_all(int fd, std::span<iovec> pieces) {
  return transfer(pieces, [fd](msghdr& message) { return recvmsg(fd, &message, MSG_WAITALL); });
}

}  // namespace

void Link::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Result<void> Link::end_agent() {
  location_.start = false;
  close();
  if (const auto connected = connect(); !connected) {
    close();
    return connected;
  }
  // Of the process that listens. It is 0 where we are in another pid namespace, and would mean our own group then.
  ucred agent{};
  socklen_t size = sizeof agent;
  const bool known = getsockopt(fd_, SOL_SOCKET, SO_PEERCRED, &agent, &size) == 0 && agent.pid > 0;
  const bool told = known && kill(agent.pid, SIGTERM) == 0;
  // It keeps the connection until it has written its last.
  const bool ended = told && !receive();
  close();
  if (!ended) return fail(Error::unavailable);
  return {};
}

bool Link::send(const proto::Request& request, ByteView secret) {
  if (!request.SerializeToString(&buffer_)) return false;
  auto header = agent_protocol::encode(
      FrameHeader{static_cast<std::uint32_t>(buffer_.size()), static_cast<std::uint32_t>(secret.size())});
  std::array<iovec, 3> pieces{{{header.data(), header.size()},
                               {buffer_.data(), buffer_.size()},
                               {const_cast<std::uint8_t*>(secret.data()), secret.size()}}};
  return transfer(pieces, [this](msghdr& message) { return sendmsg(fd_, &message, MSG_NOSIGNAL); });
}

Result<Replied> Link::receive() {
  std::array<std::uint8_t, frame_header_size> bytes{};
  std::array<iovec, 1> header_piece{{{bytes.data(), bytes.size()}}};
  if (!receive_all(fd_, header_piece)) return fail(Error::lost);
  const auto header = agent_protocol::decode_header(bytes, agent_protocol::max_reply_size);
  if (!header) return fail(Error::internal);
  buffer_.resize(header->message_size);
  Replied out{{}, SecretBytes(header->secret_size)};
  std::array<iovec, 2> pieces{{{buffer_.data(), buffer_.size()}, {out.secret.fill().data(), out.secret.fill().size()}}};
  if (!receive_all(fd_, pieces)) return fail(Error::lost);
  if (!out.reply.ParseFromString(buffer_)) return fail(Error::internal);
  return out;
}

Result<void> Link::connect() {
  if (fd_ >= 0) return {};
  const auto connected = connect_agent(location_);
  if (!connected) return std::unexpected(connected.error());
  fd_ = *connected;
  proto::Request hello;
  hello.mutable_hello()->set_version(agent_protocol::protocol_version);
  hello.mutable_hello()->set_minimum_generation(minimum_generation_);
  if (!send(hello, {})) return fail(Error::lost);
  const auto welcome = receive();
  if (!welcome) return std::unexpected(welcome.error());
  if (welcome->reply.has_failure()) return std::unexpected(from(welcome->reply.failure()));
  if (!welcome->reply.has_welcome()) return fail(Error::internal);
  return {};
}

Result<Replied> Link::ask(const proto::Request& request, proto::Reply::BodyCase expected, ByteView secret,
                          bool repeatable) {
  auto replied = ask_once(request, expected, secret, repeatable);
  if (replied || replied.error().error != Error::locked || !unlock_) return replied;
  // Not while it is being asked: what it asks may be answered so too.
  const auto unlock = std::exchange(unlock_, {});
  const bool unlocked = unlock();
  unlock_ = unlock;
  return unlocked ? ask_once(request, expected, secret, repeatable) : std::move(replied);
}

Result<Replied> Link::ask_once(const proto::Request& request, proto::Reply::BodyCase expected, ByteView secret,
                               bool repeatable) {
  // An agent that has just ended still had us in its queue: one more try finds or starts the next.
  constexpr int tries = 3;
  Failure last{.error = Error::lost};
  for (int i = 0; i < tries; ++i) {
    if (const auto connected = connect(); !connected) {
      close();
      last = connected.error();
      if (last.error == Error::lost) continue;
      break;
    }
    if (!send(request, secret)) {
      close();
      continue;
    }
    auto replied = receive();
    if (!replied) {
      close();
      last = replied.error();
      if (repeatable && last.error == Error::lost) continue;
      break;
    }
    if (replied->reply.has_failure()) {
      const auto failure = from(replied->reply.failure());
      if (failure.error == Error::refused) close();
      return std::unexpected(failure);
    }
    if (replied->reply.body_case() != expected) return fail(Error::internal);
    return replied;
  }
  return std::unexpected(last);
}

}  // namespace pqc::keys::agent_client
