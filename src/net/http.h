// The little HTTP/1.1 that stands in front of the WebSocket (RFC 9112, RFC 6455 §4): one request head in, one answer
// out, then the connection is a WebSocket or it closes. Without I/O.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace pqc::net {

struct HttpRequest {
  std::string method;
  std::string target;
  std::size_t head_size = 0;        // bytes of the head; a body or the first frames follow it
  std::string websocket_key;        // not empty: a well-formed upgrade to WebSocket version 13
  std::string websocket_protocols;  // Sec-WebSocket-Protocol as it came
  std::size_t body_size = 0;        // Content-Length
  std::string bearer;               // the token of `Authorization: Bearer` (RFC 6750 §2.1)
  std::string body;                 // of a request that is no upgrade; not filled by parse_request
};

// What to answer instead when a head cannot be taken: the status.
enum class HttpError : std::uint16_t {
  bad_request = 400,
  length_required = 411,  // a body in chunks
  body_too_large = 413,
  head_too_large = 431
};

// Nothing while the head is not complete. `bytes` come from anybody.
std::expected<std::optional<HttpRequest>, HttpError> parse_request(ByteView bytes);

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

// A whole answer after which the connection closes.
std::string encode(const HttpResponse& response);
// "101 Switching Protocols"; `protocol` as the server chose it, may be empty.
std::string encode_upgrade(std::string_view websocket_key, std::string_view protocol);

// A client's request for the upgrade, and the check of its answer: the size of the head, nothing while it is
// incomplete.
std::string encode_upgrade_request(std::string_view host, std::uint16_t port, std::string_view target,
                                   std::string_view websocket_key);
std::expected<std::optional<std::size_t>, std::string> check_upgrade_answer(ByteView bytes,
                                                                            std::string_view websocket_key);

// Whether a comma-separated header value holds the token, in any case (RFC 9110 §5.6.1).
bool has_token(std::string_view list, std::string_view token);

}  // namespace pqc::net
