#include "client/attachments/uploads.h"

#include <algorithm>
#include <deque>

#include "base/log.h"
#include "client/attachments/source_file.h"
#include "client/attachments/transfer_window.h"
#include "client/limits.h"
#include "client/messages/effects.h"
#include "proto/relay.pb.h"
#include "protocol/attachment/limits.h"
#include "protocol/attachment/sealer.h"

namespace pqc::client {
namespace {

namespace v1 = pqc_chat::v1;

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds retry_delay = std::chrono::seconds(5);

// Where a chunk begins in the sealed file; behind the last one its end.
std::uint64_t offset_of(const attachment::Layout& layout, std::uint32_t chunk) {
  const std::uint64_t of_full = attachment::chunk_size + attachment::chunk_overhead;
  return chunk == layout.chunks() ? layout.sealed_size() : chunk * of_full;
}

std::uint64_t bytes_before(std::uint32_t chunk, std::uint64_t size) {
  return std::min<std::uint64_t>(std::uint64_t{chunk} * attachment::chunk_size, size);
}

std::unexpected<Error> sealing_failed(attachment::Error error) {
  if (error == attachment::Error::limit)
    return fail(ExitCode::file_too_large, "the file is larger than 2 GiB: split it");
  return fail(ExitCode::unexpected, "the file could not be sealed");
}

attachment::FileSecret secret_of(const FileContent& file) {
  return attachment::FileSecret(file.secret);
}

Error cancelled() {
  return {ExitCode::unknown_message, "the message of this file is not there any more"};
}

}  // namespace

struct Uploads::Active {
  struct Part {
    attachment::Progress progress;  // behind it
    Clock::time_point sent_at;
  };

