#include "client/attachments/downloads.h"

#include <algorithm>

#include "base/log.h"
#include "client/attachments/part_file.h"
#include "client/attachments/transfer_window.h"
#include "client/limits.h"
#include "client/messages/content.h"
#include "client/messages/drafts.h"
#include "proto/relay.pb.h"
#include "protocol/attachment/limits.h"
#include "protocol/attachment/opener.h"

namespace pqc::client {
namespace {

namespace v1 = pqc_chat::v1;

using Clock = std::chrono::steady_clock;

constexpr std::size_t digits_in_name = 8;

std::uint64_t bytes_before(std::uint32_t chunk, std::uint64_t size) {
  return std::min<std::uint64_t>(std::uint64_t{chunk} * attachment::chunk_size, size);
}

std::size_t sealed_bytes(const attachment::Layout& layout, std::uint32_t first, std::uint32_t count) {
  std::size_t bytes = 0;
  for (std::uint32_t i = first; i < first + count; ++i) bytes += layout.sealed_size(i);
  return bytes;
}

std::unexpected<Error> not_the_file() {
  return fail(
      ExitCode::refused,
      "what the server gave is not the file that was sent: nothing of it was kept. Ask its sender to send it again");
}

Error taken_back() {
  return {ExitCode::unknown_message, "this file was taken back: there is nothing left of it"};
}

Status is_file(const MessageRow& row) {
  if (row.message.unsent) return std::unexpected(taken_back());
  if (row.message.kind != MessageKind::file) return fail(ExitCode::usage, "this message is no file");
  if (row.message.direction == Direction::outgoing && row.message.status == MessageStatus::queued)
    return fail(ExitCode::usage, "this file is not at the server yet: you still have it yourself");
  return {};
}

}  // namespace

struct Downloads::Active {
  std::int64_t message = 0;
  std::string peer;
  std::string asked_path;  // as the user wrote it
  std::string path;        // where the file goes
  FileContent file;
  attachment::Opener opener;
  PartFile part;
  TransferWindow window;
  std::uint32_t next_to_ask = 0;
  std::map<std::uint32_t, std::pair<std::string, std::uint32_t>> arrived;  // by their first chunk, with their number
  std::uint32_t stored = 0;
  Clock::time_point stored_at = Clock::now();
  Loop::HandlePtr lease;
  std::optional<Error> paused;  // why
  std::uint64_t attempt = 0;    // answers to questions of an earlier one are passed over
  std::optional<Status> outcome;
};

Downloads::~Downloads() {
  for (const auto& [message, active] : active_)
    if (!active->outcome) (void)keep_progress(*active, true);
}

bool Downloads::ended(std::int64_t message) const {
  const auto found = active_.find(message);
  return found == active_.end() || found->second->outcome.has_value();
}

Result<FileTransfer> Downloads::save(const SaveFile& request) {
  auto row = find_named(core_, request.id, request.peer);
  if (!row) return pass(row);
  if (request.preview) return save_preview(request, *row);
  if (auto checked = is_file(*row); !checked) return pass(checked);
  const auto found = active_.find(row->message.seq);
  if (found == active_.end()) {
    auto begun = begin(request, *row);
    if (!begun) return pass(begun);
    active_.emplace(row->message.seq, *begun);
    renew_lease(*begun);
    resume(*begun);
    return take_outcome(*begun);
  }
  const auto active = found->second;
  if (active->asked_path != request.path)
    return fail(ExitCode::busy, "another command is saving this file to " + active->path + ": wait for it");
  renew_lease(active);
  if (active->paused && !active->outcome) resume(active);
  return take_outcome(active);
}

// It is in the message: nothing is asked for, and nobody learns of it.
Result<FileTransfer> Downloads::save_preview(const SaveFile& request, const MessageRow& row) {
  if (row.message.unsent) return std::unexpected(taken_back());
  if (row.message.kind != MessageKind::file) return fail(ExitCode::usage, "this message is no file");
  const auto file = decode_file(row.content);
  if (!file) return fail(ExitCode::damaged, "what was stored about this file is damaged");
  if (file->preview.empty()) return fail(ExitCode::missing, "this file came without a preview: save the file itself");
  auto path = place_for(request.path, file->name + ".preview.jpg");
  if (!path) return pass(path);
  auto part = PartFile::open(*path + "." + to_text(row.message.id).substr(0, digits_in_name) + ".part", 0, false);
  if (!part) return pass(part);
  auto done = part->write(0, file->preview);
  if (done) done = part->finish(*path);
  if (!done) {
    part->remove();
    return pass(done);
  }
  return FileTransfer{.message = row.message.seq,
                      .done = file->preview.size(),
                      .size = file->preview.size(),
                      .complete = true,
                      .path = std::move(*path)};
}

Result<FileTransfer> Downloads::take_outcome(const ActivePtr& active) {
  FileTransfer state{.message = active->message,
                     .done = bytes_before(active->opener.progress().next, active->file.size),
                     .size = active->file.size};
  state.path = active->path;
  const bool connecting = core_.relay && core_.relay->busy();
  if (!connecting) state.failure = active->paused;
  if (!active->outcome) return state;
  active_.erase(active->message);
  if (!*active->outcome) return std::unexpected(active->outcome->error());
  state.complete = true;
  return state;
}

Result<Downloads::ActivePtr> Downloads::begin(const SaveFile& request, const MessageRow& row) {
  auto file = decode_file(row.content);
  if (!file) return fail(ExitCode::damaged, "what was stored about this file is damaged");
  auto path = place_for(request.path, file->name);
  if (!path) return pass(path);
  const auto part = part_name(*path, to_text(row.message.id).substr(0, digits_in_name));
  auto progress = resumable(row.message.seq, part, file->size);
  if (!progress) return pass(progress);
  const attachment::FileSecret secret(file->secret);
  auto opener = progress->next == 0 ? attachment::Opener::start(secret, file->size)
                                    : attachment::Opener::resume(secret, file->size, *progress);
  if (!opener) return fail(ExitCode::damaged, "what was stored about this file is damaged");
  // The row first: what has this name afterwards is ours.
  const bool own = progress->next > 0;
  const TransferRow transfer{
      .message = row.message.seq, .path = part, .progress = opener->progress(), .mark = {}, .whole_chain = {}};
  if (auto stored = core_.store.transfers.put(transfer); !stored) return pass(stored);
  auto opened = PartFile::open(part, bytes_before(progress->next, file->size), own);
  if (!opened) {
    if (!own) (void)core_.store.transfers.remove(row.message.seq);
    return pass(opened);
  }
  return std::make_shared<Active>(Active{.message = row.message.seq,
                                         .peer = row.message.peer,
                                         .asked_path = request.path,
                                         .path = std::move(*path),
                                         .file = std::move(*file),
                                         .opener = std::move(*opener),
                                         .part = std::move(*opened),
                                         .window = {},
                                         .arrived = {},
                                         .stored = progress->next,
                                         .lease = nullptr,
                                         .paused = {},
                                         .outcome = {}});
}

// Where an earlier run stopped; its file for another place, or one that is shorter than it was, is no use.
Result<attachment::Progress> Downloads::resumable(std::int64_t message, const std::string& part, std::uint64_t size) {
  auto row = core_.store.transfers.find(message);
  if (!row) return pass(row);
  // One whose upload ended without its row: the file is the user's own.
  if (!*row || (*row)->is_source()) return attachment::Progress{};
  const auto& progress = (*row)->progress;
  std::error_code code;
  const auto length = std::filesystem::file_size((*row)->path, code);
  if (!code && (*row)->path == part && progress.next > 0 && length >= bytes_before(progress.next, size))
    return progress;
  // Of a run that stopped before anything was stored, or of another place: ours, and of no use.
  if (!code) remove_part((*row)->path);
  return attachment::Progress{};
}

void Downloads::renew_lease(const ActivePtr& active) {
  active->lease = core_.loop.after(limits::save_lease, [this, weak = std::weak_ptr(active)] {
    const auto lapsed = weak.lock();
    if (!lapsed) return;
    if (!lapsed->outcome) (void)keep_progress(*lapsed, true);
    active_.erase(lapsed->message);
  });
}

void Downloads::on_online() {
  const auto all = active_;
  for (const auto& [message, active] : all)
    if (active->paused && !active->outcome) resume(active);
}

void Downloads::resume(const ActivePtr& active) {
  if (!core_.online()) {
    active->paused = Error{ExitCode::unreachable, "not connected to the server"};
    if (core_.relay && core_.relay->failure()) active->paused = *core_.relay->failure();
    return;
  }
  active->paused.reset();
  ++active->attempt;
  active->arrived.clear();
  active->next_to_ask = active->opener.progress().next;
  ask(active);
}

void Downloads::ask(const ActivePtr& active) {
  const auto& layout = active->opener.layout();
  while (!active->outcome && active->next_to_ask < layout.chunks() &&
         active->next_to_ask - active->opener.progress().next < active->window.chunks()) {
    const auto first = active->next_to_ask;
    const auto fitting = core_.relay->blob_part_bytes() / (attachment::chunk_size + attachment::chunk_overhead);
    const auto count = static_cast<std::uint32_t>(
        std::min<std::size_t>({active->window.part(), std::max<std::size_t>(fitting, 1), layout.chunks() - first}));
    v1::ClientFrame frame;
    auto& request = *frame.mutable_read_blob();
    request.set_id(active->file.blob.data(), active->file.blob.size());
    request.set_offset(std::uint64_t{first} * (attachment::chunk_size + attachment::chunk_overhead));
    request.set_bytes(static_cast<std::uint32_t>(sealed_bytes(layout, first, count)));
    active->next_to_ask += count;
    const auto attempt = active->attempt;
    core_.relay->ask(std::move(frame),
                     [this, weak = std::weak_ptr(active), first, count, attempt, asked = Clock::now()](Answer answer) {
                       const auto alive = weak.lock();
                       if (!alive || alive->outcome || alive->attempt != attempt) return;
                       if (answer) alive->window.answered(Clock::now() - asked);
                       on_part(alive, first, count, std::move(answer));
                     });
  }
}

void Downloads::on_part(const ActivePtr& active, std::uint32_t chunk, std::uint32_t count, Answer answer) {
  if (!answer) {
    const auto& error = answer.error();
    if (error.code == ExitCode::file_gone) {
      discard(*active);
      return end(*active, std::unexpected(error));
    }
    (void)keep_progress(*active, true);
    if (!transient(error.code)) return end(*active, std::unexpected(error));
    active->paused = error;
    ++active->attempt;
    return;
  }
  const auto& part = (*answer)->blob_part();
  const auto& layout = active->opener.layout();
  if (part.size() != layout.sealed_size() || part.data().size() != sealed_bytes(layout, chunk, count)) {
    discard(*active);
    return end(*active, not_the_file());
  }
  active->arrived[chunk] = {part.data(), count};
  for (auto next = active->arrived.extract(active->opener.progress().next); !next.empty();
       next = active->arrived.extract(active->opener.progress().next)) {
    const auto& [data, chunks] = next.mapped();
    if (auto written = write_next(*active, as_bytes(data), chunks); !written) return end(*active, std::move(written));
  }
  if (active->opener.done()) return end(*active, finish(*active));
  if (auto kept = keep_progress(*active, false); !kept) return end(*active, std::move(kept));
  ask(active);
}

Status Downloads::write_next(Active& active, ByteView data, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto before = active.opener.progress();
    const auto size = active.opener.layout().sealed_size(before.next);
    const auto opened = active.opener.open_next(data.first(size));
    data = data.subspan(size);
    if (!opened) {
      discard(active);
      return not_the_file();
    }
    if (auto written = active.part.write(bytes_before(before.next, active.file.size), *opened); !written) {
      // What was written before stays, so that it goes on from there: the disk may have room again.
      if (active.part.sync()) (void)core_.store.transfers.set_progress(active.message, before);
      return written;
    }
  }
  return {};
}

