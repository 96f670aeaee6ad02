#include "net/listener.h"

#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/log.h"
#include "net/connection.h"
#include "net/limits.h"

namespace pqc::net {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr int accept_backlog = 4096;

ListenFailure listen_failure(const error_code& error, const std::string& where) {
  ListenFailure failure{ListenError::failed, "cannot listen on " + where + ": " + error.message()};
  if (error == boost::asio::error::address_in_use) failure.error = ListenError::address_in_use;
  if (error == boost::asio::error::access_denied) failure.error = ListenError::no_permission;
  if (error == boost::system::errc::address_not_available) {
    failure = {ListenError::bad_address, "'" + where + "' is not an address of this machine"};
  }
  return failure;
}

AddressKey key_of(const boost::asio::ip::address& address) {
  AddressKey key{};
  if (address.is_v6() && !address.to_v6().is_v4_mapped()) {
    const auto bytes = address.to_v6().to_bytes();
    std::copy_n(bytes.begin(), key.size(), key.begin());
    return key;
  }
  const auto v4 =
      address.is_v4() ? address.to_v4() : boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6());
  const auto bytes = v4.to_bytes();
  key[2] = key[3] = 0xFF;
  std::copy_n(bytes.begin(), bytes.size(), key.begin() + 4);
  return key;
}

std::expected<tcp::endpoint, ListenFailure> endpoint_of(const std::string& host, std::uint16_t port) {
  error_code error;
  const auto address = boost::asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
  if (error)
    return std::unexpected(ListenFailure{ListenError::bad_address,
                                         "'" + host + "' is not an address of this machine: give an IP address"});
  return tcp::endpoint(address, port);
}

error_code open(tcp::acceptor& acceptor, const tcp::endpoint& endpoint, bool both_families) {
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error && both_families) acceptor.set_option(boost::asio::ip::v6_only(false), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(accept_backlog, error);
  if (error && acceptor.is_open()) {
    error_code ignored;
    acceptor.close(ignored);
  }
  return error;
}

}  // namespace

class Listener::Impl final : public ConnectionHost, public std::enable_shared_from_this<Impl> {
 public:
  Impl(boost::asio::io_context& context, TlsServerContext tls, ListenerCallbacks callbacks)
      : acceptor_(context),
        accept_timer_(context),
        tick_(context),
        tls_(std::move(tls)),
        callbacks_(std::move(callbacks)),
        buffer_(read_chunk) {}

  std::expected<void, ListenFailure> open_port(const std::string& host, std::uint16_t port) {
    const auto where = (host.empty() ? "*" : host) + ":" + std::to_string(port);
    if (host.empty() || host == "*") {
      // Both families where the kernel has IPv6, else IPv4 alone.
      if (!open(acceptor_, {tcp::v6(), port}, true)) return {};
      if (const auto error = open(acceptor_, {tcp::v4(), port}, false))
        return std::unexpected(listen_failure(error, where));
      return {};
    }
    const auto endpoint = endpoint_of(host, port);
    if (!endpoint) return std::unexpected(endpoint.error());
    const auto error = open(acceptor_, *endpoint, false);
    if (error) return std::unexpected(listen_failure(error, where));
    return {};
  }

  void begin() {
    next_ticket_key_ = Connection::Clock::now() + ticket_key_lifetime;
    accept();
    tick();
  }

  void stop_accepting() {
    error_code ignored;
    acceptor_.close(ignored);
    accept_timer_.cancel();
  }

  void close_all(CloseCode code, std::string_view reason, std::function<void()> done) {
    all_gone_ = std::move(done);
    give_up_at_ = Connection::Clock::now() + close_deadline;
    for (const auto& connection : snapshot()) connection->close(code, reason);
    report_if_all_gone();
  }

  // The owner goes: nothing may call back into the layer above.
  void abandon() {
    stop_accepting();
    tick_.cancel();
    stopped_ = true;
    for (const auto& connection : snapshot()) connection->drop();
  }

  [[nodiscard]] tcp::endpoint endpoint() const { return endpoint_; }
  void remember_endpoint() {
    error_code ignored;
    endpoint_ = acceptor_.local_endpoint(ignored);
  }
  [[nodiscard]] const ListenerStats& stats() const { return stats_; }

  const ListenerCallbacks& callbacks() const override { return callbacks_; }
  ListenerStats& counters() override { return stats_; }
  void no_longer_stranger(const AddressKey& address) override { limits_.logged_in(address); }
  ByteSpan read_buffer() override { return buffer_; }

  void mark_dirty(std::shared_ptr<Connection> connection) override {
    dirty_.push_back(std::move(connection));
    if (dirty_.size() > 1) return;
    boost::asio::post(acceptor_.get_executor(), [self = shared_from_this()] {
      auto all = std::exchange(self->dirty_, {});
      for (const auto& one : all) one->flush();
      all.clear();
      if (self->dirty_.empty()) self->dirty_.swap(all);  // keeps its memory
    });
  }

