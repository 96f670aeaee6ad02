#include "net/http.h"

#include <charconv>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/status.hpp>

#include "net/limits.h"
#include "net/websocket.h"

namespace pqc::net {
namespace {

namespace http = boost::beast::http;

constexpr std::string_view end_of_head = "\r\n\r\n";

std::string_view field(const http::fields& fields, http::field name) {
  const auto value = fields[name];
  return {value.data(), value.size()};
}

// A key is 16 bytes in base64 (RFC 6455 §4.1).
bool is_key(std::string_view key) {
  const auto bytes = from_base64(key);
  return bytes && bytes->size() == 16;
}

// Feeds one whole head to Beast's parser.
template <class Parser>
bool parse_head(Parser& parser, std::string_view head) {
  boost::system::error_code error;
  parser.header_limit(max_http_head);
  parser.skip(true);
  parser.put(boost::asio::buffer(head.data(), head.size()), error);
  return (!error || error == http::error::need_more) && parser.is_header_done();
}

std::string bearer_token(std::string_view authorization) {
  constexpr std::string_view scheme = "bearer ";
  const auto given = authorization.substr(0, scheme.size());
  if (!boost::beast::iequals({given.data(), given.size()}, {scheme.data(), scheme.size()})) return {};
  return std::string(authorization.substr(scheme.size()));
}

// RFC 9112 §6: a body has a length that is known beforehand, or there is none. Requests with two different lengths, or
// with a length and chunks, are refused by the parser.
std::expected<std::size_t, HttpError> body_size(const http::fields& fields) {
  if (!field(fields, http::field::transfer_encoding).empty()) return std::unexpected(HttpError::length_required);
  const auto text = field(fields, http::field::content_length);
  if (text.empty()) return 0;
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc{} || end != text.data() + text.size()) return std::unexpected(HttpError::bad_request);
  if (size > max_http_body) return std::unexpected(HttpError::body_too_large);
  return size;
}

std::string status_line(unsigned status) {
  const auto reason = http::obsolete_reason(static_cast<http::status>(status));
  return "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason.data(), reason.size()) + "\r\n";
}

}  // namespace

bool has_token(std::string_view list, std::string_view token) {
  return http::token_list(boost::beast::string_view(list.data(), list.size()))
      .exists(boost::beast::string_view(token.data(), token.size()));
}

std::expected<std::optional<HttpRequest>, HttpError> parse_request(ByteView bytes) {
  const auto text = as_text(bytes);
  const auto end = text.find(end_of_head);
  if (end == std::string_view::npos) {
    if (text.size() >= max_http_head) return std::unexpected(HttpError::head_too_large);
    return std::nullopt;
  }
  const auto head = text.substr(0, end + end_of_head.size());
  if (head.size() > max_http_head) return std::unexpected(HttpError::head_too_large);
  http::request_parser<http::empty_body> parser;
  if (!parse_head(parser, head)) return std::unexpected(HttpError::bad_request);
  const auto& message = parser.get();
  const auto body = body_size(message);
  if (!body) return std::unexpected(body.error());
  HttpRequest request;
  request.body_size = *body;
  request.bearer = bearer_token(field(message, http::field::authorization));
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  request.head_size = head.size();
  const auto key = field(message, http::field::sec_websocket_key);
  if (message.version() == 11 && request.method == "GET" &&
      has_token(field(message, http::field::upgrade), "websocket") &&
      has_token(field(message, http::field::connection), "upgrade") &&
      field(message, http::field::sec_websocket_version) == "13" && is_key(key)) {
    request.websocket_key = key;
    request.websocket_protocols = field(message, http::field::sec_websocket_protocol);
  }
  return request;
}

std::string encode(const HttpResponse& response) {
  std::string out = status_line(response.status);
  out += "Content-Type: " + response.content_type + "\r\n";
  out += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  out += "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n";
  return out + response.body;
}

std::string encode_upgrade(std::string_view websocket_key, std::string_view protocol) {
  std::string out = status_line(101);
  out +=
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + websocket_accept(websocket_key) + "\r\n";
  if (!protocol.empty()) out += "Sec-WebSocket-Protocol: " + std::string(protocol) + "\r\n";
  return out + "\r\n";
}

std::string encode_upgrade_request(std::string_view host, std::uint16_t port, std::string_view target,
                                   std::string_view websocket_key) {
  const bool ipv6 = host.find(':') != std::string_view::npos;
  std::string out = "GET " + std::string(target) + " HTTP/1.1\r\nHost: ";
  out += (ipv6 ? "[" : "") + std::string(host) + (ipv6 ? "]" : "") + ":" + std::to_string(port) + "\r\n";
  out += "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";
  return out + "Sec-WebSocket-Key: " + std::string(websocket_key) + "\r\n\r\n";
}

std::expected<std::optional<std::size_t>, std::string> check_upgrade_answer(ByteView bytes,
                                                                            std::string_view websocket_key) {
  const auto text = as_text(bytes);
  const auto end = text.find(end_of_head);
  if (end == std::string_view::npos) {
    if (text.size() >= max_http_head) return std::unexpected("the answer to the upgrade is too long");
    return std::nullopt;
  }
  const auto head = text.substr(0, end + end_of_head.size());
  http::response_parser<http::empty_body> parser;
  if (!parse_head(parser, head)) return std::unexpected("the answer to the upgrade is not HTTP");
  const auto& message = parser.get();
  if (message.result_int() != 101)
    return std::unexpected("the server answered " + std::to_string(message.result_int()));
  if (!has_token(field(message, http::field::upgrade), "websocket") ||
      field(message, http::field::sec_websocket_accept) != websocket_accept(websocket_key)) {
    return std::unexpected("the server did not accept the WebSocket");
  }
  return head.size();
}

}  // namespace pqc::net
