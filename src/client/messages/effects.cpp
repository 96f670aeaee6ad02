#include "client/messages/effects.h"

#include <algorithm>
#include <limits>

#include "client/attachments/part_file.h"
#include "client/limits.h"
#include "client/messages/content.h"

namespace pqc::client {
namespace {

// Kinds whose rows stand in the history on their own, so that others can name them.
bool can_be_named(MessageKind kind) {
  return kind == MessageKind::text || kind == MessageKind::file || kind == MessageKind::unknown;
}

// One of those that name another message; a message that was taken back has only unsends left of them.
Status wipe(Store& store, const Message& change) {
  if (change.kind == MessageKind::unsend) return {};
  if (change.direction == Direction::outgoing)
    if (auto done = store.outbox.drop_message(change.seq); !done) return done;
  return store.messages.wipe_text(change.seq);
}

Status take_back(Store& store, const MessageRow& row, const MessageRow* added) {
  const auto& target = row.message;
  // What comes behind an unsend is erased as it comes.
  if (target.unsent) return added != nullptr ? wipe(store, added->message) : Status();
  if (auto done = forget_blob(store, row); !done) return done;
  // Before the server has it, its bytes need not go out at all.
  if (target.direction == Direction::outgoing && target.status == MessageStatus::queued)
    if (auto done = store.outbox.drop_message(target.seq); !done) return done;
  auto file = store.transfers.unfinished_file(target.seq);
  if (!file) return pass(file);
  if (auto done = store.transfers.remove(target.seq); !done) return done;
  if (*file) remove_part(**file);
  auto changes = store.messages.changes_of(row.contact, {.id = target.id, .direction = target.direction});
  if (!changes) return pass(changes);
  for (const auto& change : *changes)
    if (auto done = wipe(store, change.message); !done) return done;
  return store.messages.set_effects(target.seq, {.unsent = true, .text = {}, .their_reaction = {}, .our_reaction = {}});
}

// The text of the row that counts among those of a kind and an author; nothing without any.
Result<std::optional<std::string>> text_of(Store& store, std::int64_t contact, const MessageRef& ref, MessageKind kind,
                                           Direction author) {
  auto row = store.messages.deciding_change(contact, ref, kind, author);
  if (!row) return pass(row);
  if (!*row) return std::nullopt;
  return std::move((*row)->message.text);
}

// `added` is the change that came just now, if it was one.
Status work_out(Store& store, std::int64_t contact, const MessageRef& ref, const MessageRow* added) {
  auto target = store.messages.find(contact, ref.direction, ref.id);
  if (!target) return pass(target);
  if (!*target || !can_be_named((*target)->message.kind)) return {};
  const auto& message = (*target)->message;
  auto unsend = store.messages.deciding_change(contact, ref, MessageKind::unsend, ref.direction);
  if (!unsend) return pass(unsend);
  if (*unsend) {
    // As it was stored, with its number.
    auto stored = added != nullptr ? store.messages.find(contact, added->message.direction, added->message.id)
                                   : Result<std::optional<MessageRow>>(std::nullopt);
    if (!stored) return pass(stored);
    return take_back(store, **target, *stored ? &**stored : nullptr);
  }
  auto edit = text_of(store, contact, ref, MessageKind::edit, ref.direction);
  auto theirs = text_of(store, contact, ref, MessageKind::reaction, Direction::incoming);
  auto ours = text_of(store, contact, ref, MessageKind::reaction, Direction::outgoing);
  for (auto* each : {&edit, &theirs, &ours})
    if (!*each) return pass(*each);
  if (!*edit && !*theirs && !*ours) return {};
  MessageEffects effects;
  if (message.kind == MessageKind::text) effects.text = std::move(*edit);
  effects.their_reaction = theirs->value_or("");
  effects.our_reaction = ours->value_or("");
  return store.messages.set_effects(message.seq, effects);
}

Status change_target(Store& store, const MessageRow& row) {
  const auto& m = row.message;
  if (!m.target) return {};
  if (m.kind != MessageKind::unsend)
    if (auto done = store.messages.wipe_superseded(row.contact, *m.target, m.kind, m.direction); !done) return done;
  return work_out(store, row.contact, *m.target, &row);
}

Status set_timer(Store& store, const MessageRow& row) {
  auto contact = store.contacts.find(row.contact);
  if (!contact) return pass(contact);
  if (!*contact) return {};
  const auto& m = row.message;
  const auto known = (*contact)->timer_revision;
  const bool counts = m.revision > known ||
                      (m.revision == known && std::ranges::lexicographical_compare((*contact)->timer_change, m.id));
  if (!counts) return {};
  return store.contacts.set_timer(row.contact, m.seconds, m.revision, m.id);
}

}  // namespace

Status forget_blob(Store& store, const MessageRow& row) {
  if (row.message.kind != MessageKind::file || row.message.direction != Direction::outgoing) return {};
  const auto file = decode_file(row.content);
  return file ? store.transfers.add_dead(file->blob) : Status();
}

Status apply_effects(Store& store, const MessageRow& row) {
  const auto& m = row.message;
  switch (m.kind) {
    case MessageKind::text:
    case MessageKind::file:
    case MessageKind::unknown:
      return work_out(store, row.contact, {.id = m.id, .direction = m.direction}, nullptr);
    case MessageKind::reaction:
    case MessageKind::edit:
    case MessageKind::unsend:
      return change_target(store, row);
    case MessageKind::timer:
      return set_timer(store, row);
  }
  return {};
}

Result<bool> may_add_change(Store& store, const MessageRow& row) {
  const auto& m = row.message;
  const bool change = m.kind == MessageKind::reaction || m.kind == MessageKind::edit || m.kind == MessageKind::unsend;
  if (!change || !m.target) return true;
  auto count = store.messages.count_changes(row.contact, *m.target, m.kind, m.direction, limits::changes_of_message);
  if (!count) return pass(count);
  return *count < limits::changes_of_message;
}

Result<std::uint32_t> next_revision(Store& store, std::int64_t contact, const MessageRef& target, MessageKind kind) {
  auto count = store.messages.count_changes(contact, target, kind, Direction::outgoing, limits::changes_of_message);
  if (!count) return pass(count);
  auto last = store.messages.deciding_change(contact, target, kind, Direction::outgoing);
  if (!last) return pass(last);
  if (!*last) return 1;
  const auto revision = (*last)->message.revision;
  if (*count >= limits::changes_of_message || revision == std::numeric_limits<std::uint32_t>::max())
    return fail(ExitCode::quota, "this message was changed too often");
  return revision + 1;
}

}  // namespace pqc::client
