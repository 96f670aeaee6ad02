#include "client/local_codec.h"

#include <algorithm>

#include "proto/local.pb.h"

namespace pqc::client::local {

void encode(const Error& in, v1::Error& out) {
  out.set_code(std::string(name(in.code)));
  out.set_message(in.message);
}

Error decode(const v1::Error& in) {
  return {exit_code(in.code()), in.message()};
}

void encode(const Message& in, v1::Message& out) {
  out.set_seq(in.seq);
  out.set_id(in.id.data(), in.id.size());
  out.set_peer(in.peer);
  out.set_direction(static_cast<std::uint32_t>(in.direction));
  out.set_device(in.device);
  out.set_sent_at(in.sent_at.value);
  out.set_stored_at(in.stored_at.value);
  out.set_kind(static_cast<std::uint32_t>(in.kind));
  out.set_text(in.text);
  out.set_suite(in.suite);
  out.set_verified(in.verified);
  out.set_status(static_cast<std::uint32_t>(in.status));
  if (in.failure.code != ExitCode::ok && in.status == MessageStatus::failed) encode(in.failure, *out.mutable_failure());
}

Message decode(const v1::Message& in) {
  Message out{.seq = in.seq(),
              .id = {},
              .peer = in.peer(),
              .direction = static_cast<Direction>(in.direction()),
              .device = in.device(),
              .sent_at = {in.sent_at()},
              .stored_at = {in.stored_at()},
              .kind = static_cast<MessageKind>(in.kind()),
              .text = in.text(),
              .suite = in.suite(),
              .verified = in.verified(),
              .status = static_cast<MessageStatus>(in.status()),
              .failure = {}};
  std::ranges::copy_n(as_bytes(in.id()).begin(), static_cast<std::ptrdiff_t>(std::min(in.id().size(), out.id.size())),
                      out.id.begin());
  if (in.has_failure()) out.failure = decode(in.failure());
  return out;
}

void encode(const Notice& in, v1::Notice& out) {
  out.set_seq(in.seq);
  out.set_kind(static_cast<std::uint32_t>(in.kind));
  out.set_peer(in.peer);
  out.set_text(in.text);
  out.set_at(in.at.value);
}

Notice decode(const v1::Notice& in) {
  return {.seq = in.seq(),
          .kind = static_cast<NoticeKind>(in.kind()),
          .peer = in.peer(),
          .text = in.text(),
          .at = {in.at()}};
}

void encode(const Contact& in, v1::Contact& out) {
  out.set_peer(in.peer);
  out.set_state(static_cast<std::uint32_t>(in.state));
  out.set_verified(in.verified);
  out.set_identity_changed(in.identity_changed);
  out.set_level(in.level);
  out.set_suite(in.suite);
  out.set_record_version(in.record_version);
}

Contact decode(const v1::Contact& in) {
  return {.peer = in.peer(),
          .state = static_cast<ContactState>(in.state()),
          .verified = in.verified(),
          .identity_changed = in.identity_changed(),
          .level = in.level(),
          .suite = in.suite(),
          .record_version = in.record_version()};
}

void encode(const SafetyNumber& in, v1::SafetyNumberReply& out) {
  out.set_peer(in.peer);
  out.set_digits(in.digits);
  out.set_payload(in.payload.data(), in.payload.size());
  out.set_verified(in.verified);
}

SafetyNumber decode(const v1::SafetyNumberReply& in) {
  return {
      .peer = in.peer(), .digits = in.digits(), .payload = to_bytes(as_bytes(in.payload())), .verified = in.verified()};
}

void encode(const AccountInfo& in, v1::Account& out) {
  out.set_name(in.name);
  out.set_device(in.device);
  out.set_host(in.host);
  out.set_port(in.port);
  out.set_fingerprint(in.fingerprint);
  for (const auto& suite : in.suites) out.add_suites(suite);
  out.set_minimum_level(in.minimum_level);
  out.set_record_version(in.record_version);
  out.set_record_expires(in.record_expires.value);
  out.set_registered(in.registered);
}

AccountInfo decode(const v1::Account& in) {
  return {.name = in.name(),
          .device = in.device(),
          .host = in.host(),
          .port = static_cast<std::uint16_t>(in.port()),
          .fingerprint = in.fingerprint(),
          .suites = {in.suites().begin(), in.suites().end()},
          .minimum_level = in.minimum_level(),
          .record_version = in.record_version(),
          .record_expires = {in.record_expires()},
          .registered = in.registered()};
}

void encode(const Connection& in, v1::ConnectionState& out) {
  out.set_online(in.online);
  out.set_group(in.group);
  out.set_cipher(in.cipher);
  out.set_server_time_offset_ms(in.clock_offset.count());
  if (in.failure) encode(*in.failure, *out.mutable_failure());
}

Connection decode(const v1::ConnectionState& in) {
  Connection out{.online = in.online(),
                 .group = in.group(),
                 .cipher = in.cipher(),
                 .failure = {},
                 .clock_offset = std::chrono::milliseconds(in.server_time_offset_ms())};
  if (in.has_failure()) out.failure = decode(in.failure());
  return out;
}

void encode(const Event& in, v1::Event& out) {
  if (const auto* message = std::get_if<Message>(&in)) encode(*message, *out.mutable_message());
  if (const auto* notice = std::get_if<Notice>(&in)) encode(*notice, *out.mutable_notice());
  if (const auto* connection = std::get_if<Connection>(&in)) encode(*connection, *out.mutable_connection());
}

std::optional<Event> decode(const v1::Event& in) {
  if (in.has_message()) return decode(in.message());
  if (in.has_notice()) return decode(in.notice());
  if (in.has_connection()) return decode(in.connection());
  return std::nullopt;
}

}  // namespace pqc::client::local