Status Downloads::keep_progress(Active& active, bool now) {
  const auto& progress = active.opener.progress();
  const auto since = std::uint64_t{progress.next - active.stored} * attachment::chunk_size;
  if (since == 0) return {};
  if (!now && since < limits::transfer_step && Clock::now() - active.stored_at < limits::transfer_interval) return {};
  if (auto synced = active.part.sync(); !synced) return synced;
  auto known = core_.store.transfers.set_progress(active.message, progress);
  if (!known) return pass(known);
  if (!*known) {
    active.part.remove();
    return fail(ExitCode::unknown_message, "the message of this file was erased or taken back meanwhile");
  }
  active.stored = progress.next;
  active.stored_at = Clock::now();
  return {};
}

Status Downloads::finish(Active& active) {
  if (!active.opener.finish(active.file.chain)) {
    discard(active);
    return not_the_file();
  }
  // The name first: after a crash in between the file is there, and the row of no use.
  if (auto named = active.part.finish(active.path); !named) return named;
  return core_.store.transfers.remove(active.message);
}

void Downloads::discard(Active& active) {
  active.part.remove();
  (void)core_.store.transfers.remove(active.message);
}

void Downloads::end(Active& active, Status outcome) {
  if (!outcome) {
    log(LogLevel::info, "download.ended", {{"why", outcome.error().message}});
    if (outcome.error().code == ExitCode::refused) core_.account.report_refused(active.peer, "file");
  }
  active.arrived.clear();
  active.outcome = std::move(outcome);
}

}  // namespace pqc::client
