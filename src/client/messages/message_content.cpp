#include "client/messages/message_content.h"

namespace pqc::client {
namespace {

// As a row has it: by who wrote the message, seen from this profile. `from`: who sends the content.
MessageRef to_ref(const Reference& reference, Direction from) {
  const auto other = from == Direction::incoming ? Direction::outgoing : Direction::incoming;
  return {.id = reference.id, .direction = reference.own ? from : other};
}

Reference to_reference(const MessageRef& ref) {
  return {.id = ref.id, .own = ref.direction == Direction::outgoing};
}

struct Filler {
  MessageRow& row;

  bool operator()(const TextContent& c) const {
    row.message.kind = MessageKind::text;
    row.message.text = c.text;
    if (c.reply_to) row.message.target = to_ref(*c.reply_to, row.message.direction);
    return true;
  }
  bool operator()(const ReactionContent& c) const {
    row.message.kind = MessageKind::reaction;
    row.message.text = c.emoji;
    row.message.revision = c.revision;
    row.message.target = to_ref(c.to, row.message.direction);
    return true;
  }
  bool operator()(const EditContent& c) const {
    row.message.kind = MessageKind::edit;
    row.message.text = c.text;
    row.message.revision = c.revision;
    row.message.target = MessageRef{.id = c.target, .direction = row.message.direction};
    return true;
  }
  bool operator()(const UnsendContent& c) const {
    row.message.kind = MessageKind::unsend;
    row.message.target = MessageRef{.id = c.target, .direction = row.message.direction};
    return true;
  }
  bool operator()(const TimerContent& c) const {
    row.message.kind = MessageKind::timer;
    row.message.seconds = c.seconds;
    row.message.revision = c.revision;
    return true;
  }
  bool operator()(const FileContent& c) const {
    row.message.kind = MessageKind::file;
    row.message.text = c.name;
    row.content = encode_file(c);
    return true;
  }
  bool operator()(const UnknownContent& c) const {
    row.message.kind = MessageKind::unknown;
    row.content = c.content;
    return true;
  }
  bool operator()(const ReadContent&) const { return false; }
  bool operator()(const TypingContent&) const { return false; }
  bool operator()(const SessionRestartedContent&) const { return false; }
  bool operator()(const SentCopyContent&) const { return false; }
  bool operator()(const DevicesChangedContent&) const { return false; }
  bool operator()(const HistoryRequestContent&) const { return false; }
  bool operator()(const HistoryContent&) const { return false; }
  bool operator()(const CallContent&) const { return false; }
  bool operator()(const DirectOfferContent&) const { return false; }
  bool operator()(const DirectAnswerContent&) const { return false; }
  bool operator()(const DirectCandidatesContent&) const { return false; }
};

}  // namespace

Content content_of(const MessageRow& row) {
  const auto& m = row.message;
  Content out{.id = m.id, .sent_at = m.sent_at, .body = UnknownContent{}};
  const auto target = m.target.value_or(MessageRef{});
  switch (m.kind) {
    case MessageKind::text: {
      TextContent text{.text = m.text};
      if (m.target) text.reply_to = to_reference(target);
      out.body = std::move(text);
      out.expires_after = m.seconds;
      break;
    }
    case MessageKind::reaction:
      out.body = ReactionContent{.to = to_reference(target), .emoji = m.text, .revision = m.revision};
      break;
    case MessageKind::edit:
      out.body = EditContent{.target = target.id, .text = m.text, .revision = m.revision};
      break;
    case MessageKind::unsend:
      out.body = UnsendContent{.target = target.id};
      break;
    case MessageKind::timer:
      out.body = TimerContent{.seconds = m.seconds, .revision = m.revision};
      break;
    case MessageKind::file:
      if (auto file = decode_file(row.content)) out.body = std::move(*file);
      out.expires_after = m.seconds;
      break;
    case MessageKind::unknown:
      break;
  }
  return out;
}

bool fill_row(const Content& content, MessageRow& row) {
  row.message.id = content.id;
  row.message.sent_at = content.sent_at;
  row.message.seconds = content.expires_after;
  return std::visit(Filler{row}, content.body);
}

}  // namespace pqc::client
