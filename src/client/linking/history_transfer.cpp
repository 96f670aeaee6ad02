#include "client/linking/history_transfer.h"

#include <algorithm>

#include "base/log.h"
#include "client/backup/backup_records.h"
#include "client/limits.h"
#include "client/store/restored_rows.h"

namespace pqc::client {
namespace {

// Of the new device: who gives, what was stored, which numbers are kept, how many messages came.
constexpr std::string_view from_setting = "history_from";
constexpr std::string_view contact_setting = "history_contact";
constexpr std::string_view message_setting = "history_message";
constexpr std::string_view call_setting = "history_call";
constexpr std::string_view last_setting = "history_last";
constexpr std::string_view count_setting = "history_count";

// Of the old one, for each device that it linked.
std::string open_setting(std::uint32_t device) {
  return "history_to:" + std::to_string(device);
}
std::string sent_setting(std::uint32_t device) {
  return "history_sent:" + std::to_string(device);
}

Result<std::int64_t> number(Store& store, std::string_view name) {
  auto found = store.account.number(name);
  if (!found) return pass(found);
  return found->value_or(0);
}

constexpr std::size_t rows_at_once = 200;
// Of a record in a piece.
constexpr std::size_t record_overhead = 8;

// The keys of somebody with many devices can be longer than a piece: then all else of the contact goes, that it is
// blocked for one. The new device asks the server for them, and shows them as not verified.
SecretBytes contact_record(ContactRow row) {
  auto record = encode_record(row);
  if (record.size() + record_overhead <= limits::history_bytes) return record;
  log(LogLevel::warning, "history.keys_too_long", {{"peer", row.peer}});
  row.record.clear();
  row.verified = false;
  return encode_record(row);
}

}  // namespace

// Pieces in the making.
struct HistoryTransfer::Window {
  std::vector<HistoryContent> pieces;
  std::size_t bytes = 0;  // in the last piece
  std::uint64_t messages = 0;
  bool end = false;

