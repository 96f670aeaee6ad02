#include "client/remote/frame_socket.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/limits.h"

namespace pqc::client {
namespace {

constexpr std::size_t length_size = 4;
constexpr std::size_t unsent_limit = 4 * limits::local_frame_bytes;

// Paths of sockets are short by nature (108 bytes): a long one is reached through its open folder.
struct SocketAddress {
  sockaddr_un address{};
  FileDescriptor folder;
};

std::optional<SocketAddress> address_of(const std::filesystem::path& socket) {
  SocketAddress out;
  out.address.sun_family = AF_UNIX;
  std::string path = socket.string();
  if (path.size() >= sizeof out.address.sun_path) {
    out.folder = FileDescriptor(::open(socket.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!out.folder) return std::nullopt;
    path = "/proc/self/fd/" + std::to_string(out.folder.get()) + "/" + socket.filename().string();
  }
  std::memcpy(out.address.sun_path, path.c_str(), path.size() + 1);
  return out;
}

FileDescriptor make_socket() {
  return FileDescriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

}  // namespace

bool FrameReader::feed(ByteView bytes) {
  append(buffer_, bytes);
  if (buffer_.size() < length_size) return true;
  std::size_t length = 0;
  for (std::size_t i = 0; i < length_size; ++i) length = length << 8 | buffer_[i];
  return length <= longest_;
}

std::optional<Bytes> FrameReader::next() {
  if (buffer_.size() < length_size) return std::nullopt;
  std::size_t length = 0;
  for (std::size_t i = 0; i < length_size; ++i) length = length << 8 | buffer_[i];
  if (length > longest_ || buffer_.size() - length_size < length) return std::nullopt;
  const auto begin = buffer_.begin() + length_size;
  const auto end = begin + static_cast<std::ptrdiff_t>(length);
  Bytes frame(begin, end);
  buffer_.erase(buffer_.begin(), end);
  return frame;
}

FrameSocket::FrameSocket(Loop& loop, FileDescriptor socket, std::function<void(Bytes)> on_frame,
                         std::function<void()> on_closed)
    : loop_(loop),
      socket_(std::move(socket)),
      on_frame_(std::move(on_frame)),
      on_closed_(std::move(on_closed)),
      reader_(limits::local_frame_bytes) {
  readable_ = loop_.when_readable(socket_.get(), [this] { on_readable(); });
}

FrameSocket::~FrameSocket() {
  *alive_ = false;
}

void FrameSocket::close() {
  readable_.reset();
  writable_.reset();
  socket_.reset();
  if (on_closed_) std::exchange(on_closed_, {})();
}

void FrameSocket::on_readable() {
  std::array<std::uint8_t, 65536> buffer;
  const auto got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0 || !reader_.feed(ByteView(buffer).first(static_cast<std::size_t>(got)))) return close();
  const auto alive = alive_;
  while (auto frame = reader_.next()) {
    on_frame_(std::move(*frame));
    if (!*alive || !socket_) return;
    if (!reader_.feed({})) return close();
  }
}

void FrameSocket::send(ByteView frame) {
  if (!socket_) return;
  const auto size = static_cast<std::uint32_t>(frame.size());
  const std::array length{static_cast<std::uint8_t>(size >> 24), static_cast<std::uint8_t>(size >> 16),
                          static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
  append(unsent_, length);
  append(unsent_, frame);
  flush();
}

void FrameSocket::flush() {
  std::size_t sent = 0;
  while (sent < unsent_.size()) {
    const auto wrote = ::send(socket_.get(), unsent_.data() + sent, unsent_.size() - sent, MSG_NOSIGNAL);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) break;
    sent += static_cast<std::size_t>(wrote);
  }
  const bool broken = sent < unsent_.size() && errno != EAGAIN;
  unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(sent));
  if (broken || unsent_.size() > unsent_limit) {
    // Not from inside the caller's call.
    unsent_.clear();
    ::shutdown(socket_.get(), SHUT_RDWR);
    return;
  }
  writable_ = unsent_.empty() ? nullptr : loop_.when_writable(socket_.get(), [this] { flush(); });
}

Result<FileDescriptor> listen_local(const std::filesystem::path& path) {
  auto address = address_of(path);
  auto socket = make_socket();
  if (!address || !socket) return std::unexpected(system_error(errno, "make", path));
  ::unlink(path.c_str());  // left by a process that was killed: the caller holds the profile's lock
  const auto old_mask = ::umask(0177);
  const int bound = ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address->address), sizeof address->address);
  const int error = errno;
  ::umask(old_mask);
  if (bound != 0) return std::unexpected(system_error(error, "make", path));
  if (::listen(socket.get(), static_cast<int>(limits::local_connections)) != 0)
    return std::unexpected(system_error(errno, "make", path));
  return socket;
}

std::optional<FileDescriptor> connect_local(const std::filesystem::path& path) {
  auto address = address_of(path);
  auto socket = make_socket();
  if (!address || !socket) return std::nullopt;
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address->address), sizeof address->address) != 0)
    return std::nullopt;
  return socket;
}

std::optional<FileDescriptor> accept_local(const FileDescriptor& listener) {
  FileDescriptor socket(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket) return std::nullopt;
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.uid != ::geteuid())
    return std::nullopt;
  return socket;
}

}  // namespace pqc::client
