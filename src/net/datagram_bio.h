// What our own kinds of datagram BIO have in common: QUIC asks them for many datagrams at a time. Internal to this
// folder.
#pragma once

#include <cstddef>
#include <cstdint>

#include <openssl/bio.h>

#include "net/openssl_ptr.h"

namespace pqc::net {

// As OpenSSL's BIO_recvmmsg and BIO_sendmmsg call it.
using DatagramCall = int(BIO* bio, BIO_MSG* first, std::size_t stride, std::size_t room, std::uint64_t flags,
                         std::size_t* done);
using BioMethodPtr = std::unique_ptr<BIO_METHOD, FreeBy<BIO_meth_free>>;

// Null where OpenSSL has no memory.
BioMethodPtr make_datagram_method(const char* name, DatagramCall* receive, DatagramCall* send);

// The caller's messages may be larger than ours: `stride` bytes each.
inline BIO_MSG& message_at(BIO_MSG* first, std::size_t stride, std::size_t number) {
  return *reinterpret_cast<BIO_MSG*>(reinterpret_cast<std::uint8_t*>(first) + stride * number);
}

}  // namespace pqc::net
