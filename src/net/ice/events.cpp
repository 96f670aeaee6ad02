#include "net/ice/events.h"

#include <cerrno>
#include <system_error>

#include <sys/eventfd.h>
#include <unistd.h>

#include "net/ice/limits.h"

namespace pqc::net::ice {

Events::Events() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (fd_ < 0) throw std::system_error(errno, std::system_category(), "eventfd");
}

Events::~Events() {
  ::close(fd_);
}

void Events::clear() {
  eventfd_t ignored = 0;
  static_cast<void>(::eventfd_read(fd_, &ignored));
}

void Events::notify() {
  // Fails only where it is readable already.
  static_cast<void>(::eventfd_write(fd_, 1));
}

void Events::arrived(ByteView datagram) {
  {
    const std::scoped_lock lock(mutex_);
    if (datagrams_.size() >= limits::waiting) return;
    datagrams_.push_back(to_bytes(datagram));
    if (datagrams_.size() > 1) return;
  }
  notify();
}

std::optional<Bytes> Events::take() {
  const std::scoped_lock lock(mutex_);
  if (datagrams_.empty()) return std::nullopt;
  auto first = std::move(datagrams_.front());
  datagrams_.pop_front();
  return first;
}

}  // namespace pqc::net::ice
