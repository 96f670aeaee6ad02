#include "net/dnssd/event_queue.h"

#include <cerrno>
#include <system_error>

#include <sys/eventfd.h>
#include <unistd.h>

namespace pqc::net::dnssd {

Signal::Signal() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (fd_ < 0) throw std::system_error(errno, std::system_category(), "eventfd");
}
Signal::~Signal() {
  ::close(fd_);
}
void Signal::notify() {
  // Fails only where it is readable already.
  static_cast<void>(::eventfd_write(fd_, 1));
}
void Signal::clear() {
  eventfd_t ignored = 0;
  static_cast<void>(::eventfd_read(fd_, &ignored));
}

}  // namespace pqc::net::dnssd
