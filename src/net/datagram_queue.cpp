#include "net/datagram_queue.h"

#include <algorithm>

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>

#include "net/datagram_bio.h"

namespace pqc::net {
namespace {

DatagramQueues& queues_of(BIO* bio) {
  return *static_cast<DatagramQueues*>(BIO_get_data(bio));
}

int receive(BIO* bio, BIO_MSG* first, std::size_t stride, std::size_t room, std::uint64_t, std::size_t* done) {
  auto& incoming = queues_of(bio).incoming;
  for (*done = 0; *done < room && !incoming.empty(); ++*done) {
    auto& message = message_at(first, stride, *done);
    const auto& datagram = incoming.front();
    // Cut off as a socket would; QUIC's own check refuses the rest.
    message.data_len = std::min(message.data_len, datagram.size());
    std::copy_n(datagram.data(), message.data_len, static_cast<std::uint8_t*>(message.data));
    message.flags = 0;
    if (message.peer != nullptr)
      static_cast<void>(
          BIO_ADDR_rawmake(message.peer, AF_INET, path_peer_ip, sizeof path_peer_ip, htons(path_peer_port)));
    if (message.local != nullptr) BIO_ADDR_clear(message.local);
    incoming.pop_front();
  }
  if (*done > 0) return 1;
  ERR_raise(ERR_LIB_BIO, BIO_R_NON_FATAL);
  return 0;
}

int send(BIO* bio, BIO_MSG* first, std::size_t stride, std::size_t count, std::uint64_t, std::size_t* done) {
  for (*done = 0; *done < count; ++*done) {
    auto& message = message_at(first, stride, *done);
    const auto* data = static_cast<const std::uint8_t*>(message.data);
    queues_of(bio).outgoing.emplace_back(data, data + message.data_len);
    message.flags = 0;
  }
  return 1;
}

}  // namespace

BioPtr make_datagram_bio(DatagramQueues& queues) {
  static const auto method = make_datagram_method("datagram queues", receive, send);
  if (!method) return nullptr;
  BioPtr bio(BIO_new(method.get()));
  if (!bio) return nullptr;
  BIO_set_data(bio.get(), &queues);
  BIO_set_init(bio.get(), 1);
  return bio;
}

}  // namespace pqc::net