  [[nodiscard]] Position reached() const { return pieces.back().to; }
  [[nodiscard]] bool full() const { return pieces.size() == limits::history_pieces; }
  static bool fits(const SecretBytes& record) { return record.size() + record_overhead <= limits::history_bytes; }
  // One that fits into a piece. False when the window is full.
  bool add(const SecretBytes& record, Position to) {
    const auto size = record.size() + record_overhead;
    if (bytes + size > limits::history_bytes && !begin_piece()) return false;
    pieces.back().records.push_back(to_bytes(record.view()));
    bytes += size;
    pieces.back().to = to;
    return true;
  }
  bool begin_piece() {
    if (full()) return false;
    const auto from = reached();
    pieces.push_back({.records = {}, .from = from, .to = from});
    bytes = 0;
    return true;
  }
};

Status HistoryTransfer::offer(Store& store, identity::DeviceId to) {
  return store.account.set_number(open_setting(to.value), 1);
}

Status HistoryTransfer::withdraw(Store& store, identity::DeviceId from) {
  return store.account.set_number(open_setting(from.value), 0);
}

Status HistoryTransfer::expect(Store& store, identity::DeviceId from, std::uint64_t last) {
  auto& account = store.account;
  if (auto done = account.set_number(from_setting, from.value); !done) return done;
  if (auto done = account.set_number(last_setting, static_cast<std::int64_t>(last)); !done) return done;
  return RestoredRows(store).reserve_numbers(static_cast<std::int64_t>(last));
}

Result<std::int64_t> HistoryTransfer::newest(Store& store) {
  return RestoredRows(store).newest();
}

Result<identity::DeviceId> HistoryTransfer::source() {
  auto device = number(core_.store, from_setting);
  if (!device) return pass(device);
  return identity::DeviceId{static_cast<std::uint32_t>(*device)};
}

Result<HistoryPosition> HistoryTransfer::position() {
  auto contact = number(core_.store, contact_setting);
  if (!contact) return pass(contact);
  auto message = number(core_.store, message_setting);
  if (!message) return pass(message);
  auto call = number(core_.store, call_setting);
  if (!call) return pass(call);
  return Position{.contact = *contact, .message = *message, .call = *call};
}

Status HistoryTransfer::store_position(const Position& reached) {
  if (auto done = core_.store.account.set_number(contact_setting, reached.contact); !done) return done;
  if (auto done = core_.store.account.set_number(call_setting, reached.call); !done) return done;
  return core_.store.account.set_number(message_setting, reached.message);
}

Status HistoryTransfer::request(identity::DeviceId from, const Position& after, bool done) {
  return seal_(from, {.id = core_.rng.bytes<16>(),
                      .sent_at = core_.clock.now(),
                      .body = HistoryRequestContent{.after = after, .done = done, .calls = true}});
}

Status HistoryTransfer::ask() {
  auto device = source();
  if (!device) return pass(device);
  if (!device->valid()) return {};
  auto reached = position();
  if (!reached) return pass(reached);
  return request(*device, *reached, false);
}

bool HistoryTransfer::worth_sending(const MessageRow& row) const {
  const auto& m = row.message;
  const bool expired = m.expires_at.value > 0 && m.expires_at <= core_.clock.now();
  // What waits here comes as a copy once it is sent.
  return !expired && m.status != MessageStatus::queued;
}

Status HistoryTransfer::add_contacts(Window& window) {
  auto rows = core_.store.contacts.all();
  if (!rows) return pass(rows);
  std::ranges::sort(*rows, {}, &ContactRow::id);
  for (const auto& row : *rows) {
    auto to = window.reached();
    if (row.id <= to.contact || core_.contacts.is_self(row)) continue;
    to.contact = row.id;
    if (!window.add(contact_record(row), to)) return {};
  }
  return {};
}

// It may ring at the new device too, which would not if it knew the call; and what becomes of it is not known yet.
bool HistoryTransfer::goes_on(const CallRecord& call) const {
  if (call.ended.value != 0) return false;
  if (std::chrono::abs(core_.clock.now() - call.started) < limits::call_offer_lifetime) return true;
  return has_call_(id_of(call));
}

// Up to one that goes on: that and those behind it are for the next window, if there is one.
Status HistoryTransfer::add_calls(Window& window) {
  for (;;) {
    auto rows = core_.store.calls.after(window.reached().call, rows_at_once);
    if (!rows) return pass(rows);
    if (rows->empty()) return {};
    for (const auto& row : *rows) {
      if (goes_on(row.call)) return {};
      auto to = window.reached();
      to.call = row.number;
      if (!window.add(encode_record(row.call), to)) return {};
    }
  }
}

Status HistoryTransfer::add_messages(Window& window) {
  auto after = window.reached().message;
  for (;;) {
    auto rows = RestoredRows(core_.store).after(after, rows_at_once);
    if (!rows) return pass(rows);
    window.end = rows->empty();
    if (window.end) return {};
    for (const auto& row : *rows) {
      after = row.message.seq;
      auto to = window.reached();
      to.message = after;
      const auto record = encode_record(row);
      if (!worth_sending(row) || !Window::fits(record)) {
        if (worth_sending(row))
          log(LogLevel::error, "history.record_too_large", {{"message", to_text(row.message.id)}});
        window.pieces.back().to = to;
        continue;
      }
      if (!window.add(record, to)) return {};
      ++window.messages;
    }
  }
}

Result<HistoryTransfer::Window> HistoryTransfer::next_window(const HistoryRequestContent& request) {
  Window window;
  const auto& from = request.after;
  window.pieces.push_back({.records = {}, .from = from, .to = from});
  if (from == Position{}) {
    auto profile = profile_record(core_.store, core_.clock.now());
    if (!profile) return pass(profile);
    window.add(*profile, from);
  }
  // Contacts first, whenever there are new ones: calls and messages then find theirs.
  if (auto done = add_contacts(window); !done) return pass(done);
  if (request.calls && !window.full())
    if (auto done = add_calls(window); !done) return pass(done);
  if (!window.full())
    if (auto done = add_messages(window); !done) return pass(done);
  window.pieces.back().last = window.end;
  window.pieces.back().ask = true;
  return window;
}

// Only a device that was linked with its history, and only until it has all of it: who takes a device over later finds
// no history to ask for.
Status HistoryTransfer::answer(identity::DeviceId from, const HistoryRequestContent& request) {
  auto open = number(core_.store, open_setting(from.value));
  if (!open) return pass(open);
  if (*open == 0) {
    log(LogLevel::warning, "history.not_offered", {{"device", from.value}});
    return {};
  }
  if (request.done) return core_.store.account.set_number(open_setting(from.value), 0);
  auto window = next_window(request);
  if (!window) return pass(window);
  for (auto& piece : window->pieces) {
    Content content{.id = core_.rng.bytes<16>(), .sent_at = core_.clock.now(), .body = std::move(piece)};
    if (auto done = seal_(from, content); !done) return done;
  }
  auto sent = number(core_.store, sent_setting(from.value));
  if (!sent) return pass(sent);
  return core_.store.account.set_number(sent_setting(from.value), *sent + static_cast<std::int64_t>(window->messages));
}

// A piece that does not begin where the last one ended came twice, or another one was lost: then it is asked for again
// on the next connection.
Status HistoryTransfer::take(identity::DeviceId from, const HistoryContent& piece) {
  auto device = source();
  if (!device) return pass(device);
  auto reached = position();
  if (!reached) return pass(reached);
  if (*device != from || !from.valid() || piece.from != *reached) return {};
  auto keep = number(core_.store, last_setting);
  if (!keep) return pass(keep);
  RecordReader reader(core_.store, core_.clock.now(), *keep);
  for (const auto& record : piece.records) {
    auto taken = reader.take(record);
    // One that cannot be stored, whatever is tried, must not keep all that follows from coming in.
    if (!taken && transient(taken.error().code)) return taken;
    if (!taken) log(LogLevel::error, "history.record_refused", {{"why", taken.error().message}});
  }
  for (const auto& peer : reader.changed())
    core_.account.report_later({.kind = keys::audit::Kind::identity_changed, .peer = peer});
  auto count = number(core_.store, count_setting);
  if (!count) return pass(count);
  if (auto done =
          core_.store.account.set_number(count_setting, *count + static_cast<std::int64_t>(reader.counts().messages));
      !done)
    return done;
  if (auto done = store_position(piece.to); !done) return done;
  if (piece.last) {
    if (auto done = core_.store.account.set_number(from_setting, 0); !done) return done;
    return request(from, piece.to, true);
  }
  return piece.ask ? request(from, piece.to, false) : Status();
}

Result<HistoryState> HistoryTransfer::progress(std::uint32_t device) {
  auto open = number(core_.store, device == 0 ? std::string(from_setting) : open_setting(device));
  if (!open) return pass(open);
  auto count = number(core_.store, device == 0 ? std::string(count_setting) : sent_setting(device));
  if (!count) return pass(count);
  return HistoryState{.open = *open != 0, .messages = static_cast<std::uint64_t>(*count)};
}

}  // namespace pqc::client
