#include "client/messages/effects.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "client/messages/content.h"

namespace pqc::client {
namespace {

// Kinds whose rows stand in the history on their own, so that others can name them.
bool can_be_named(MessageKind kind) {
  return kind == MessageKind::text || kind == MessageKind::file || kind == MessageKind::unknown;
}

bool later(const Message& a, const Message& b) {
  return std::tie(a.revision, a.id) > std::tie(b.revision, b.id);
}

// The row that counts among those of a kind and an author.
const Message* deciding(const std::vector<MessageRow>& changes, MessageKind kind, Direction author) {
  const Message* best = nullptr;
  for (const auto& row : changes) {
    const auto& m = row.message;
    if (m.kind == kind && m.direction == author && (best == nullptr || later(m, *best))) best = &m;
  }
  return best;
}

Status take_back(Store& store, const MessageRow& row, const std::vector<MessageRow>& changes) {
  const auto& target = row.message;
  if (auto done = forget_blob(store, row); !done) return done;
  // Before the server has it, its bytes need not go out at all.
  if (target.direction == Direction::outgoing && target.status == MessageStatus::queued)
    if (auto done = store.outbox.drop_message(target.seq); !done) return done;
  if (auto done = store.transfers.remove(target.seq); !done) return done;
  for (const auto& change : changes) {
    if (change.message.kind == MessageKind::unsend) continue;
    if (change.message.direction == Direction::outgoing)
      if (auto done = store.outbox.drop_message(change.message.seq); !done) return done;
    if (auto done = store.messages.wipe_text(change.message.seq); !done) return done;
  }
  return store.messages.set_effects(target.seq, {.unsent = true, .text = {}, .their_reaction = {}, .our_reaction = {}});
}

Status work_out(Store& store, std::int64_t contact, const MessageRef& ref) {
  auto target = store.messages.find(contact, ref.direction, ref.id);
  if (!target) return pass(target);
  if (!*target || !can_be_named((*target)->message.kind)) return {};
  auto changes = store.messages.changes_of(contact, ref);
  if (!changes) return pass(changes);
  if (changes->empty()) return {};
  const auto& message = (*target)->message;
  if (deciding(*changes, MessageKind::unsend, ref.direction) != nullptr) return take_back(store, **target, *changes);
  MessageEffects effects;
  if (const auto* edit = deciding(*changes, MessageKind::edit, ref.direction);
      edit != nullptr && message.kind == MessageKind::text)
    effects.text = edit->text;
  if (const auto* theirs = deciding(*changes, MessageKind::reaction, Direction::incoming))
    effects.their_reaction = theirs->text;
  if (const auto* ours = deciding(*changes, MessageKind::reaction, Direction::outgoing))
    effects.our_reaction = ours->text;
  return store.messages.set_effects(message.seq, effects);
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
      return work_out(store, row.contact, {.id = m.id, .direction = m.direction});
    case MessageKind::reaction:
    case MessageKind::edit:
    case MessageKind::unsend:
      return m.target ? work_out(store, row.contact, *m.target) : Status();
    case MessageKind::timer:
      return set_timer(store, row);
  }
  return {};
}

Result<std::uint32_t> next_revision(Store& store, std::int64_t contact, const MessageRef& target, MessageKind kind) {
  auto changes = store.messages.changes_of(contact, target);
  if (!changes) return pass(changes);
  const auto* last = deciding(*changes, kind, Direction::outgoing);
  if (last == nullptr) return 1;
  if (last->revision == std::numeric_limits<std::uint32_t>::max())
    return fail(ExitCode::quota, "this message was changed too often");
  return last->revision + 1;
}

}  // namespace pqc::client
