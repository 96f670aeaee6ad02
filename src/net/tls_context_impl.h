// What the TLS contexts hold; for the .cpp files of this folder.
#pragma once

#include "net/openssl_ptr.h"
#include "net/tls_context.h"

namespace pqc::net {

struct TlsServerContext::Impl {
  SslCtxPtr context;
};

struct TlsClientContext::Impl {
  SslCtxPtr context;
  bool by_name = false;  // authorities vouch for names
};

// What a client's SSL points at (application data): the pin, what came of checking it, the newest ticket.
struct ClientVerification {
  std::optional<Fingerprint> pin;
  std::optional<Fingerprint> seen;
  bool wrong_server = false;
  bool by_name = false;  // without a pin authorities decide
  SslSessionPtr ticket;
};

}  // namespace pqc::net
