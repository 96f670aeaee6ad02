#include "net/relay_link.h"

#include <utility>

#include <boost/asio/io_context.hpp>

#include "net/link_connection.h"
#include "net/tls_context.h"

namespace pqc::net {

class RelayLink::Impl {
 public:
  explicit Impl(boost::asio::io_context& io_context) : context(io_context) {}

  boost::asio::io_context& context;
  OnFrame on_frame;
  OnClosed on_closed;
  std::shared_ptr<LinkConnection> connection;
  // The newest ticket, and for whom it is good.
  TlsTicket ticket;
  std::string ticket_server;
};

RelayLink::RelayLink(boost::asio::io_context& context) : impl_(std::make_shared<Impl>(context)) {
  ignore_broken_pipes();
}

RelayLink::~RelayLink() {
  if (impl_->connection) impl_->connection->abandon();
}

void RelayLink::on_frame(OnFrame callback) {
  impl_->on_frame = std::move(callback);
}
void RelayLink::on_closed(OnClosed callback) {
  impl_->on_closed = std::move(callback);
}

void RelayLink::connect(const LinkOptions& options, OnConnected answer) {
  if (impl_->connection) impl_->connection->abandon();
  const auto server = options.host + " " + std::to_string(options.port);
  TlsTicket ticket;
  if (impl_->ticket_server == server) ticket = std::exchange(impl_->ticket, {});
  // Held while a callback runs, which may destroy the link.
  const std::weak_ptr<Impl> link = impl_;
  LinkConnection::Callbacks callbacks;
  callbacks.connected = std::move(answer);
  callbacks.frame = [link](ByteView frame) {
    if (const auto impl = link.lock(); impl && impl->on_frame) impl->on_frame(frame);
  };
  callbacks.closed = [link](LinkFailure failure) {
    if (const auto impl = link.lock(); impl && impl->on_closed) impl->on_closed(std::move(failure));
  };
  callbacks.ticket = [link, server](TlsTicket fresh) {
    const auto impl = link.lock();
    if (!impl) return;
    impl->ticket = std::move(fresh);
    impl->ticket_server = server;
  };
  impl_->connection = std::make_shared<LinkConnection>(impl_->context, options, std::move(callbacks));
  impl_->connection->start(std::move(ticket));
}

bool RelayLink::send(Bytes frame) {
  return impl_->connection && impl_->connection->send(std::move(frame));
}
std::size_t RelayLink::queued_bytes() const {
  return impl_->connection ? impl_->connection->queued_bytes() : 0;
}
bool RelayLink::connected() const {
  return impl_->connection && impl_->connection->open();
}

void RelayLink::close(std::function<void()> done) {
  if (impl_->connection) return impl_->connection->close(std::move(done));
  if (done) done();
}

}  // namespace pqc::net
