#include "client/remote/local_codec.h"

#include <algorithm>

#include "proto/local.pb.h"

namespace pqc::client::local {
namespace {

void copy_id(const std::string& in, MessageId& out) {
  std::ranges::copy_n(as_bytes(in).begin(), static_cast<std::ptrdiff_t>(std::min(in.size(), out.size())), out.begin());
}

void encode(const Settings& in, v1::Settings& out) {
  out.set_read_receipts(in.read_receipts);
  out.set_typing(in.typing);
  out.set_keep_days(in.keep_days);
}

Settings decode(const v1::Settings& in) {
  return {.read_receipts = in.read_receipts(), .typing = in.typing(), .keep_days = in.keep_days()};
}

}  // namespace

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
  if (in.target) {
    out.set_target(in.target->id.data(), in.target->id.size());
    out.set_target_direction(static_cast<std::uint32_t>(in.target->direction));
  }
  out.set_revision(in.revision);
  out.set_seconds(in.seconds);
  out.set_expires_at(in.expires_at.value);
  out.set_edited(in.edited);
  out.set_unsent(in.unsent);
  out.set_their_reaction(in.their_reaction);
  out.set_our_reaction(in.our_reaction);
  out.set_read_at(in.read_at.value);
  if (!in.file) return;
  auto& file = *out.mutable_file();
  file.set_name(in.file->name);
  file.set_media_type(in.file->media_type);
  file.set_size(in.file->size);
  file.set_transferred(in.file->transferred);
  file.set_preview(in.file->preview);
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
              .failure = {},
              .target = {},
              .revision = in.revision(),
              .seconds = in.seconds(),
              .expires_at = {in.expires_at()},
              .edited = in.edited(),
              .unsent = in.unsent(),
              .their_reaction = in.their_reaction(),
              .our_reaction = in.our_reaction(),
              .file = {},
              .read_at = {in.read_at()}};
  copy_id(in.id(), out.id);
  if (!in.target().empty()) {
    out.target = MessageRef{.id = {}, .direction = static_cast<Direction>(in.target_direction())};
    copy_id(in.target(), out.target->id);
  }
  if (in.has_failure()) out.failure = decode(in.failure());
  if (in.has_file())
    out.file = FileInfo{.name = in.file().name(),
                        .media_type = in.file().media_type(),
                        .size = in.file().size(),
                        .transferred = in.file().transferred(),
                        .preview = in.file().preview()};
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
  out.set_blocked(in.blocked);
  out.set_timer(in.timer);
  out.set_messages(in.messages);
  out.set_direct(in.direct);
}

Contact decode(const v1::Contact& in) {
  return {.peer = in.peer(),
          .state = static_cast<ContactState>(in.state()),
          .verified = in.verified(),
          .identity_changed = in.identity_changed(),
          .level = in.level(),
          .suite = in.suite(),
          .record_version = in.record_version(),
          .blocked = in.blocked(),
          .timer = in.timer(),
          .messages = in.messages(),
          .direct = in.direct()};
}

void encode(const DeviceInfo& in, v1::Device& out) {
  out.set_id(in.id);
  out.set_active(in.active);
  out.set_here(in.here);
  out.set_primary(in.primary);
  out.set_created(in.created.value);
  out.set_revoked(in.revoked.value);
}

DeviceInfo decode(const v1::Device& in) {
  return {.id = in.id(),
          .active = in.active(),
          .here = in.here(),
          .primary = in.primary(),
          .created = {in.created()},
          .revoked = {in.revoked()}};
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
  encode(in.settings, *out.mutable_settings());
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
          .registered = in.registered(),
          .settings = decode(in.settings())};
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
  if (const auto* typing = std::get_if<TypingState>(&in)) {
    out.mutable_typing()->set_peer(typing->peer);
    out.mutable_typing()->set_active(typing->active);
  }
  if (const auto* call = std::get_if<CallInfo>(&in)) encode(*call, *out.mutable_call());
  if (const auto* path = std::get_if<PathState>(&in)) {
    out.mutable_path()->set_peer(path->peer);
    out.mutable_path()->set_direct(path->direct);
  }
}

std::optional<Event> decode(const v1::Event& in) {
  if (in.has_message()) return decode(in.message());
  if (in.has_notice()) return decode(in.notice());
  if (in.has_connection()) return decode(in.connection());
  if (in.has_call()) return decode(in.call());
  if (in.has_typing()) return TypingState{.peer = in.typing().peer(), .active = in.typing().active()};
  if (in.has_path()) return PathState{.peer = in.path().peer(), .direct = in.path().direct()};
  return std::nullopt;
}

void encode(const Draft& in, v1::Send& out) {
  out.set_peer(in.peer);
  out.set_text(in.text);
  out.set_id(in.id.data(), in.id.size());
  out.set_kind(static_cast<std::uint32_t>(in.kind));
  out.set_target(in.target);
  out.set_seconds(in.seconds);
  out.set_file(in.file);
  out.set_preview(in.preview.data(), in.preview.size());
}

