#include "server/stun/udp_port.h"

#include <array>
#include <cerrno>
#include <utility>

#include <netinet/in.h>

namespace pqc::server::stun {
namespace {

struct Received {
  std::array<std::uint8_t, max_request> bytes;
  sockaddr_storage peer;
  iovec part;
  // Which of our addresses was asked.
  alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(in6_pktinfo))> control;
};

struct Sent {
  std::array<std::uint8_t, net::stun::max_answer> bytes;
  iovec part;
};

// The answer leaves from the address that was asked, by the route that leads back.
void leave_from_asked_address(msghdr& message) {
  auto* const header = CMSG_FIRSTHDR(&message);
  if (header == nullptr) return;
  if (header->cmsg_level == IPPROTO_IP) {
    reinterpret_cast<in_pktinfo*>(CMSG_DATA(header))->ipi_ifindex = 0;
    return;
  }
  auto& info = *reinterpret_cast<in6_pktinfo*>(CMSG_DATA(header));
  if (!IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr)) info.ipi6_ifindex = 0;
}

}  // namespace

struct UdpPort::Batch {
  std::array<Received, datagrams_at_once> received;
  std::array<Sent, datagrams_at_once> sent;
  std::array<mmsghdr, datagrams_at_once> in;
  std::array<mmsghdr, datagrams_at_once> out;
  std::size_t waiting = 0;  // of `out`
};

UdpPort::UdpPort(Socket socket, Responder& responder)
    : socket_(std::move(socket)), responder_(responder), batch_(std::make_unique<Batch>()) {}
UdpPort::~UdpPort() = default;

void UdpPort::serve(Responder::Time now) {
  if (const auto received = receive(); received > 0) {
    answer(received, now);
    send();
  }
}

std::size_t UdpPort::receive() {
  for (std::size_t i = 0; i < datagrams_at_once; ++i) {
    auto& one = batch_->received[i];
    one.part = {.iov_base = one.bytes.data(), .iov_len = one.bytes.size()};
    batch_->in[i] = {};
    auto& header = batch_->in[i].msg_hdr;
    header.msg_name = &one.peer;
    header.msg_namelen = sizeof one.peer;
    header.msg_iov = &one.part;
    header.msg_iovlen = 1;
    header.msg_control = one.control.data();
    header.msg_controllen = one.control.size();
  }
  const int count = ::recvmmsg(socket_.get(), batch_->in.data(), datagrams_at_once, MSG_DONTWAIT, nullptr);
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

void UdpPort::answer(std::size_t received, Responder::Time now) {
  batch_->waiting = 0;
  for (std::size_t i = 0; i < received; ++i) {
    const auto& [header, size] = batch_->in[i];
    auto& sent = batch_->sent[batch_->waiting];
    // What was cut off is answered like any other damaged message.
    const auto source = address_of(batch_->received[i].peer);
    const auto written = responder_.answer(ByteView(batch_->received[i].bytes).first(size), source, now, sent.bytes);
    if (written == 0) continue;
    sent.part = {.iov_base = sent.bytes.data(), .iov_len = written};
    auto& out = batch_->out[batch_->waiting++];
    out.msg_hdr = header;
    out.msg_hdr.msg_iov = &sent.part;
    out.msg_hdr.msg_flags = 0;
    leave_from_asked_address(out.msg_hdr);
  }
}

void UdpPort::send() {
  for (std::size_t done = 0; done < batch_->waiting;) {
    const int count = ::sendmmsg(socket_.get(), batch_->out.data() + done,
                                 static_cast<unsigned int>(batch_->waiting - done), MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    // An error is that of the first one: a source that cannot be written to.
    if (count < 0 && errno != EINTR) ++done;
    if (count > 0) done += static_cast<std::size_t>(count);
  }
}

}  // namespace pqc::server::stun
