#include "client/relay.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "client/limits.h"
#include "client/link_error.h"
#include "proto/relay.pb.h"

namespace pqc::client {
namespace {

namespace v1 = pqc_chat::v1;

constexpr std::uint32_t protocol_version = 1;

ExitCode exit_code_of(v1::ErrorCode code) {
  switch (code) {
    case v1::ERROR_UNKNOWN_ACCOUNT:
    case v1::ERROR_UNKNOWN_DEVICE:
    case v1::ERROR_NO_PREKEYS:
    case v1::ERROR_UNKNOWN_CALL:
    case v1::ERROR_WRONG_SERVER:
      return ExitCode::unknown_peer;
    case v1::ERROR_NAME_TAKEN:
      return ExitCode::name_taken;
    case v1::ERROR_QUOTA:
    case v1::ERROR_RATE_LIMITED:
      return ExitCode::quota;
    case v1::ERROR_INVITE_REQUIRED:
    case v1::ERROR_INVITE_INVALID:
      return ExitCode::invalid_invite;
    case v1::ERROR_TOO_LARGE:
      return ExitCode::text_too_long;
    case v1::ERROR_REFUSED:
    case v1::ERROR_CONFLICT:
      return ExitCode::refused;
    case v1::ERROR_UNAVAILABLE:
    case v1::ERROR_SHUTTING_DOWN:
      return ExitCode::unreachable;
    case v1::ERROR_REPLACED:
      return ExitCode::login_refused;
    case v1::ERROR_MALFORMED:
      return ExitCode::protocol_mismatch;
    case v1::ERROR_UNKNOWN_BLOB:
      return ExitCode::file_gone;
    default:
      return ExitCode::unexpected;
  }
}

std::string advice(v1::ErrorCode code) {
  switch (code) {
    case v1::ERROR_INVITE_REQUIRED:
      return "this server registers invited people only, or keeps this name for somebody: ask its owner for an invite "
             "and give --invite TOKEN";
    case v1::ERROR_INVITE_INVALID:
      return "the invite is unknown, expired, used or for another name: ask the server's owner for a new one";
    case v1::ERROR_NAME_TAKEN:
      return "the name is taken on this server: choose another";
    case v1::ERROR_QUOTA:
      return "a quota of the server is reached: try again later";
    case v1::ERROR_RATE_LIMITED:
      return "the server asks to slow down: try again later";
    case v1::ERROR_UNKNOWN_BLOB:
      return "the server does not have this file, or not any more: ask its sender to send it again";
    case v1::ERROR_REPLACED:
      return "another process is connected with the keys of this profile: a profile must not be copied";
    default:
      return {};
  }
}

}  // namespace

Error from_server(const v1::Error& error) {
  auto text = advice(error.code());
  if (text.empty())
    text = "the server answered: " + printable(error.text().empty() ? v1::ErrorCode_Name(error.code()) : error.text());
  return {exit_code_of(error.code()), std::move(text)};
}

bool final_failure(ExitCode code) {
  return code == ExitCode::wrong_server || code == ExitCode::login_refused || code == ExitCode::protocol_mismatch ||
         code == ExitCode::clock_off || code == ExitCode::invalid_invite || code == ExitCode::name_taken ||
         code == ExitCode::refused;
}

Relay::Relay(Loop& loop, const Clock& clock, Rng& rng, RelayAddress address, Handlers handlers)
    : loop_(loop),
      clock_(clock),
      rng_(rng),
      address_(std::move(address)),
      handlers_(std::move(handlers)),
      link_(loop.context()),
      backoff_(limits::backoff_first) {
  link_.on_frame([this](ByteView frame) { on_frame(frame); });
  link_.on_closed(
      [this](const net::LinkFailure& failure) { fail_with(from_link(failure, address_.host, address_.port)); });
}

Relay::~Relay() = default;

void Relay::start(bool keep) {
  keep_ = keep;
  if (state_ == State::stopped || state_ == State::waiting) connect();
}

void Relay::stop(std::function<void()> done) {
  keep_ = false;
  state_ = State::stopped;
  retry_.reset();
  ping_.reset();
  doubt_.reset();
  hello_deadline_.reset();
  questions_.clear();
  link_.close(std::move(done));
}

void Relay::connect() {
  retry_.reset();
  state_ = State::connecting;
  sign_in_refused_ = false;
  link_.connect({.host = address_.host,
                 .port = address_.port,
                 .pin = address_.pin,
                 .allow_classical = address_.allow_classical,
                 .connect_deadline = limits::connect_deadline},
                [this](std::expected<net::LinkInfo, net::LinkFailure> outcome) { on_connected(std::move(outcome)); });
}

void Relay::on_connected(std::expected<net::LinkInfo, net::LinkFailure> outcome) {
  if (!outcome) return fail_with(from_link(outcome.error(), address_.host, address_.port));
  info_ = std::move(*outcome);
  state_ = State::signing_in;
  hello_deadline_ = loop_.after(limits::request_deadline,
                                [this] { fail_with({ExitCode::timed_out, "the server did not greet in time"}); });
}

void Relay::on_frame(ByteView bytes) {
  v1::ServerFrame frame;
  if (!frame.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return fail_with({ExitCode::protocol_mismatch, "the server sent something that is not of this protocol"});
  if (frame.request_id() != 0) {
    if (frame.has_error()) {
      sign_in_refused_ = state_ == State::signing_in;
      return answer(frame.request_id(), std::unexpected(from_server(frame.error())));
    }
    return answer(frame.request_id(), &frame);
  }
  if (frame.has_hello() && state_ == State::signing_in) return on_hello(frame.hello());
  if (frame.has_deliver() && state_ == State::online) return handlers_.deliver(frame.deliver());
  if ((frame.has_link_message() || frame.has_link_ended()) && online() && handlers_.link) return handlers_.link(frame);
  if (frame.has_error()) return fail_with(from_server(frame.error()));
}

Status Relay::check_hello(const v1::Hello& hello) {
  if (hello.protocol() != protocol_version)
    return fail(ExitCode::protocol_mismatch, "the server speaks version " + std::to_string(hello.protocol()) +
                                                 " of the protocol, this program " + std::to_string(protocol_version) +
                                                 ": update the older one");
  // No time at all is as far off as can be said.
  constexpr std::int64_t year_9999 = 253'402'300'799'999;
  const UnixMillis theirs{std::clamp<std::int64_t>(hello.server_time(), 0, year_9999)};
  clock_offset_ = theirs - clock_.now();
  if (clock_offset_ > limits::clock_tolerance || clock_offset_ < -limits::clock_tolerance) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(clock_offset_).count();
    return fail(ExitCode::clock_off, "this machine's clock is " + std::to_string(seconds < 0 ? -seconds : seconds) +
                                         " seconds " + (seconds < 0 ? "ahead of" : "behind") +
                                         " the server's: set the clock, signatures depend on it");
  }
  append_items_ = std::clamp<std::size_t>(hello.limits().append_items(), 1, limits::append_items);
  blob_bytes_ = hello.limits().blob_bytes();
  blob_part_bytes_ = hello.limits().blob_part_bytes();
  stun_port_ = hello.stun_port() <= 0xFFFF ? static_cast<std::uint16_t>(hello.stun_port()) : std::uint16_t{0};
  return {};
}

void Relay::on_hello(const v1::Hello& hello) {
  hello_deadline_.reset();
  if (auto checked = check_hello(hello); !checked) return fail_with(checked.error());
  auto frame = handlers_.sign_in(hello, info_);
  if (!frame) return fail_with(frame.error());
  send_question(std::move(**frame), [this](auto outcome) { on_signed_in(std::move(outcome)); });
}

void Relay::on_signed_in(Result<const v1::ServerFrame*> outcome) {
  if (!outcome && outcome.error().code == ExitCode::refused)
    outcome = fail(ExitCode::login_refused,
                   "the server does not accept this device's login: the account may have been removed there");
  if (!outcome) return fail_with(outcome.error());
  const bool linking = (*outcome)->has_link_opened() && handlers_.link;
  if (!(*outcome)->has_logged_in() && !linking)
    return fail_with({ExitCode::protocol_mismatch, "the server answered the login with something else"});
  state_ = State::online;
  failure_.reset();
  backoff_ = limits::backoff_first;
  schedule_ping();
  if (linking) return handlers_.link(**outcome);
  handlers_.online((*outcome)->logged_in());
}

void Relay::answer(std::uint64_t id, Result<const v1::ServerFrame*> outcome) {
  auto found = questions_.extract(id);
  if (!found.empty()) found.mapped().answer(std::move(outcome));
}

void Relay::ask(v1::ClientFrame frame, Answer answer) {
  if (online()) return send_question(std::move(frame), std::move(answer));
  auto error = failure_.value_or(Error{ExitCode::unreachable, "not connected to the server"});
  loop_.post([weak = std::weak_ptr(self_), answer = std::move(answer), error = std::move(error)] {
    if (weak.lock()) answer(std::unexpected(error));
  });
}

void Relay::send_question(v1::ClientFrame frame, Answer question) {
  const auto id = next_request_++;
  frame.set_request_id(id);
  auto deadline = loop_.after(limits::request_deadline, [this, id] {
    answer(id, fail(ExitCode::timed_out, "the server did not answer in time"));
  });
  questions_.emplace(id, Question{std::move(question), std::move(deadline)});
  Bytes bytes(frame.ByteSizeLong());
  frame.SerializeToArray(bytes.data(), static_cast<int>(bytes.size()));
  if (link_.send(std::move(bytes))) return;
  loop_.post([weak = std::weak_ptr(self_), id] {
    if (const auto self = weak.lock())
      (*self)->answer(id, fail(ExitCode::unreachable, "the connection to the server is congested"));
  });
}

void Relay::tell(v1::ClientFrame frame) {
  Bytes bytes(frame.ByteSizeLong());
  frame.SerializeToArray(bytes.data(), static_cast<int>(bytes.size()));
  // What gets no answer is repeated by its nature (acknowledgements, pings): losing one is no harm.
  if (online() && !link_.send(std::move(bytes))) log(LogLevel::debug, "relay.tell_dropped");
}

void Relay::fail_with(Error error) {
  if (state_ == State::stopped) return;
  log(LogLevel::info, "relay.offline", {{"code", name(error.code)}, {"why", error.message}});
  hello_deadline_.reset();
  ping_.reset();
  doubt_.reset();
  link_.close();
  state_ = keep_ && !final_failure(error.code) ? State::waiting : State::stopped;
  failure_ = error;
  for (auto& [id, question] : std::exchange(questions_, {})) question.answer(std::unexpected(error));
  if (state_ == State::waiting) retry_ = loop_.after(next_delay(), [this] { connect(); });
  handlers_.offline(error);
}

void Relay::schedule_ping() {
  ping_ = loop_.after(limits::ping_interval, [this] {
    v1::ClientFrame frame;
    frame.mutable_ping();
    ask(std::move(frame), [this](auto outcome) {
      if (!outcome && outcome.error().code == ExitCode::timed_out) return fail_with(outcome.error());
      if (online()) schedule_ping();
    });
  });
}

void Relay::doubt(std::chrono::milliseconds wait) {
  if (state_ == State::waiting) {
    backoff_ = limits::backoff_first;
    return connect();
  }
  if (!online() || doubt_) return;
  doubt_ = loop_.after(wait, [this] {
    fail_with({ExitCode::timed_out, "the server does not answer any more: this machine's network may have changed"});
  });
  v1::ClientFrame frame;
  frame.mutable_ping();
  ask(std::move(frame), [this](const auto&) { doubt_.reset(); });
}

// Half of the backoff is fixed, half is drawn, so that clients of a restarted server do not come back together.
std::chrono::milliseconds Relay::next_delay() {
  const auto drawn = rng_.bytes<4>();
  const std::uint32_t value =
      static_cast<std::uint32_t>(drawn[0]) << 16 | static_cast<std::uint32_t>(drawn[1]) << 8 | drawn[2];
  const auto delay = backoff_ / 2 + backoff_ / 2 * value / 0xFFFFFF;
  backoff_ = std::min<std::chrono::milliseconds>(backoff_ * 2, limits::backoff_longest);
  return delay;
}

}  // namespace pqc::client