std::optional<Draft> decode(const v1::Send& in) {
  Draft out{.id = {},
            .peer = in.peer(),
            .kind = static_cast<MessageKind>(in.kind()),
            .target = in.target(),
            .text = in.text(),
            .seconds = in.seconds(),
            .file = in.file(),
            .preview = to_bytes(as_bytes(in.preview()))};
  if (in.id().size() != out.id.size()) return std::nullopt;
  copy_id(in.id(), out.id);
  return out;
}

void encode(const MessageQuery& in, v1::Find& out) {
  out.set_peer(in.peer);
  out.set_words(in.words);
  out.set_limit(in.limit);
  if (in.since) out.set_since(in.since->value);
  if (in.before) out.set_before(in.before->value);
  if (in.after) out.set_after(*in.after);
  out.set_files(in.files);
}

MessageQuery decode(const v1::Find& in) {
  MessageQuery out{.peer = in.peer(), .words = in.words(), .since = {}, .before = {}, .after = {}, .limit = in.limit()};
  if (in.has_since()) out.since = UnixMillis{in.since()};
  if (in.has_before()) out.before = UnixMillis{in.before()};
  if (in.has_after()) out.after = in.after();
  out.files = in.files();
  return out;
}

void encode(const SaveFile& in, v1::Save& out) {
  out.set_id(in.id);
  out.set_peer(in.peer);
  out.set_path(in.path);
  out.set_preview(in.preview);
}

SaveFile decode(const v1::Save& in) {
  return {.id = in.id(), .peer = in.peer(), .path = in.path(), .preview = in.preview()};
}

void encode(const FileTransfer& in, v1::TransferState& out) {
  out.set_message(in.message);
  out.set_done(in.done);
  out.set_size(in.size);
  out.set_complete(in.complete);
  out.set_path(in.path);
  if (in.failure) encode(*in.failure, *out.mutable_failure());
}

FileTransfer decode(const v1::TransferState& in) {
  FileTransfer out{.message = in.message(), .done = in.done(), .size = in.size(), .complete = in.complete()};
  out.path = in.path();
  if (in.has_failure()) out.failure = decode(in.failure());
  return out;
}

namespace {

struct ChangeEncoder {
  v1::Change& out;
  void operator()(const DeleteMessage& in) const {
    out.mutable_delete_message()->set_id(in.id);
    out.mutable_delete_message()->set_peer(in.peer);
  }
  void operator()(const DeleteConversation& in) const { out.set_delete_conversation(in.peer); }
  void operator()(const SetBlocked& in) const {
    out.mutable_set_blocked()->set_peer(in.peer);
    out.mutable_set_blocked()->set_blocked(in.blocked);
  }
  void operator()(const DeclineRequest& in) const { out.set_decline(in.peer); }
  void operator()(const ChangeSettings& in) const { encode(in.settings, *out.mutable_settings()); }
  void operator()(const SetTyping& in) const {
    out.mutable_typing()->set_peer(in.peer);
    out.mutable_typing()->set_active(in.active);
  }
};

}  // namespace

void encode(const Change& in, v1::Change& out) {
  std::visit(ChangeEncoder{out}, in);
}

std::optional<Change> decode(const v1::Change& in) {
  switch (in.body_case()) {
    case v1::Change::kDeleteMessage:
      return DeleteMessage{.id = in.delete_message().id(), .peer = in.delete_message().peer()};
    case v1::Change::kDeleteConversation:
      return DeleteConversation{.peer = in.delete_conversation()};
    case v1::Change::kSetBlocked:
      return SetBlocked{.peer = in.set_blocked().peer(), .blocked = in.set_blocked().blocked()};
    case v1::Change::kDecline:
      return DeclineRequest{.peer = in.decline()};
    case v1::Change::kSettings:
      return ChangeSettings{.settings = decode(in.settings())};
    case v1::Change::kTyping:
      return SetTyping{.peer = in.typing().peer(), .active = in.typing().active()};
    case v1::Change::BODY_NOT_SET:
      return std::nullopt;
  }
  return std::nullopt;
}

void encode(const TurnAccess& in, v1::TurnAccess& out) {
  for (const auto& uri : in.uris) out.add_uris(uri);
  out.set_username(in.username);
  out.set_password(in.password);
  out.set_lifetime_ms(static_cast<std::uint64_t>(in.lifetime.count()));
}

TurnAccess decode(const v1::TurnAccess& in) {
  return {.uris = {in.uris().begin(), in.uris().end()},
          .username = in.username(),
          .password = in.password(),
          .lifetime = std::chrono::milliseconds(in.lifetime_ms())};
}

}  // namespace pqc::client::local