  void remove(Connection& connection) override {
    limits_.remove(connection.address(), connection.stranger(), Connection::Clock::now());
    connections_.erase(&connection);
    stats_.connections = connections_.size();
    report_if_all_gone();
  }

 private:
  [[nodiscard]] std::vector<std::shared_ptr<Connection>> snapshot() const {
    std::vector<std::shared_ptr<Connection>> all;
    all.reserve(connections_.size());
    for (const auto& [_, connection] : connections_) all.push_back(connection);
    return all;
  }

  void report_if_all_gone() {
    if (!connections_.empty() || !all_gone_) return;
    boost::asio::post(acceptor_.get_executor(), std::exchange(all_gone_, nullptr));
  }

  void accept() {
    acceptor_.async_accept([self = shared_from_this()](error_code error, tcp::socket socket) {
      if (self->stopped_ || !self->acceptor_.is_open()) return;
      if (error) {
        // Out of descriptors or memory: the others go on, new ones wait.
        log(LogLevel::warning, "accept_failed", {{"error", error.message()}});
        self->accept_timer_.expires_after(accept_pause);
        self->accept_timer_.async_wait([self](error_code cancelled) {
          if (!cancelled) self->accept();
        });
        return;
      }
      self->take(std::move(socket));
      self->accept();
    });
  }

  void take(tcp::socket socket) {
    error_code error;
    const auto remote = socket.remote_endpoint(error);
    if (error) return;  // gone already
    ++stats_.accepted;
    const auto key = key_of(remote.address());
    if (connections_.size() >= max_connections || !limits_.add(key, Connection::Clock::now())) {
      ++stats_.turned_away;
      return;
    }
    socket.non_blocking(true, error);
    if (!error) socket.set_option(tcp::no_delay(true), error);
    auto tls = TlsSession::accept(tls_, socket.native_handle());
    if (error || !tls) {
      limits_.remove(key, true, Connection::Clock::now());
      return;
    }
    auto connection = std::make_shared<Connection>(*this, std::move(socket), std::move(*tls), key);
    connections_.emplace(connection.get(), connection);
    stats_.connections = connections_.size();
    connection->start();
  }

  void tick() {
    tick_.expires_after(deadline_tick);
    tick_.async_wait([self = shared_from_this()](error_code cancelled) {
      if (cancelled || self->stopped_) return;
      const auto now = Connection::Clock::now();
      for (const auto& connection : self->snapshot()) connection->check_deadlines(now);
      if (self->all_gone_ && now > self->give_up_at_) {
        for (const auto& connection : self->snapshot()) connection->drop();
      }
      if (now > self->next_ticket_key_) {
        self->next_ticket_key_ = now + ticket_key_lifetime;
        if (auto rotated = self->tls_.rotate_ticket_key(); !rotated) {
          log(LogLevel::error, "ticket_key", {{"error", rotated.error()}});
        }
      }
      self->tick();
    });
  }

  tcp::acceptor acceptor_;
  tcp::endpoint endpoint_;
  boost::asio::steady_timer accept_timer_;
  boost::asio::steady_timer tick_;
  TlsServerContext tls_;
  ListenerCallbacks callbacks_;
  ListenerStats stats_;
  AddressLimits limits_;
  std::unordered_map<Connection*, std::shared_ptr<Connection>> connections_;
  std::vector<std::shared_ptr<Connection>> dirty_;
  Bytes buffer_;
  std::function<void()> all_gone_;
  Connection::Clock::time_point give_up_at_;
  Connection::Clock::time_point next_ticket_key_;
  bool stopped_ = false;
};

Listener::Listener(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Listener::~Listener() {
  impl_->abandon();
}

std::expected<std::unique_ptr<Listener>, ListenFailure> Listener::start(boost::asio::io_context& context,
                                                                        TlsServerContext tls, const std::string& host,
                                                                        std::uint16_t port,
                                                                        ListenerCallbacks callbacks) {
  ignore_broken_pipes();
  auto impl = std::make_shared<Impl>(context, std::move(tls), std::move(callbacks));
  if (auto opened = impl->open_port(host, port); !opened) return std::unexpected(opened.error());
  impl->remember_endpoint();
  impl->begin();
  return std::unique_ptr<Listener>(new Listener(std::move(impl)));
}

std::uint16_t Listener::port() const {
  return impl_->endpoint().port();
}

std::string Listener::address() const {
  const auto endpoint = impl_->endpoint();
  const auto host = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(endpoint.port());
}

const ListenerStats& Listener::stats() const {
  return impl_->stats();
}
void Listener::stop_accepting() {
  impl_->stop_accepting();
}

void Listener::close_all(CloseCode code, std::string_view reason, std::function<void()> done) {
  impl_->close_all(code, reason, std::move(done));
}

}  // namespace pqc::net