  std::int64_t message = 0;
  FileContent file;
  SourceFile source;
  attachment::Sealer sealer;
  attachment::Progress confirmed;
  std::optional<attachment::Chain> whole_chain;
  std::deque<Part> on_the_way;
  TransferWindow window;
  std::uint32_t stored = 0;  // the chunk that comes next, as stored
  bool restarted = false;
  Clock::time_point stored_at = Clock::now();
};

Uploads::~Uploads() {
  stop();
}

Result<Message> Uploads::enqueue(const Draft& draft) {
  auto addressed = address(core_, draft);
  if (!addressed) return pass(addressed);
  auto source = SourceFile::open(draft.file);
  if (!source) return pass(source);
  auto contact = core_.store.contacts.find(addressed->peer);
  if (!contact) return pass(contact);
  if (*contact && (*contact)->barred) return std::unexpected(blocked_error((*contact)->peer));
  if (*contact) {
    auto same = known((*contact)->id, draft.file, source->mark());
    if (!same) return pass(same);
    if (*same) return std::move(**same);
  }
  auto seq = store(draft, source->mark(), *addressed);
  if (!seq) return pass(seq);
  core_.loop.post([this] { pump(); });
  auto row = core_.store.messages.find(*seq);
  if (!row) return pass(row);
  return Core::visible(**row);
}

// A message of this id, asked for again, is not looked at anew: its file may have gone meanwhile.
Result<std::optional<Message>> Uploads::known(std::int64_t contact, const std::string& path, const FileMark& mark) {
  auto rows = core_.store.transfers.outgoing();
  if (!rows) return pass(rows);
  for (const auto& row : *rows) {
    if (row.path != path || row.mark != mark) continue;
    auto message = core_.store.messages.find(row.message);
    if (!message) return pass(message);
    if (*message && (*message)->contact == contact) {
      core_.loop.post([this] { pump(); });
      return Core::visible(**message);
    }
  }
  return std::nullopt;
}

Result<std::int64_t> Uploads::store(const Draft& draft, const FileMark& mark, const Addressed& addressed) {
  FileContent file{.size = static_cast<std::uint64_t>(mark.size), .name = SourceFile::name_of(draft.file)};
  file.media_type = SourceFile::media_type_of(file.name);
  file.preview = draft.preview;
  core_.rng.fill(file.secret);
  core_.rng.fill(file.blob);
  const auto sealer = attachment::Sealer::start(secret_of(file), file.size);
  if (!sealer) return sealing_failed(sealer.error());
  auto transaction = core_.store.begin();
  if (!transaction) return pass(transaction);
  auto contact = core_.store.contacts.find_or_add(addressed.peer, ContactState::accepted, core_.clock.now());
  if (!contact) return pass(contact);
  if (auto done = outbox_.accept(*contact); !done) return pass(done);
  auto row = make_row(core_, draft, addressed, *contact);
  if (!row) return pass(row);
  row->message.text = file.name;
  row->content = encode_file(file);
  auto seq = core_.store.messages.add(*row);
  if (!seq) return pass(seq);
  if (*seq) {
    if (auto done = core_.store.messages.hold(**seq); !done) return pass(done);
    const TransferRow transfer{
        .message = **seq, .path = draft.file, .progress = sealer->progress(), .mark = mark, .whole_chain = {}};
    if (auto done = core_.store.transfers.put(transfer); !done) return pass(done);
  }
  if (auto done = core_.account.commit(*transaction); !done) return pass(done);
  if (*seq) return **seq;
  auto before = core_.store.messages.find(contact->id, Direction::outgoing, draft.id);
  if (!before) return pass(before);
  return (*before)->message.seq;
}

void Uploads::pump() {
  if (active_ || retry_ || !core_.online()) return;
  for (;;) {
    auto rows = core_.store.transfers.outgoing();
    if (!rows || rows->empty()) return;
    const auto begun = begin(rows->front());
    if (begun) return open();
    active_.reset();
    fail_message(rows->front().message, begun.error());
    if (retry_) return;
  }
}

Status Uploads::begin(const TransferRow& row) {
  auto message = core_.store.messages.find(row.message);
  if (!message) return pass(message);
  auto contact = core_.store.contacts.find((*message)->contact);
  if (!contact) return pass(contact);
  if ((*contact)->barred) return std::unexpected(blocked_error((*contact)->peer));
  auto file = decode_file((*message)->content);
  if (!file) return fail(ExitCode::damaged, "what was stored about this file is damaged: send it again");
  auto source = SourceFile::open(row.path);
  if (!source) return pass(source);
  if (source->mark() != row.mark) return std::unexpected(file_changed(row.path));
  auto sealer = attachment::Sealer::resume(secret_of(*file), file->size, row.progress);
  if (!sealer) return sealing_failed(sealer.error());
  if (core_.relay->blob_bytes() == 0)
    return fail(ExitCode::file_too_large, "this server keeps no files: ask its owner, or use another");
  if (sealer->layout().sealed_size() > core_.relay->blob_bytes())
    return fail(ExitCode::file_too_large, "the file is larger than this server takes: split it");
  active_ = std::make_shared<Active>(Active{.message = row.message,
                                            .file = std::move(*file),
                                            .source = std::move(*source),
                                            .sealer = std::move(*sealer),
                                            .confirmed = row.progress,
                                            .whole_chain = row.whole_chain,
                                            .on_the_way = {},
                                            .window = {},
                                            .stored = row.progress.next});
  return {};
}

void Uploads::open() {
  const auto& layout = active_->sealer.layout();
  v1::ClientFrame frame;
  auto& request = *frame.mutable_open_upload();
  request.set_id(active_->file.blob.data(), active_->file.blob.size());
  request.set_size(layout.sealed_size());
  request.set_offset(offset_of(layout, active_->confirmed.next));
  core_.relay->ask(std::move(frame), [this, weak = std::weak_ptr(active_)](Answer answer) {
    if (weak.lock()) on_opened(std::move(answer));
  });
}

void Uploads::on_opened(Answer answer) {
  if (!answer) {
    auto error = std::move(answer).error();
    // What a share or a size refuses today it refuses in a minute as well: the user has to know.
    const bool for_now = transient(error.code) && error.code != ExitCode::quota;
    if (error.code == ExitCode::text_too_long) error.code = ExitCode::file_too_large;
    if (for_now) return give_up(error);
    const auto message = active_->message;
    active_.reset();
    fail_message(message, error);
    return pump();
  }
  const auto& upload = (*answer)->upload();
  if (upload.complete()) {
    const auto done = active_->whole_chain ? finish(*active_->whole_chain) : restart();
    return done ? void() : give_up(done.error());
  }
  if (upload.stored() != offset_of(active_->sealer.layout(), active_->confirmed.next)) {
    const auto again = restart();
    return again ? void() : give_up(again.error());
  }
  failure_.reset();
  fill();
}

// The server does not have what it had confirmed (it expired, or the server came back from a backup): from the first
// byte on, under an id of its own.
Status Uploads::restart() {
  auto& active = *active_;
  if (std::exchange(active.restarted, true))
    return fail(ExitCode::protocol_mismatch, "the server does not keep what it confirms");
  auto sealer = attachment::Sealer::start(secret_of(active.file), active.file.size);
  if (!sealer) return sealing_failed(sealer.error());
  const auto before = active.file.blob;
  core_.rng.fill(active.file.blob);
  auto transaction = core_.store.begin();
  if (!transaction) return pass(transaction);
  if (auto done = core_.store.transfers.add_dead(before); !done) return done;
  if (auto done = core_.store.messages.set_content(active.message, encode_file(active.file)); !done) return done;
  auto known = core_.store.transfers.set_progress(active.message, sealer->progress());
  if (!known) return pass(known);
  if (!*known) return std::unexpected(cancelled());
  if (auto done = transaction->commit(); !done) return done;
  active.sealer = std::move(*sealer);
  active.confirmed = active.sealer.progress();
  active.stored = 0;
  active.whole_chain.reset();
  open();
  return {};
}

void Uploads::fill() {
  while (!active_->sealer.done()) {
    const auto chunks = active_->sealer.progress().next - active_->confirmed.next;
    if (chunks >= active_->window.chunks()) return;
    if (auto sent = send_part(); !sent) return give_up(sent.error());
  }
}

Status Uploads::seal(std::size_t chunks, std::string& data) {
  auto& sealer = active_->sealer;
  Bytes content(attachment::chunk_size);
  for (std::size_t i = 0; i < chunks && !sealer.done(); ++i) {
    const auto next = sealer.progress().next;
    const auto part = ByteSpan(content).first(sealer.layout().content_size(next));
    const auto offset = std::uint64_t{next} * attachment::chunk_size;
    if (auto read = active_->source.read(offset, part); !read) return read;
    const auto sealed = sealer.seal_next(part, core_.rng);
    if (!sealed) return sealing_failed(sealed.error());
    data.append(as_text(*sealed));
  }
  return {};
}

Status Uploads::send_part() {
  auto& active = *active_;
  v1::ClientFrame frame;
  auto& part = *frame.mutable_upload_part();
  part.set_id(active.file.blob.data(), active.file.blob.size());
  part.set_offset(offset_of(active.sealer.layout(), active.sealer.progress().next));
  if (auto sealed = seal(active.window.part(), *part.mutable_data()); !sealed) return sealed;
  if (active.sealer.done()) {
    if (auto same = active.source.unchanged(); !same) return same;
    const auto chain = active.sealer.finish();
    if (!chain) return sealing_failed(chain.error());
    active.whole_chain = *chain;
    auto known = core_.store.transfers.set_whole_chain(active.message, *chain);
    if (!known) return pass(known);
    if (!*known) return std::unexpected(cancelled());
  }
  active.on_the_way.push_back({.progress = active.sealer.progress(), .sent_at = Clock::now()});
  core_.relay->ask(std::move(frame), [this, weak = std::weak_ptr(active_)](Answer answer) {
    if (weak.lock()) on_stored(std::move(answer));
  });
  return {};
}

void Uploads::on_stored(Answer answer) {
  if (!answer) {
    // Whatever it is, the upload is opened again, and the answer to that counts.
    const auto& error = answer.error();
    return give_up(transient(error.code) ? error : Error{ExitCode::unreachable, error.message});
  }
  auto& active = *active_;
  const auto& upload = (*answer)->upload();
  const auto end = std::ranges::find_if(active.on_the_way, [&](const Active::Part& part) {
    return offset_of(active.sealer.layout(), part.progress.next) == upload.stored();
  });
  if (end == active.on_the_way.end())
    return give_up({ExitCode::protocol_mismatch, "the server confirmed what was not sent"});
  active.window.answered(Clock::now() - end->sent_at);
  active.confirmed = end->progress;
  active.on_the_way.erase(active.on_the_way.begin(), end + 1);
  if (upload.complete() && active.whole_chain) {
    const auto done = finish(*active.whole_chain);
    return done ? void() : give_up(done.error());
  }
  if (auto kept = keep_progress(false); !kept) return give_up(kept.error());
  fill();
}

Status Uploads::keep_progress(bool now) {
  auto& active = *active_;
  const auto since = std::uint64_t{active.confirmed.next - active.stored} * attachment::chunk_size;
  if (since == 0) return {};
  if (!now && since < limits::transfer_step && Clock::now() - active.stored_at < limits::transfer_interval) return {};
  auto known = core_.store.transfers.set_progress(active.message, active.confirmed);
  if (!known) return pass(known);
  if (!*known) return std::unexpected(cancelled());
  active.stored = active.confirmed.next;
  active.stored_at = Clock::now();
  return {};
}

Status Uploads::finish(const attachment::Chain& chain) {
  auto& active = *active_;
  active.file.chain = chain;
  auto transaction = core_.store.begin();
  if (!transaction) return pass(transaction);
  if (auto done = core_.store.messages.release(active.message, encode_file(active.file)); !done) return done;
  if (auto done = core_.store.transfers.remove(active.message); !done) return done;
  if (auto done = transaction->commit(); !done) return done;
  active_.reset();
  failure_.reset();
  outbox_.pump();
  core_.loop.post([this] { pump(); });
  return {};
}

void Uploads::stop() {
  if (!active_) return;
  if (auto kept = keep_progress(true); !kept && kept.error().code != ExitCode::unknown_message)
    log(LogLevel::warning, "upload.progress_not_stored", {{"why", kept.error().message}});
  active_.reset();
}

void Uploads::give_up(const Error& error) {
  log(LogLevel::info, "upload.stopped", {{"why", error.message}});
  const auto message = active_->message;
  stop();
  if (error.code == ExitCode::unknown_message) return core_.loop.post([this] { pump(); });
  if (transient(error.code)) {
    failure_ = error;
    return retry_later();
  }
  fail_message(message, error);
  core_.loop.post([this] { pump(); });
}

// At once: a row that stayed behind would name a file of the user's.
Status Uploads::give_up_for_good(std::int64_t message, const Error& error) {
  auto transaction = core_.store.begin();
  if (!transaction) return pass(transaction);
  auto row = core_.store.messages.find(message);
  if (!row) return pass(row);
  if (*row)
    if (auto done = forget_blob(core_.store, **row); !done) return done;
  if (auto done = core_.store.messages.set_failed(message, error); !done) return done;
  if (auto done = core_.store.transfers.remove(message); !done) return done;
  return transaction->commit();
}

void Uploads::fail_message(std::int64_t message, const Error& error) {
  if (!give_up_for_good(message, error)) return retry_later();
  core_.emit_message(message);
}

void Uploads::retry_later() {
  retry_ = core_.loop.after(retry_delay, [this] {
    retry_.reset();
    pump();
  });
}

void Uploads::on_offline() {
  stop();
  retry_.reset();
}

Result<std::optional<FileTransfer>> Uploads::state(std::int64_t message) const {
  const bool active = active_ && active_->message == message;
  auto row = core_.store.transfers.find(message);
  if (!row) return pass(row);
  if (!*row) return std::nullopt;
  const auto size = static_cast<std::uint64_t>((*row)->mark.size);
  const auto next = active ? active_->confirmed.next : (*row)->progress.next;
  FileTransfer out{.message = message, .done = bytes_before(next, size), .size = size};
  if (!active) out.failure = failure_;
  return out;
}

}  // namespace pqc::client
