#include "client/meeting_place.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "client/limits.h"
#include "client/link_error.h"
#include "net/relay_link.h"
#include "proto/relay.pb.h"

namespace pqc::client {
namespace {

namespace v1 = pqc_chat::v1;
using std::chrono::steady_clock;

constexpr std::uint32_t protocol_version = 1;
// Between two connections of somebody who waits for another one.
constexpr std::chrono::milliseconds between_connections{2'000};

//   connecting ──greeting──> greeted ──question──> asking ──met──> greeted
//        ^                                            |
//        '────── the connection ended, or "waiting" ──'
//
// A server ends the connection of a stranger after a while, so every further question has a connection of its own.
class ServerMeetingPlace final : public MeetingPlace {
 public:
  ServerMeetingPlace(Loop& loop, RelayAddress address)
      : loop_(loop), address_(std::move(address)), link_(loop.context()) {
    link_.on_frame([this](ByteView frame) { on_frame(frame); });
    link_.on_closed([this](const net::LinkFailure&) { ask_again(); });
  }

  void connect(Connected connected) override {
    connected_ = std::move(connected);
    open();
  }
  void exchange(ByteView slot, Bytes sealed, Exchanged exchanged) override;
  void close() override {
    connected_ = nullptr;
    exchanged_ = nullptr;
    retry_.reset();
    patience_.reset();
    link_.close();
  }

 private:
  void open();
  void on_connected(std::expected<net::LinkInfo, net::LinkFailure> outcome);
  void on_frame(ByteView bytes);
  void on_hello(const v1::Hello& hello);
  void on_error(const v1::Error& error);
  void ask();
  void ask_again();
  void be_patient();
  void give_up(Error why);

  Loop& loop_;
  RelayAddress address_;
  net::RelayLink link_;
  net::Fingerprint server_;
  Connected connected_;
  Exchanged exchanged_;
  Bytes slot_;
  Bytes sealed_;
  bool greeted_ = false;
  std::uint64_t question_ = 0;
  steady_clock::time_point opened_;
  Loop::HandlePtr retry_;
  Loop::HandlePtr patience_;
};

void ServerMeetingPlace::open() {
  greeted_ = false;
  opened_ = steady_clock::now();
  link_.connect({.host = address_.host,
                 .port = address_.port,
                 .pin = address_.pin,
                 .allow_classical = address_.allow_classical,
                 .connect_deadline = limits::connect_deadline},
                [this](auto outcome) { on_connected(std::move(outcome)); });
}

// What fails at the first attempt is told, what fails later is tried again, but for another server in its place.
void ServerMeetingPlace::on_connected(std::expected<net::LinkInfo, net::LinkFailure> outcome) {
  if (!outcome) {
    auto error = from_link(outcome.error(), address_.host, address_.port);
    return connected_ || final_failure(error.code) ? give_up(std::move(error)) : ask_again();
  }
  server_ = outcome->fingerprint;
  address_.pin = server_;
  be_patient();
}

void ServerMeetingPlace::on_frame(ByteView bytes) {
  v1::ServerFrame frame;
  if (!frame.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return give_up({ExitCode::protocol_mismatch, "the server sent something that is not of this protocol"});
  if (frame.has_hello() && !greeted_) return on_hello(frame.hello());
  if (!exchanged_ || frame.request_id() != question_) return;
  if (frame.has_waiting()) return ask_again();
  if (frame.has_error()) return on_error(frame.error());
  if (!frame.has_met())
    return give_up({ExitCode::protocol_mismatch, "the server answered with something else than was asked for"});
  patience_.reset();
  std::exchange(exchanged_, nullptr)(to_bytes(as_bytes(frame.met().sealed())));
}

void ServerMeetingPlace::on_hello(const v1::Hello& hello) {
  if (hello.protocol() != protocol_version)
    return give_up({ExitCode::protocol_mismatch, "the server speaks version " + std::to_string(hello.protocol()) +
                                                     " of the protocol, this program " +
                                                     std::to_string(protocol_version) + ": update the older one"});
  greeted_ = true;
  patience_.reset();
  if (exchanged_) return ask();
  if (const auto connected = std::exchange(connected_, nullptr)) connected(server_);
}

void ServerMeetingPlace::on_error(const v1::Error& error) {
  switch (error.code()) {
    case v1::ERROR_REFUSED:
      return give_up({ExitCode::refused, "the server at " + address_.host +
                                             " lets nobody meet by a code: its owner can allow it with --rendezvous"});
    case v1::ERROR_CONFLICT:
      return give_up({ExitCode::refused,
                      "two others have met with this code: somebody else knows it, or it was used before. "
                      "Make a new one, and tell it over another channel"});
    case v1::ERROR_RATE_LIMITED:
    case v1::ERROR_UNAVAILABLE:
    case v1::ERROR_SHUTTING_DOWN:
      return ask_again();
    default:
      return give_up(from_server(error));
  }
}

void ServerMeetingPlace::exchange(ByteView slot, Bytes sealed, Exchanged exchanged) {
  slot_ = to_bytes(slot);
  sealed_ = std::move(sealed);
  exchanged_ = std::move(exchanged);
  if (greeted_ && link_.connected()) return ask();
  ask_again();
}

void ServerMeetingPlace::ask() {
  v1::ClientFrame frame;
  frame.set_request_id(++question_);
  frame.mutable_meet()->set_slot(slot_.data(), slot_.size());
  frame.mutable_meet()->set_sealed(sealed_.data(), sealed_.size());
  Bytes bytes(frame.ByteSizeLong());
  frame.SerializeToArray(bytes.data(), static_cast<int>(bytes.size()));
  be_patient();
  if (!link_.send(std::move(bytes))) ask_again();
}

// Over a connection of its own, and not at once where the last one lived for a moment only.
void ServerMeetingPlace::ask_again() {
  greeted_ = false;
  patience_.reset();
  link_.close();
  if (connected_) return give_up({ExitCode::unreachable, "the server at " + address_.host + " ended the connection"});
  if (!exchanged_) return;
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - opened_);
  retry_ = loop_.after(std::max(between_connections - since, std::chrono::milliseconds(0)), [this] { open(); });
}

void ServerMeetingPlace::be_patient() {
  patience_ = loop_.after(limits::request_deadline, [this] {
    log(LogLevel::info, "meeting.no_answer");
    ask_again();
  });
}

void ServerMeetingPlace::give_up(Error why) {
  const auto connected = std::exchange(connected_, nullptr);
  const auto exchanged = std::exchange(exchanged_, nullptr);
  close();
  if (connected) return connected(std::unexpected(std::move(why)));
  if (exchanged) exchanged(std::unexpected(std::move(why)));
}

}  // namespace

std::unique_ptr<MeetingPlace> make_meeting_place(Loop& loop, RelayAddress address) {
  return std::make_unique<ServerMeetingPlace>(loop, std::move(address));
}

}  // namespace pqc::client
