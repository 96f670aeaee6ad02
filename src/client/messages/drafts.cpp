#include "client/messages/drafts.h"

#include <limits>

#include "base/log.h"
#include "client/limits.h"
#include "client/messages/content.h"
#include "client/messages/effects.h"

namespace pqc::client {
namespace {

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

struct Range {
  MessageId first{};
  MessageId last{};
};

// All ids that begin with these digits.
Result<Range> ids_of(std::string_view digits) {
  Range out;
  out.last.fill(0xFF);
  if (digits.size() < limits::id_digits || digits.size() > 2 * out.first.size())
    return fail(ExitCode::usage, "a message is named by its id: 32 hexadecimal digits, or at least its first 8");
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const int value = digit(digits[i]);
    if (value < 0)
      return fail(ExitCode::usage, "'" + printable(digits) + "' is no id of a message: it has hexadecimal digits only");
    const unsigned shift = i % 2 == 0 ? 4 : 0;
    const auto set = [&](std::uint8_t& byte) {
      byte = static_cast<std::uint8_t>((byte & ~(0xFu << shift)) | static_cast<unsigned>(value) << shift);
    };
    set(out.first[i / 2]);
    set(out.last[i / 2]);
  }
  return out;
}

Status check_body(const Draft& draft) {
  switch (draft.kind) {
    case MessageKind::text:
    case MessageKind::edit:
      return check_text(draft.text);
    case MessageKind::reaction:
      return check_emoji(draft.text);
    case MessageKind::timer:
      if (draft.seconds > limits::timer_seconds)
        return fail(ExitCode::usage, "messages disappear within a year at most");
      return {};
    case MessageKind::unsend:
      return {};
    case MessageKind::file:
      if (draft.file.empty()) return fail(ExitCode::usage, "which file? Give its path");
      if (!draft.preview.empty() && !is_preview(draft.preview))
        return fail(ExitCode::usage, "a preview is a JPEG of at most 16 KiB");
      return {};
    case MessageKind::unknown:
      break;
  }
  return fail(ExitCode::usage, "this kind of message cannot be sent");
}

Status check_target(const Draft& draft, const Message& target) {
  if (target.kind != MessageKind::text && target.kind != MessageKind::file && target.kind != MessageKind::unknown)
    return fail(ExitCode::usage, "this is a change of a message, no message");
  const bool changes_it = draft.kind == MessageKind::edit || draft.kind == MessageKind::unsend;
  if (changes_it && target.direction != Direction::outgoing)
    return fail(ExitCode::not_yours, "only your own messages can be edited or taken back");
  if (draft.kind == MessageKind::edit && target.kind == MessageKind::file)
    return fail(ExitCode::usage, "a file cannot be edited: take it back with unsend, and send another");
  if (target.unsent && draft.kind != MessageKind::unsend)
    return fail(ExitCode::unknown_message, "this message was taken back: there is nothing left of it");
  return {};
}

bool needs_target(MessageKind kind) {
  return kind == MessageKind::reaction || kind == MessageKind::edit || kind == MessageKind::unsend;
}

}  // namespace

Result<MessageRow> find_named(Core& core, std::string_view digits, std::string_view peer) {
  auto ids = ids_of(digits);
  if (!ids) return pass(ids);
  std::int64_t contact = 0;
  if (!peer.empty()) {
    auto name = core.contacts.parse(peer);
    if (!name) return pass(name);
    auto row = core.store.contacts.find(name->text());
    if (!row) return pass(row);
    if (!*row) return fail(ExitCode::unknown_peer, "there is no contact " + printable(peer) + ": check the spelling");
    contact = (*row)->id;
  }
  auto rows = core.store.messages.named(ids->first, ids->last, contact);
  if (!rows) return pass(rows);
  if (rows->empty()) return fail(ExitCode::unknown_message, "there is no message " + printable(digits) + " here");
  if (rows->size() > 1)
    return fail(ExitCode::usage,
                "several messages begin with " + printable(digits) + ": give more digits, or --with PEER");
  return std::move(rows->front());
}

Error blocked_error(const std::string& peer) {
  return {ExitCode::blocked, "you have blocked " + peer + ": pqc-chat unblock " + peer};
}

Result<Addressed> address(Core& core, const Draft& draft) {
  if (auto checked = check_body(draft); !checked) return pass(checked);
  Addressed out;
  if (!draft.target.empty()) {
    auto target = find_named(core, draft.target, draft.peer);
    if (!target) return pass(target);
    if (auto checked = check_target(draft, target->message); !checked) return pass(checked);
    out.peer = target->message.peer;
    out.target = std::move(*target);
    return out;
  }
  if (needs_target(draft.kind)) return fail(ExitCode::usage, "which message? Give its id");
  auto name = core.contacts.parse(draft.peer);
  if (!name) return pass(name);
  if (*name == core.account.name()) return fail(ExitCode::invalid_name, "this is your own name: messages go to others");
  out.peer = name->text();
  return out;
}

Result<MessageRow> make_row(Core& core, const Draft& draft, const Addressed& addressed, const ContactRow& contact) {
  MessageRow row;
  row.contact = contact.id;
  auto& m = row.message;
  m.id = draft.id;
  m.peer = contact.peer;
  m.direction = Direction::outgoing;
  m.device = core.account.row().device;
  m.sent_at = m.stored_at = core.clock.now();
  m.kind = draft.kind;
  m.text = draft.text;
  m.verified = contact.verified;
  if (addressed.target)
    m.target = MessageRef{.id = addressed.target->message.id, .direction = addressed.target->message.direction};
  if (draft.kind == MessageKind::text || draft.kind == MessageKind::file) m.seconds = contact.timer;
  if (draft.kind == MessageKind::timer) {
    m.seconds = draft.seconds;
    if (contact.timer_revision == std::numeric_limits<std::uint32_t>::max())
      return fail(ExitCode::quota, "the time of this conversation was changed too often");
    m.revision = contact.timer_revision + 1;
  }
  if (draft.kind == MessageKind::edit || draft.kind == MessageKind::reaction) {
    auto revision = next_revision(core.store, contact.id, *m.target, draft.kind);
    if (!revision) return pass(revision);
    m.revision = *revision;
  }
  return row;
}

}  // namespace pqc::client
