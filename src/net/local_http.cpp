#include "net/local_http.h"

#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "net/limits.h"

namespace pqc::net {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(tcp::socket socket, LocalHttp::Handler handler, std::shared_ptr<std::size_t> open)
      : socket_(std::move(socket)),
        deadline_(socket_.get_executor()),
        handler_(std::move(handler)),
        open_(std::move(open)) {
    ++*open_;
  }
  ~Exchange() { --*open_; }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  void start() {
    deadline_.expires_after(http_head_deadline);
    deadline_.async_wait([weak = weak_from_this()](error_code cancelled) {
      const auto self = weak.lock();
      error_code ignored;
      if (self && !cancelled) self->socket_.close(ignored);
    });
    read();
  }

 private:
  void read() {
    socket_.async_read_some(boost::asio::buffer(piece_),
                            [self = shared_from_this()](error_code error, std::size_t size) {
                              if (error) return;
                              append(self->head_, ByteView(self->piece_).first(size));
                              self->look();
                            });
  }

  void look() {
    const auto request = parse_request(head_);
    if (request && !*request) return read();
    answer_ = encode(request ? handler_(**request)
                             : HttpResponse{static_cast<unsigned>(request.error()), "text/plain", "bad request\n"});
    boost::asio::async_write(socket_, boost::asio::buffer(answer_),
                             [self = shared_from_this()](error_code, std::size_t) {
                               error_code ignored;
                               self->deadline_.cancel();
                               self->socket_.shutdown(tcp::socket::shutdown_both, ignored);
                             });
  }

  tcp::socket socket_;
  boost::asio::steady_timer deadline_;
  LocalHttp::Handler handler_;
  std::shared_ptr<std::size_t> open_;
  std::array<std::uint8_t, 1024> piece_;
  Bytes head_;
  std::string answer_;
};

}  // namespace

class LocalHttp::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(boost::asio::io_context& context, Handler handler)
      : acceptor_(context), accept_timer_(context), handler_(std::move(handler)) {}

  error_code open(std::uint16_t port) {
    error_code error;
    acceptor_.open(tcp::v4(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind({boost::asio::ip::address_v4::loopback(), port}, error);
    if (!error) acceptor_.listen(16, error);
    return error;
  }

  void accept() {
    acceptor_.async_accept([self = shared_from_this()](error_code error, tcp::socket socket) {
      if (!self->acceptor_.is_open()) return;
      if (error) return self->accept_later();
      if (*self->open_ < max_local_requests) {
        std::make_shared<Exchange>(std::move(socket), self->handler_, self->open_)->start();
      }
      self->accept();
    });
  }

  void close() {
    error_code ignored;
    acceptor_.close(ignored);
    accept_timer_.cancel();
  }

  [[nodiscard]] std::string address() const {
    error_code ignored;
    return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint(ignored).port());
  }

 private:
  // Out of descriptors, most likely: at once it would only fail again.
  void accept_later() {
    accept_timer_.expires_after(accept_pause);
    accept_timer_.async_wait([self = shared_from_this()](error_code cancelled) {
      if (!cancelled) self->accept();
    });
  }

  tcp::acceptor acceptor_;
  boost::asio::steady_timer accept_timer_;
  Handler handler_;
  std::shared_ptr<std::size_t> open_ = std::make_shared<std::size_t>(0);
};

LocalHttp::LocalHttp(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
LocalHttp::~LocalHttp() {
  impl_->close();
}

std::expected<std::unique_ptr<LocalHttp>, ListenFailure> LocalHttp::start(boost::asio::io_context& context,
                                                                          std::uint16_t port, Handler handler) {
  auto impl = std::make_shared<Impl>(context, std::move(handler));
  if (const auto error = impl->open(port)) {
    const auto kind = error == boost::asio::error::address_in_use ? ListenError::address_in_use : ListenError::failed;
    return std::unexpected(
        ListenFailure{kind, "cannot listen on 127.0.0.1:" + std::to_string(port) + ": " + error.message()});
  }
  impl->accept();
  return std::unique_ptr<LocalHttp>(new LocalHttp(std::move(impl)));
}

std::string LocalHttp::address() const {
  return impl_->address();
}

}  // namespace pqc::net
