#include "server/session.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "net/limits.h"
#include "server/blobs/limits.h"
#include "server/directory/limits.h"
#include "server/frames.h"
#include "server/relay/limits.h"
#include "server/storage/limits.h"

namespace pqc::server {
namespace {

constexpr Rate request_rate{requests_per_second, requests_burst};

void set_limits(v1::Limits& limits, const FileOptions& files) {
  limits.set_frame_bytes(net::max_frame_size);
  limits.set_body_bytes(relay::max_body_size);
  limits.set_append_items(relay::max_append_items);
  limits.set_mailbox_items(storage::max_mailbox_items);
  limits.set_mailbox_bytes(storage::max_mailbox_bytes);
  limits.set_one_time_pairs(directory::max_one_time_pairs);
  limits.set_window_items(relay::window_items);
  limits.set_blob_bytes(files.max_size);
  limits.set_blob_part_bytes(blobs::max_part_size);
}

}  // namespace

std::string_view describe(v1::ErrorCode code) {
  switch (code) {
    case v1::ERROR_REFUSED:
      return "refused";
    case v1::ERROR_MALFORMED:
      return "the request is not well formed";
    case v1::ERROR_UNKNOWN_ACCOUNT:
      return "there is no such account here";
    case v1::ERROR_UNKNOWN_DEVICE:
      return "the account has no such device";
    case v1::ERROR_NAME_TAKEN:
      return "this name is taken";
    case v1::ERROR_QUOTA:
      return "a mailbox or a share is full";
    case v1::ERROR_RATE_LIMITED:
      return "too many requests: try again later";
    case v1::ERROR_INVITE_REQUIRED:
      return "this server takes new accounts by invite only";
    case v1::ERROR_INVITE_INVALID:
      return "the invite is unknown, used or expired";
    case v1::ERROR_TOO_LARGE:
      return "larger than this server takes";
    case v1::ERROR_CONFLICT:
      return "it contradicts what is stored";
    case v1::ERROR_UNAVAILABLE:
      return "the server cannot do this now: try again later";
    case v1::ERROR_NO_PREKEYS:
      return "the device has no prekeys for this suite";
    case v1::ERROR_REPLACED:
      return "this device subscribed on another connection";
    case v1::ERROR_SHUTTING_DOWN:
      return "the server is shutting down";
    case v1::ERROR_WRONG_SERVER:
      return "the account is not of this server";
    case v1::ERROR_UNKNOWN_BLOB:
      return "the file is not here, or not any more";
    case v1::ERROR_UNKNOWN_CALL:
      return "there is no such call, or not any more";
    default:
      return "";
  }
}

Session::Session(Services& services, net::ServerConnection& connection)
    : services_(services), connection_(&connection), kind_(connection.preferred_kind()) {
  services_.rng.fill(challenge_);
}

void Session::say_hello() {
  auto& hello = *answer(0).mutable_hello();
  hello.set_protocol(1);
  hello.set_server_name(services_.server_name);
  hello.set_challenge(challenge_.data(), challenge_.size());
  hello.set_server_time(services_.clock.now().value);
  hello.set_registration(services_.invite_only ? v1::REGISTRATION_INVITE : v1::REGISTRATION_OPEN);
  set_limits(*hello.mutable_limits(), services_.files);
  hello.set_software("pqc-chat-server");
  hello.set_stun_port(services_.stun_port);
  send(services_.answer);
}

void Session::on_frame(net::FrameKind kind, ByteView payload) {
  kind_ = kind;
  request_came_ = std::chrono::steady_clock::now();
  ++services_.counters.requests;
  auto& frame = services_.request;
  if (!decode_frame(kind, payload, frame)) {
    ++services_.counters.malformed;
    return close(v1::ERROR_MALFORMED, "not a ClientFrame", net::CloseCode::policy);
  }
  if (!requests_.take(request_rate, request_came_)) {
    ++services_.counters.rate_limited;
    // What wants no answer is dropped; an acknowledgement then comes again with a later one.
    return frame.request_id() == 0 ? void() : fail(frame.request_id(), v1::ERROR_RATE_LIMITED);
  }
  if (services_.shutting_down) return fail(frame.request_id(), v1::ERROR_SHUTTING_DOWN);
  dispatch(frame.request_id(), frame);
}

// One handler a message. A stranger may log in, register, ping, meet by a code and open a link; all else is refused
// in the same words, whatever it asks for (THREATS 17).
void Session::dispatch(std::uint64_t id, v1::ClientFrame& frame) {
  using Body = v1::ClientFrame;
  const auto body = frame.body_case();
  const bool for_strangers = body == Body::kLogin || body == Body::kRegister || body == Body::kPing ||
                             body == Body::kMeet || body == Body::kOpenLink || (body == Body::kLinkMessage && link_);
  if (body == Body::BODY_NOT_SET) return fail(id, v1::ERROR_MALFORMED);
  if (!for_strangers && state_ != State::logged_in) return refuse(id, {v1::ERROR_REFUSED, "not logged in"});
  const bool answered = body != Body::kAcknowledge && body != Body::kPing;
  if (answered && id == 0) return fail(id, v1::ERROR_MALFORMED, "request_id 0 is for what needs no answer");
  switch (body) {
    case Body::kLogin:
      return login(id, frame.login());
    case Body::kRegister:
      return enrol(id, frame.register_());
    case Body::kAppend:
      return append(id, *frame.mutable_append());
    case Body::kAcknowledge:
      return acknowledge(id, frame.acknowledge());
    case Body::kSubscribe:
      return subscribe(id, frame.subscribe());
    case Body::kFetchAccount:
      return fetch_account(id, frame.fetch_account());
    case Body::kFetchBundle:
      return fetch_bundle(id, frame.fetch_bundle());
    case Body::kPublishPrekeys:
      return publish_prekeys(id, frame.publish_prekeys());
    case Body::kPrekeyStatus:
      return prekey_status(id);
    case Body::kPublishAccountRecord:
      return publish_record(id, frame.publish_account_record());
    case Body::kWhoami:
      return whoami(id);
    case Body::kOpenUpload:
      return open_upload(id, frame.open_upload());
    case Body::kUploadPart:
      return upload_part(id, *frame.mutable_upload_part());
    case Body::kReadBlob:
      return read_blob(id, frame.read_blob());
    case Body::kRemoveBlob:
      return remove_blob(id, frame.remove_blob());
    case Body::kMeet:
      return meet(id, frame.meet());
    case Body::kFetchTurnAccess:
      return fetch_turn_access(id);
    case Body::kCallInitiate:
    case Body::kCallAccept:
    case Body::kCallReject:
    case Body::kCallHangup:
    case Body::kFetchCall:
      return call(id, frame);
    case Body::kOpenLink:
      return open_link(id, frame.open_link());
    case Body::kJoinLink:
      return join_link(id, frame.join_link());
    case Body::kLinkMessage:
      return pass_on(id, frame.link_message());
    case Body::kPing:
      answer(id).mutable_pong()->set_server_time(services_.clock.now().value);
      return id == 0 ? void() : send(services_.answer);
    case Body::BODY_NOT_SET:
      return;
  }
}

void Session::on_closed() {
  leave_link();
  if (owner_ && subscription_) services_.hub.unsubscribe(owner_->mailbox, *this);
  if (owner_) {
    const auto [begin, end] = services_.online.equal_range(owner_->mailbox.value);
    const auto own = std::find_if(begin, end, [this](const auto& entry) { return entry.second == this; });
    if (own != end) services_.online.erase(own);
    leave_people();
  }
  forget_uploads();
  connection_ = nullptr;
  subscription_.reset();
}

void Session::job_waits(std::size_t bytes) {
  ++waiting_.requests;
  waiting_.bytes += bytes;
  const bool full = waiting_.is_full(services_.storage.waiting_bytes());
  if (full && !std::exchange(paused_, true)) connection_->set_paused(true);
}

void Session::job_done(std::size_t bytes) {
  --waiting_.requests;
  waiting_.bytes -= bytes;
  if (waiting_.has_room() && connection_ != nullptr && std::exchange(paused_, false)) connection_->set_paused(false);
}

v1::ServerFrame& Session::answer(std::uint64_t id) {
  services_.answer.Clear();
  services_.answer.set_request_id(id);
  return services_.answer;
}

void Session::send(const v1::ServerFrame& frame) {
  if (connection_ != nullptr) send_frame(*connection_, kind_, frame);
}

void Session::fail(std::uint64_t id, v1::ErrorCode code, std::string_view text) {
  if (id == 0) return close(code, text, net::CloseCode::policy);
  send_error(id, code, text);
}

void Session::send_error(std::uint64_t id, v1::ErrorCode code, std::string_view text) {
  auto& error = *answer(id).mutable_error();
  error.set_code(code);
  error.set_text(std::string(text.empty() ? describe(code) : text));
  if (code == v1::ERROR_RATE_LIMITED || code == v1::ERROR_UNAVAILABLE) error.set_retry_after_ms(1000);
  send(services_.answer);
}

void Session::close(v1::ErrorCode code, std::string_view text, net::CloseCode close_code) {
  send_error(0, code, text);
  if (connection_ != nullptr) connection_->close(close_code, describe(code));
}

bool Session::may_look_up(std::uint64_t id) {
  if (services_.lookups.take(owner_->account_id.value)) return true;
  ++services_.counters.rate_limited;
  fail(id, v1::ERROR_RATE_LIMITED);
  return false;
}

}  // namespace pqc::server
