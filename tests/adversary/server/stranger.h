// A client that says what a test wants to a real server process, frame by frame, over a real connection. One thread.
#pragma once

#include <chrono>
#include <deque>
#include <stdexcept>
#include <string>

#include <boost/asio/io_context.hpp>

#include "crypto/random.h"
#include "device_keys.h"
#include "net/relay_link.h"
#include "proto/relay.pb.h"

namespace pqc::test {

namespace v1 = pqc_chat::v1;

class Stranger {
 public:
  explicit Stranger(const net::LinkOptions& server) : server_(server) {
    link_.on_frame([this](ByteView bytes) {
      v1::ServerFrame frame;
      if (!frame.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) throw std::runtime_error("no frame");
      frames_.push_back(std::move(frame));
    });
    link_.on_closed([this](const net::LinkFailure&) { closed_ = true; });
  }

  // The server's greeting.
  v1::Hello connect() {
    bool answered = false;
    std::string failure;
    link_.connect(server_, [&](const std::expected<net::LinkInfo, net::LinkFailure>& answer) {
      answered = true;
      if (answer)
        info_ = *answer;
      else
        failure = answer.error().text;
    });
    wait_for([&] { return answered; });
    if (!failure.empty()) throw std::runtime_error("no connection: " + failure);
    hello_ = next().hello();
    return hello_;
  }

  // The next frame of the server.
  v1::ServerFrame next() {
    wait_for([this] { return !frames_.empty() || closed_; });
    if (frames_.empty()) throw std::runtime_error("the server closed the connection");
    auto frame = std::move(frames_.front());
    frames_.pop_front();
    return frame;
  }
  v1::ServerFrame ask(v1::ClientFrame frame) {
    frame.set_request_id(++last_request_);
    send(frame.SerializeAsString());
    return next();
  }
  void send(const std::string& bytes) {
    if (!link_.send(to_bytes(as_bytes(bytes)))) throw std::runtime_error("no connection");
  }
  // Whether the server ends the connection, frames before that not counted.
  bool is_thrown_out() {
    wait_for([this] { return closed_; });
    return closed_;
  }

  // The statement for this very connection.
  [[nodiscard]] identity::LoginStatement statement(const std::string& name, const bench::DeviceKeys& keys) const {
    return statement(name, bench::DeviceKeys::device, keys.suite().id);
  }
  [[nodiscard]] identity::LoginStatement statement(const std::string& name, identity::DeviceId device,
                                                   crypto::SuiteId suite) const {
    identity::LoginStatement login;
    login.server = info_.fingerprint.bytes;
    login.account = identity::AccountName::make(name, hello_.server_name()).value();
    login.device = device;
    login.suite = suite;
    std::ranges::copy(hello_.challenge(), login.challenge.begin());
    login.exporter = info_.exporter;
    return login;
  }
  v1::ServerFrame register_account(const std::string& name, const bench::DeviceKeys& keys) {
    const auto made = keys.registration(statement(name, keys)).value();
    record_ = made.account_record;
    v1::ClientFrame frame;
    auto& request = *frame.mutable_register_();
    request.set_account_record(made.account_record.data(), made.account_record.size());
    request.set_device(bench::DeviceKeys::device.value);
    request.set_suite(crypto::number(keys.suite().id));
    request.set_signature(made.signature.data(), made.signature.size());
    return ask(frame);
  }
  static v1::ClientFrame login(const identity::LoginStatement& statement, const bench::DeviceKeys& keys) {
    const auto signature = keys.login(statement).value();
    v1::ClientFrame frame;
    auto& request = *frame.mutable_login();
    request.set_account(statement.account.text());
    request.set_device(statement.device.value);
    request.set_suite(crypto::number(statement.suite));
    request.set_signature(signature.data(), signature.size());
    return frame;
  }
  v1::ServerFrame log_in(const identity::LoginStatement& statement, const bench::DeviceKeys& keys) {
    return ask(login(statement, keys));
  }

  // The record of the last registration.
  [[nodiscard]] const Bytes& record() const { return record_; }
  [[nodiscard]] const net::LinkInfo& info() const { return info_; }

 private:
  template <class Condition>
  void wait_for(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) throw std::runtime_error("the server does not answer");
      if (context_.stopped()) context_.restart();
      context_.run_one_for(std::chrono::milliseconds(100));
    }
  }

  const net::LinkOptions& server_;
  boost::asio::io_context context_;
  net::RelayLink link_{context_};
  net::LinkInfo info_;
  v1::Hello hello_;
  Bytes record_;
  std::deque<v1::ServerFrame> frames_;
  std::uint64_t last_request_ = 0;
  bool closed_ = false;
};

}  // namespace pqc::test
