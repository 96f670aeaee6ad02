// A client that reads only when it is told to: TLS and an upgrade over a socket of its own. The server runs on the same
// thread, so each step lets it have its turn.
#pragma once

#include <stdexcept>
#include <string>

#include <arpa/inet.h>
#include <boost/asio/io_context.hpp>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/http.h"
#include "net/listener.h"
#include "net/tls_session.h"

namespace pqc::net {

class RawClient {
 public:
  RawClient(boost::asio::io_context& context, std::uint16_t port) : context_(context) {
    handle_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_port = htons(port);
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(handle_, reinterpret_cast<const sockaddr*>(&there), sizeof there) != 0 ||
        ::fcntl(handle_, F_SETFL, O_NONBLOCK) != 0) {
      throw std::runtime_error("no connection");
    }
    tls_.emplace(TlsSession::connect(policy_, handle_, "127.0.0.1", std::nullopt, {}).value());
    while (tls_->handshake() != IoStatus::done) serve();
    upgrade();
  }
  ~RawClient() { ::close(handle_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // How much the connection took now.
  std::size_t write(ByteView bytes) {
    const auto written = tls_->write(bytes);
    return written.status == IoStatus::done ? written.bytes : 0;
  }
  // How much was there to read now.
  std::size_t read(ByteSpan out) {
    const auto read = tls_->read(out);
    return read.status == IoStatus::done ? read.bytes : 0;
  }
  // The server has its turn.
  void serve() {
    if (context_.stopped()) context_.restart();
    context_.poll();
  }

 private:
  void upgrade() {
    static_cast<void>(
        write(as_bytes(encode_upgrade_request("127.0.0.1", 1, websocket_target, "AAAAAAAAAAAAAAAAAAAAAA=="))));
    Bytes answer;
    std::array<std::uint8_t, 1024> piece;
    while (as_text(answer).find("\r\n\r\n") == std::string_view::npos) {
      serve();
      append(answer, ByteView(piece).first(read(piece)));
    }
  }

  boost::asio::io_context& context_;
  TlsClientContext policy_ = TlsClientContext::make(false).value();
  int handle_ = -1;
  std::optional<TlsSession> tls_;
};

}  // namespace pqc::net
