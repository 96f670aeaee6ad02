#include "client/messages/content.h"

#include <algorithm>

#include "client/limits.h"
#include "proto/content.pb.h"
#include "protocol/attachment/limits.h"
#include "wire/padding.h"

namespace pqc::client {
namespace {

namespace proto = pqc_chat::content::v1;

constexpr std::uint32_t version = 1;

std::unexpected<Error> refused() {
  return fail(ExitCode::refused, "a message has content that is not allowed");
}

// RFC 3629 §4: the length of the sequence at the start of `text`, 0 where there is no valid one.
std::size_t sequence_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto tail = [&](std::size_t i) { return (at(i) & 0xC0) == 0x80; };
  const auto first = at(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && at(1) < 0xA0;
    const bool surrogate = first == 0xED && at(1) > 0x9F;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool overlong = first == 0xF0 && at(1) < 0x90;
    const bool beyond = first == 0xF4 && at(1) > 0x8F;
    return tail(1) && tail(2) && tail(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

// One character: U+0000 to U+001F, U+007F, U+0080 to U+009F, U+2028 to U+202E, U+2066 to U+2069.
bool misleads(std::string_view character) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return at(0) < 0x20 || at(0) == 0x7F;
  if (character.size() == 2) return at(0) == 0xC2 && at(1) < 0xA0;
  if (character.size() != 3 || at(0) != 0xE2) return false;
  return (at(1) == 0x80 && at(2) >= 0xA8 && at(2) <= 0xAE) || (at(1) == 0x81 && at(2) >= 0xA6 && at(2) <= 0xA9);
}

bool read_id(const std::string& bytes, MessageId& id) {
  if (bytes.size() != id.size()) return false;
  std::ranges::copy(as_bytes(bytes), id.begin());
  return true;
}

void encode_reference(const Reference& in, proto::Reference& out) {
  out.set_id(in.id.data(), in.id.size());
  out.set_own(in.own);
}

void encode_body(const TextContent& in, proto::Content& out) {
  out.mutable_text()->set_text(in.text);
  if (in.reply_to) encode_reference(*in.reply_to, *out.mutable_text()->mutable_reply_to());
}
void encode_body(const ReactionContent& in, proto::Content& out) {
  auto& reaction = *out.mutable_reaction();
  encode_reference(in.to, *reaction.mutable_to());
  reaction.set_emoji(in.emoji);
  reaction.set_revision(in.revision);
}
void encode_body(const EditContent& in, proto::Content& out) {
  auto& edit = *out.mutable_edit();
  edit.set_id(in.target.data(), in.target.size());
  edit.set_text(in.text);
  edit.set_revision(in.revision);
}
void encode_body(const UnsendContent& in, proto::Content& out) {
  out.mutable_unsend()->set_id(in.target.data(), in.target.size());
}
void encode_body(const TimerContent& in, proto::Content& out) {
  out.mutable_timer()->set_seconds(in.seconds);
  out.mutable_timer()->set_revision(in.revision);
}
void encode_body(const ReadContent& in, proto::Content& out) {
  for (const auto& id : in.ids) out.mutable_read()->add_ids(id.data(), id.size());
}
void encode_body(const TypingContent& in, proto::Content& out) {
  out.mutable_typing()->set_active(in.active);
}
void encode_body(const SessionRestartedContent&, proto::Content& out) {
  out.mutable_session_restarted();
}
void encode_body(const SentCopyContent& in, proto::Content& out) {
  out.mutable_sent_copy()->set_peer(in.peer);
  out.mutable_sent_copy()->set_content(in.content.data(), in.content.size());
}
void encode_body(const DevicesChangedContent&, proto::Content& out) {
  out.mutable_devices_changed();
}
void encode_file(const FileContent& in, proto::File& out) {
  out.set_secret(in.secret.data(), in.secret.size());
  out.set_size(in.size);
  out.set_chain(in.chain.data(), in.chain.size());
  out.set_blob(in.blob.data(), in.blob.size());
  out.set_name(in.name);
  out.set_media_type(in.media_type);
  out.set_preview(in.preview.data(), in.preview.size());
}
void encode_body(const FileContent& in, proto::Content& out) {
  encode_file(in, *out.mutable_file());
}
void encode_position(const HistoryPosition& in, proto::HistoryPosition& out) {
  out.set_contact(in.contact);
  out.set_message(in.message);
  out.set_call(in.call);
}
void encode_body(const HistoryRequestContent& in, proto::Content& out) {
  auto& request = *out.mutable_history_request();
  encode_position(in.after, *request.mutable_after());
  request.set_done(in.done);
  request.set_calls(in.calls);
}
void encode_body(const HistoryContent& in, proto::Content& out) {
  auto& history = *out.mutable_history();
  encode_position(in.from, *history.mutable_from());
  encode_position(in.to, *history.mutable_to());
  for (const auto& record : in.records) history.add_records(record.data(), record.size());
  history.set_ask(in.ask);
  history.set_last(in.last);
}
void encode_body(const CallContent& in, proto::Content& out) {
  encode_call(in, out);
}
void encode_body(const DirectOfferContent& in, proto::Content& out) {
  out.mutable_direct_offer()->set_ticket(in.ticket);
}
void encode_body(const DirectAnswerContent& in, proto::Content& out) {
  out.mutable_direct_answer()->set_ticket(in.ticket);
  out.mutable_direct_answer()->set_offer(in.offer.data(), in.offer.size());
}
void encode_body(const DirectCandidatesContent& in, proto::Content& out) {
  auto& candidates = *out.mutable_direct_candidates();
  candidates.set_offer(in.offer.data(), in.offer.size());
  candidates.set_candidates(in.candidates.data(), in.candidates.size());
  candidates.set_last(in.last);
}
// What is not understood is never sent on.
void encode_body(const UnknownContent&, proto::Content&) {}

// An id of another length: an all-zero one, which names no message, stands for it in what `allowed` looks at.
Reference decode_reference(const proto::Reference& in) {
  Reference out{.id = {}, .own = in.own()};
  (void)read_id(in.id(), out.id);
  return out;
}
MessageId decode_id(const std::string& in) {
  MessageId out{};
  (void)read_id(in, out);
  return out;
}

// Parts of other lengths: a blob that is none stands for them in what `allowed` looks at.
FileContent decode_file(const proto::File& in) {
  FileContent out{.size = in.size(), .name = in.name(), .media_type = in.media_type()};
  out.preview = to_bytes(as_bytes(in.preview()));
  if (in.secret().size() != out.secret.size() || in.chain().size() != out.chain.size() ||
      in.blob().size() != out.blob.size())
    return out;
  std::ranges::copy(as_bytes(in.secret()), out.secret.begin());
  std::ranges::copy(as_bytes(in.chain()), out.chain.begin());
  std::ranges::copy(as_bytes(in.blob()), out.blob.begin());
  return out;
}

HistoryPosition decode_position(const proto::HistoryPosition& in) {
  return {.contact = in.contact(), .message = in.message(), .call = in.call()};
}
HistoryContent decode_history(const proto::History& in) {
  HistoryContent out{.records = {},
                     .from = decode_position(in.from()),
                     .to = decode_position(in.to()),
                     .ask = in.ask(),
                     .last = in.last()};
  for (const auto& record : in.records()) out.records.push_back(to_bytes(as_bytes(record)));
  return out;
}

// False for a kind that this version does not know.
bool decode_body(const proto::Content& in, Content& content) {
  if (auto call = decode_call(in)) {
    content.body = std::move(*call);
    return true;
  }
  switch (in.body_case()) {
    case proto::Content::kText: {
      TextContent text{.text = in.text().text()};
      if (in.text().has_reply_to()) text.reply_to = decode_reference(in.text().reply_to());
      content.body = std::move(text);
      return true;
    }
    case proto::Content::kSessionRestarted:
      content.body = SessionRestartedContent{};
      return true;
    case proto::Content::kReaction:
      content.body = ReactionContent{.to = decode_reference(in.reaction().to()),
                                     .emoji = in.reaction().emoji(),
                                     .revision = in.reaction().revision()};
      return true;
    case proto::Content::kEdit:
      content.body =
          EditContent{.target = decode_id(in.edit().id()), .text = in.edit().text(), .revision = in.edit().revision()};
      return true;
    case proto::Content::kUnsend:
      content.body = UnsendContent{.target = decode_id(in.unsend().id())};
      return true;
    case proto::Content::kTimer:
      content.body = TimerContent{.seconds = in.timer().seconds(), .revision = in.timer().revision()};
      return true;
    case proto::Content::kRead: {
      ReadContent read;
      for (const auto& id : in.read().ids()) read.ids.push_back(decode_id(id));
      content.body = std::move(read);
      return true;
    }
    case proto::Content::kTyping:
      content.body = TypingContent{.active = in.typing().active()};
      return true;
    case proto::Content::kSentCopy:
      content.body =
          SentCopyContent{.peer = in.sent_copy().peer(), .content = to_bytes(as_bytes(in.sent_copy().content()))};
      return true;
    case proto::Content::kDevicesChanged:
      content.body = DevicesChangedContent{};
      return true;
    case proto::Content::kFile:
      content.body = decode_file(in.file());
      return true;
    case proto::Content::kHistoryRequest:
      content.body = HistoryRequestContent{.after = decode_position(in.history_request().after()),
                                           .done = in.history_request().done(),
                                           .calls = in.history_request().calls()};
      return true;
    case proto::Content::kHistory:
      content.body = decode_history(in.history());
      return true;
    case proto::Content::kDirectOffer:
      content.body = DirectOfferContent{.ticket = in.direct_offer().ticket()};
      return true;
    case proto::Content::kDirectAnswer:
      content.body =
          DirectAnswerContent{.ticket = in.direct_answer().ticket(), .offer = decode_id(in.direct_answer().offer())};
      return true;
    case proto::Content::kDirectCandidates:
      content.body = DirectCandidatesContent{.offer = decode_id(in.direct_candidates().offer()),
                                             .candidates = to_bytes(as_bytes(in.direct_candidates().candidates())),
                                             .last = in.direct_candidates().last()};
      return true;
    case proto::Content::kCallOffer:
    case proto::Content::kCallAnswer:
    case proto::Content::kCallRestart:
    case proto::Content::kCallReject:
    case proto::Content::kCallHangup:
    case proto::Content::kCallTaken:
    case proto::Content::kCallRinging:
    case proto::Content::BODY_NOT_SET:
      return false;
  }
  return false;
}

bool is_media_type(std::string_view type) {
  return type.size() <= limits::media_type_bytes &&
         std::ranges::all_of(type, [](unsigned char c) { return c > 0x20 && c < 0x7F; });
}

// Its letters at least; the rest is the transport's to judge.
bool may_be_ticket(std::string_view text) {
  return !text.empty() && text.size() <= limits::direct_ticket &&
         std::ranges::all_of(text, [](unsigned char c) { return c > 0x20 && c < 0x7F; });
}

// The rules of docs/spec/content.md §1 and §7 to §9 that need no store.
struct Rules {
  static bool named(const MessageId& id) { return id != MessageId{}; }
  static bool follows(const HistoryPosition& first, const HistoryPosition& then) {
    return then.contact >= first.contact && then.message >= first.message && then.call >= first.call;
  }
  bool operator()(const TextContent& c) const {
    return check_text(c.text).has_value() && (!c.reply_to || named(c.reply_to->id));
  }
  bool operator()(const ReactionContent& c) const {
    return named(c.to.id) && c.revision > 0 && check_emoji(c.emoji).has_value();
  }
  bool operator()(const EditContent& c) const {
    return named(c.target) && c.revision > 0 && check_text(c.text).has_value();
  }
  bool operator()(const UnsendContent& c) const { return named(c.target); }
  bool operator()(const TimerContent& c) const { return c.seconds <= limits::timer_seconds && c.revision > 0; }
  bool operator()(const ReadContent& c) const {
    return !c.ids.empty() && c.ids.size() <= limits::read_ids && std::ranges::all_of(c.ids, named);
  }
  bool operator()(const TypingContent&) const { return true; }
  bool operator()(const FileContent& c) const {
    return c.blob != decltype(c.blob){} && c.size <= attachment::max_file_size && is_file_name(c.name) &&
           is_media_type(c.media_type) && (c.preview.empty() || is_preview(c.preview));
  }
  bool operator()(const SessionRestartedContent&) const { return true; }
  bool operator()(const SentCopyContent& c) const { return c.content.size() <= limits::content_bytes; }
  bool operator()(const DevicesChangedContent&) const { return true; }
  bool operator()(const HistoryRequestContent& c) const { return follows({}, c.after); }
  bool operator()(const HistoryContent& c) const { return follows({}, c.from) && follows(c.from, c.to); }
  bool operator()(const CallContent& c) const { return c.call != CallId{}; }
  bool operator()(const DirectOfferContent& c) const { return may_be_ticket(c.ticket); }
  bool operator()(const DirectAnswerContent& c) const { return named(c.offer) && may_be_ticket(c.ticket); }
  bool operator()(const DirectCandidatesContent& c) const {
    return named(c.offer) && c.candidates.size() <= limits::direct_candidates_bytes;
  }
  bool operator()(const UnknownContent&) const { return true; }
};

bool allowed(const Content& content) {
  return std::visit(Rules{}, content.body);
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool is_file_name(std::string_view name) {
  if (name.empty() || name.size() > limits::file_name_bytes || name == "." || name == ".." || !is_utf8(name))
    return false;
  return !name.contains('/') && is_plain_name(name);
}

bool is_plain_name(std::string_view text) {
  while (!text.empty()) {
    const auto length = sequence_length(text);
    if (length == 0 || misleads(text.substr(0, length))) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool is_preview(ByteView preview) {
  return preview.size() > 3 && preview.size() <= limits::preview_bytes && preview[0] == 0xFF && preview[1] == 0xD8 &&
         preview[2] == 0xFF;
}

Bytes encode_file(const FileContent& file) {
  proto::File out;
  encode_file(file, out);
  Bytes bytes(out.ByteSizeLong());
  out.SerializeToArray(bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

std::optional<FileContent> decode_file(ByteView bytes) {
  proto::File in;
  if (bytes.size() > limits::content_bytes || !in.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return std::nullopt;
  auto file = decode_file(in);
  if (!Rules{}(file)) return std::nullopt;
  return file;
}

Status check_text(std::string_view text) {
  if (text.empty())
    return fail(ExitCode::text_empty, "the message is empty: give a text, or '-' to read it from standard input");
  if (text.size() > limits::text_bytes)
    return fail(ExitCode::text_too_long, "the message has " + std::to_string(text.size()) + " bytes, at most " +
                                             std::to_string(limits::text_bytes) + " are allowed: split it");
  if (!is_utf8(text))
    return fail(ExitCode::text_not_utf8, "the message is not valid UTF-8 text: convert it first (iconv)");
  return {};
}

Status check_emoji(std::string_view emoji) {
  if (emoji.size() > limits::emoji_bytes)
    return fail(ExitCode::text_too_long,
                "a reaction has at most " + std::to_string(limits::emoji_bytes) + " bytes: reply instead");
  if (!is_utf8(emoji)) return fail(ExitCode::text_not_utf8, "the reaction is not valid UTF-8 text");
  return {};
}

Bytes encode_plain_content(const Content& content) {
  proto::Content out;
  out.set_version(version);
  out.set_id(content.id.data(), content.id.size());
  out.set_sent_at(content.sent_at.value);
  out.set_expires_after(content.expires_after);
  out.set_direct(content.direct);
  std::visit([&out](const auto& body) { encode_body(body, out); }, content.body);
  std::string encoded = out.SerializeAsString();
  auto bytes = to_bytes(as_bytes(encoded));
  explicit_bzero(encoded.data(), encoded.size());
  return bytes;
}

Bytes encode_content(const Content& content) {
  auto encoded = encode_plain_content(content);
  Bytes padded;
  padded.reserve(wire::padded_size(encoded.size()));
  wire::pad(encoded, padded);
  explicit_bzero(encoded.data(), encoded.size());
  return padded;
}

Result<Content> decode_content(ByteView padded) {
  const auto bytes = wire::unpad(padded);
  if (!bytes) return refused();
  return decode_plain_content(*bytes);
}

Result<Content> decode_plain_content(ByteView bytes) {
  if (bytes.size() > limits::history_content_bytes) return refused();
  proto::Content in;
  if (!in.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return refused();
  const auto most = in.has_history()     ? limits::history_content_bytes
                    : in.has_sent_copy() ? limits::copy_bytes
                                         : limits::content_bytes;
  if (bytes.size() > most) return refused();
  Content content;
  if (in.version() == 0 || !read_id(in.id(), content.id)) return refused();
  content.sent_at = {in.sent_at()};
  if (in.version() != version || !decode_body(in, content)) {
    content.body = UnknownContent{to_bytes(bytes)};
    return content;
  }
  content.expires_after = in.expires_after();
  content.direct = in.direct();
  if (content.expires_after > limits::timer_seconds || !allowed(content)) return refused();
  return content;
}

}  // namespace pqc::client
