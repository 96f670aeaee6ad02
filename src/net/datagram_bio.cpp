#include "net/datagram_bio.h"

namespace pqc::net {
namespace {

long control(BIO*, int command, long, void*) {
  switch (command) {
    case BIO_CTRL_FLUSH:
      return 1;
    case BIO_CTRL_DGRAM_GET_CAPS:
    case BIO_CTRL_DGRAM_GET_EFFECTIVE_CAPS:
      return BIO_DGRAM_CAP_HANDLES_DST_ADDR | BIO_DGRAM_CAP_PROVIDES_SRC_ADDR;
    default:
      return 0;
  }
}

}  // namespace

BioMethodPtr make_datagram_method(const char* name, DatagramCall* receive, DatagramCall* send) {
  BioMethodPtr method(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, name));
  if (!method || BIO_meth_set_recvmmsg(method.get(), receive) != 1 || BIO_meth_set_sendmmsg(method.get(), send) != 1 ||
      BIO_meth_set_ctrl(method.get(), control) != 1)
    return nullptr;
  return method;
}

}  // namespace pqc::net
