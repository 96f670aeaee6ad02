#include "client/link_error.h"

namespace pqc::client {

Error from_link(const net::LinkFailure& failure, const std::string& host, std::uint16_t port) {
  const auto where = host + ":" + std::to_string(port);
  switch (failure.error) {
    case net::LinkError::resolve:
      return {ExitCode::unreachable, "the server's name " + host + " has no address: check its spelling"};
    case net::LinkError::wrong_server:
      return {ExitCode::wrong_server, "the server at " + where +
                                          " does not have the key it should have: another machine may be answering; "
                                          "ask the server's owner for its fingerprint before you go on"};
    case net::LinkError::tls:
      return {ExitCode::protocol_mismatch, "no quantum-safe connection with " + where + ": " + failure.text};
    case net::LinkError::websocket:
      return {ExitCode::protocol_mismatch, "there is no pqc-chat server at " + where + ": check address and port"};
    case net::LinkError::too_large:
      return {ExitCode::protocol_mismatch, "the server at " + where + " sent more than is allowed"};
    default:
      return {ExitCode::unreachable, "cannot reach the server at " + where + ": " + failure.text};
  }
}

}  // namespace pqc::client
