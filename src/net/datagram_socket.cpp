#include "net/datagram_socket.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <netinet/in.h>
#include <netinet/udp.h>
#include <openssl/bio.h>
#include <openssl/err.h>

#include "net/datagram_bio.h"

namespace pqc::net {
namespace {

constexpr std::size_t largest_datagram = 65'536;

DatagramSocket& socket_of(BIO* bio) {
  return *static_cast<DatagramSocket*>(BIO_get_data(bio));
}

void store(BIO_ADDR* out, const sockaddr_storage& from) {
  if (out == nullptr) return;
  if (from.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(from);
    static_cast<void>(BIO_ADDR_rawmake(out, AF_INET, &v4.sin_addr, sizeof v4.sin_addr, v4.sin_port));
  } else {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(from);
    static_cast<void>(BIO_ADDR_rawmake(out, AF_INET6, &v6.sin6_addr, sizeof v6.sin6_addr, v6.sin6_port));
  }
}

bool load(const BIO_ADDR* peer, DatagramSocket::Outgoing& out) {
  std::size_t size = 0;
  if (peer != nullptr && BIO_ADDR_family(peer) == AF_INET) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(out.to);
    v4.sin_family = AF_INET;
    v4.sin_port = BIO_ADDR_rawport(peer);
    out.to_size = sizeof v4;
    return BIO_ADDR_rawaddress(peer, &v4.sin_addr, &size) == 1;
  }
  if (peer == nullptr || BIO_ADDR_family(peer) != AF_INET6) return false;
  auto& v6 = reinterpret_cast<sockaddr_in6&>(out.to);
  v6.sin6_family = AF_INET6;
  v6.sin6_port = BIO_ADDR_rawport(peer);
  out.to_size = sizeof v6;
  return BIO_ADDR_rawaddress(peer, &v6.sin6_addr, &size) == 1;
}

// OpenSSL takes the first for "later", the second for an end.
void raise_errno() {
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
    ERR_raise(ERR_LIB_BIO, BIO_R_NON_FATAL);
  else
    ERR_raise(ERR_LIB_SYS, errno);
}

int receive_all(BIO* bio, BIO_MSG* first, std::size_t stride, std::size_t room, std::uint64_t, std::size_t* done) {
  auto& socket = socket_of(bio);
  ByteView datagram;
  sockaddr_storage from{};
  for (*done = 0; *done < room && socket.receive(datagram, from); ++*done) {
    auto& message = message_at(first, stride, *done);
    // Cut off as a socket would; QUIC's own check refuses the rest.
    message.data_len = std::min(message.data_len, datagram.size());
    std::copy_n(datagram.data(), message.data_len, static_cast<std::uint8_t*>(message.data));
    message.flags = 0;
    store(message.peer, from);
    if (message.local != nullptr) BIO_ADDR_clear(message.local);
  }
  if (*done > 0) return 1;
  raise_errno();
  return 0;
}

int send_all(BIO* bio, BIO_MSG* first, std::size_t stride, std::size_t count, std::uint64_t, std::size_t* done) {
  auto& socket = socket_of(bio);
  std::array<DatagramSocket::Outgoing, DatagramSocket::most_segments> batch;
  for (*done = 0; *done < count;) {
    std::size_t size = 0;
    for (; size < batch.size() && *done + size < count; ++size) {
      const auto& message = message_at(first, stride, *done + size);
      batch[size] = {.data = message.data, .size = message.data_len};
      if (!load(message.peer, batch[size])) break;
    }
    errno = EDESTADDRREQ;
    const auto sent = size == 0 ? 0 : socket.send(batch.data(), size);
    if (sent == 0) break;
    for (std::size_t i = 0; i < sent; ++i) message_at(first, stride, *done + i).flags = 0;
    *done += sent;
  }
  if (*done > 0) return 1;
  raise_errno();
  return 0;
}

// How many of the first go at once: one size, but for the last, and one destination.
std::size_t run_of(const DatagramSocket::Outgoing* first, std::size_t count) {
  std::size_t run = 1;
  for (auto bytes = first->size; run < count && run < DatagramSocket::most_segments; ++run) {
    const auto& next = first[run];
    bytes += next.size;
    if (next.size > first->size || first[run - 1].size < first->size || bytes > DatagramSocket::most_bytes ||
        next.to_size != first->to_size || std::memcmp(&next.to, &first->to, first->to_size) != 0)
      break;
  }
  return run;
}

}  // namespace

DatagramSocket::DatagramSocket(int fd) : fd_(fd), came_(largest_datagram) {
  const int on = 1;
  // Without it, each comes by itself.
  static_cast<void>(::setsockopt(fd_, IPPROTO_UDP, UDP_GRO, &on, sizeof on));
}

BioPtr DatagramSocket::make_bio() {
  static const auto method = make_datagram_method("datagram socket", receive_all, send_all);
  if (!method) return nullptr;
  BioPtr bio(BIO_new(method.get()));
  if (!bio) return nullptr;
  BIO_set_data(bio.get(), this);
  BIO_set_init(bio.get(), 1);
  return bio;
}

std::size_t DatagramSocket::send(const Outgoing* first, std::size_t count) {
  const auto run = segments_ ? run_of(first, count) : 1;
  std::array<iovec, most_segments> parts;
  for (std::size_t i = 0; i < run; ++i)
    parts[i] = {.iov_base = const_cast<void*>(first[i].data), .iov_len = first[i].size};  // sendmsg only reads
  alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(std::uint16_t))> room{};
  msghdr message{};
  message.msg_name = const_cast<sockaddr_storage*>(&first->to);
  message.msg_namelen = first->to_size;
  message.msg_iov = parts.data();
  message.msg_iovlen = run;
  if (run > 1) {
    message.msg_control = room.data();
    message.msg_controllen = room.size();
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = IPPROTO_UDP;
    header->cmsg_type = UDP_SEGMENT;
    header->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
    const auto size = static_cast<std::uint16_t>(first->size);
    std::memcpy(CMSG_DATA(header), &size, sizeof size);
  }
  if (::sendmsg(fd_, &message, 0) >= 0) return run;
  if (run == 1 || errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return 0;
  // This kernel or this interface cannot.
  segments_ = false;
  return send(first, 1);
}

bool DatagramSocket::receive(ByteView& datagram, sockaddr_storage& from) {
  if (at_ == end_ && !fetch()) return false;
  datagram = ByteView(came_).subspan(at_, std::min(segment_, end_ - at_));
  at_ += datagram.size();
  from = from_;
  return true;
}

bool DatagramSocket::fetch() {
  iovec part{.iov_base = came_.data(), .iov_len = came_.size()};
  alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(int))> room{};
  ssize_t got = 0;
  msghdr message{};
  // One without content means nothing to QUIC.
  while (got == 0) {
    message = {};
    message.msg_name = &from_;
    message.msg_namelen = sizeof from_;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = room.data();
    message.msg_controllen = room.size();
    got = ::recvmsg(fd_, &message, 0);
  }
  if (got < 0) return false;
  at_ = 0;
  end_ = static_cast<std::size_t>(got);
  segment_ = end_;
  for (auto* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != IPPROTO_UDP || header->cmsg_type != UDP_GRO) continue;
    int size = 0;
    std::memcpy(&size, CMSG_DATA(header), sizeof size);
    if (size > 0) segment_ = static_cast<std::size_t>(size);
  }
  return true;
}

}  // namespace pqc::net
