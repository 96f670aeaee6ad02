// The conversation with the server over a net::RelayLink: connecting and signing in, questions and answers with
// deadlines, reconnecting with backoff and jitter (docs/spec/relay.md). It does not know what sealed bodies mean.
//
//   stopped --start--> connecting --hello--> signing in --logged in--> online
//      ^                   |                     |                       |
//      '------ stop ------ waiting <---- failure or end of the connection
//
// Loop thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/rng.h"
#include "client/error.h"
#include "client/loop.h"
#include "net/relay_link.h"

namespace pqc_chat::v1 {
class ClientFrame;
class ServerFrame;
class Hello;
class LoggedIn;
class Deliver;
class Error;
}  // namespace pqc_chat::v1

namespace pqc::client {

// A server's error as ours. `doing` completes "the server refused to …".
Error from_server(const pqc_chat::v1::Error& error);

struct RelayAddress {
  std::string host;
  std::uint16_t port = 8443;
  std::optional<net::Fingerprint> pin;  // none: trust on first use
  bool allow_classical = false;
};

class Relay {
 public:
  using Answer = std::function<void(Result<const pqc_chat::v1::ServerFrame*>)>;

  struct Handlers {
    // The first question of a connection (login or register), made from the server's greeting.
    std::function<Result<std::unique_ptr<pqc_chat::v1::ClientFrame>>(const pqc_chat::v1::Hello&, const net::LinkInfo&)>
        sign_in;
    std::function<void(const pqc_chat::v1::LoggedIn&)> online;
    // Each time an attempt fails or a connection ends; every open question was answered with the same error before.
    std::function<void(const Error&)> offline;
    std::function<void(const pqc_chat::v1::Deliver&)> deliver;
    // What belongs to the linking of a device; its first frame may take the place of a login.
    std::function<void(const pqc_chat::v1::ServerFrame&)> link = nullptr;
  };

  Relay(Loop& loop, const Clock& clock, Rng& rng, RelayAddress address, Handlers handlers);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Connects now. With `keep`, every end but a final one (final_failure) is followed by another attempt.
  void start(bool keep);
  // Sends what is queued, closes, then calls `done`.
  void stop(std::function<void()> done = {});

  // There is reason to believe that the connection has gone: it is tried, and where nothing comes soon, made anew. Who
  // waits for the next attempt waits no longer.
  void doubt(std::chrono::milliseconds wait);

  // Asks; exactly one answer comes, later. While not online it is an error.
  void ask(pqc_chat::v1::ClientFrame frame, Answer answer);
  // Without an answer.
  void tell(pqc_chat::v1::ClientFrame frame);

  [[nodiscard]] bool online() const { return state_ == State::online; }
  // Whether a question waits for its answer.
  [[nodiscard]] bool asking() const { return !questions_.empty(); }
  // Connecting or signing in.
  [[nodiscard]] bool busy() const { return state_ == State::connecting || state_ == State::signing_in; }
  // Whether the server answered the first question of this connection with an error.
  [[nodiscard]] bool sign_in_refused() const { return sign_in_refused_; }
  // Why it is not online; nothing before the first failure and while online.
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }
  [[nodiscard]] const net::LinkInfo& info() const { return info_; }
  // The server's clock minus ours, when it greeted.
  [[nodiscard]] std::chrono::milliseconds clock_offset() const { return clock_offset_; }
  [[nodiscard]] std::size_t append_items() const { return append_items_; }
  // The largest blob that the server takes; 0: none. And what one answer with a part of it may hold.
  [[nodiscard]] std::uint64_t blob_bytes() const { return blob_bytes_; }
  [[nodiscard]] std::size_t blob_part_bytes() const { return blob_part_bytes_; }
  // Of the server's STUN service; 0: none.
  [[nodiscard]] std::uint16_t stun_port() const { return stun_port_; }

 private:
  enum class State : std::uint8_t { stopped, waiting, connecting, signing_in, online };
  struct Question {
    Answer answer;
    Loop::HandlePtr deadline;
  };

  void connect();
  void on_connected(std::expected<net::LinkInfo, net::LinkFailure> outcome);
  void on_frame(ByteView bytes);
  void on_hello(const pqc_chat::v1::Hello& hello);
  Status check_hello(const pqc_chat::v1::Hello& hello);
  void on_signed_in(Result<const pqc_chat::v1::ServerFrame*> answer);
  void answer(std::uint64_t id, Result<const pqc_chat::v1::ServerFrame*> outcome);
  void send_question(pqc_chat::v1::ClientFrame frame, Answer answer);
  void fail_with(Error error);
  void schedule_ping();
  [[nodiscard]] std::chrono::milliseconds next_delay();

  Loop& loop_;
  const Clock& clock_;
  Rng& rng_;
  RelayAddress address_;
  Handlers handlers_;
  net::RelayLink link_;
  State state_ = State::stopped;
  bool keep_ = false;
  bool sign_in_refused_ = false;
  std::optional<Error> failure_;
  net::LinkInfo info_;
  std::chrono::milliseconds clock_offset_{0};
  std::size_t append_items_ = 1;
  std::uint64_t blob_bytes_ = 0;
  std::size_t blob_part_bytes_ = 0;
  std::uint16_t stun_port_ = 0;
  std::uint64_t next_request_ = 1;
  std::unordered_map<std::uint64_t, Question> questions_;
  std::chrono::milliseconds backoff_;
  Loop::HandlePtr retry_;
  Loop::HandlePtr hello_deadline_;
  Loop::HandlePtr ping_;
  Loop::HandlePtr doubt_;
  // Posted work holds this weakly: it may run after the relay is gone.
  std::shared_ptr<Relay*> self_ = std::make_shared<Relay*>(this);
};

// Whether trying again by itself cannot help: the user has to do something.
bool final_failure(ExitCode code);

}  // namespace pqc::client
