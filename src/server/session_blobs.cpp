// Session: uploads and downloads of blobs (docs/spec/relay.md §9).
//
//   open_upload ──row──► prepare the file ──► open ──part, part, …──► whole ──row──► complete
//
// Only the connection that opened an upload last may write to it: what an earlier one still has on the way is refused,
// and completes nothing. While a blob is being marked as complete it has a writer that is nobody, and is not opened.
#include <algorithm>
#include <utility>

#include "base/log.h"
#include "server/blobs/limits.h"
#include "server/session.h"

namespace pqc::server {
namespace {

std::optional<storage::BlobId> blob_id(const std::string& bytes) {
  storage::BlobId id{};
  if (bytes.size() != id.size()) return std::nullopt;
  std::ranges::copy(as_bytes(bytes), id.begin());
  return id;
}

v1::ErrorCode code_of(blobs::BlobError error) {
  return error == blobs::BlobError::missing ? v1::ERROR_UNKNOWN_BLOB : v1::ERROR_UNAVAILABLE;
}

}  // namespace

BlobUse& Session::blob_use() {
  if (!blobs_) blobs_ = std::make_unique<BlobUse>();
  return *blobs_;
}

void Session::open_upload(std::uint64_t id, const v1::OpenUpload& request) {
  const auto blob = blob_id(request.id());
  if (!blob || request.size() == 0 || request.offset() > request.size()) return fail(id, v1::ERROR_MALFORMED);
  if (request.size() > services_.files.max_size) return fail(id, v1::ERROR_TOO_LARGE);
  if (!services_.openings.take(owner_->account_id.value)) {
    ++services_.counters.rate_limited;
    return fail(id, v1::ERROR_RATE_LIMITED);
  }
  const auto& open = blob_use().uploads;
  if (open.size() >= blobs::max_uploads_of_connection && !open.contains(*blob))
    return fail(id, v1::ERROR_QUOTA, "too many uploads at once");
  const storage::Blob wanted{.id = *blob,
                             .owner = owner_->account_id,
                             .size = request.size(),
                             .complete = false,
                             .expires = services_.clock.now() + blobs::unfinished_lifetime};
  auto add = [wanted, quota = services_.files.quota](storage::Store& store) {
    using Answer = std::pair<storage::BlobOutcome, bool>;
    const auto outcome = store.add_blob(wanted, quota);
    if (!outcome) return storage::Result<Answer>(std::unexpected(outcome.error()));
    const auto found = store.find_blob(wanted.id);
    if (!found) return storage::Result<Answer>(std::unexpected(found.error()));
    return storage::Result<Answer>(Answer{*outcome, *found && (*found)->complete});
  };
  store(id, 0, std::move(add), [id, wanted, offset = request.offset()](Session& self, const auto& answer) {
    if (!answer) return self.fail(id, v1::ERROR_UNAVAILABLE);
    const auto [outcome, complete] = *answer;
    if (outcome == storage::BlobOutcome::conflict) return self.fail(id, v1::ERROR_CONFLICT);
    if (outcome == storage::BlobOutcome::quota)
      return self.fail(id, v1::ERROR_QUOTA, "the files of this account fill its share: some have to expire first");
    if (complete) return self.answer_upload(id, wanted.size, true, {});
    if (outcome == storage::BlobOutcome::added) ++self.services_.counters.uploads;
    self.prepare_upload(id, wanted, offset);
  });
}

void Session::prepare_upload(std::uint64_t id, const storage::Blob& wanted, std::uint64_t offset) {
  if (const auto writer = services_.writers.find(wanted.id);
      writer != services_.writers.end() && writer->second == nullptr)
    return fail(id, v1::ERROR_UNAVAILABLE, "it is being completed");
  forget_upload(wanted.id);
  if (auto* before = std::exchange(services_.writers[wanted.id], this); before != nullptr && before != this)
    before->blob_use().uploads.erase(wanted.id);
  auto report = [weak = weak_from_this(), id, wanted](blobs::Result<std::uint64_t> stored) {
    const auto self = weak.lock();
    if (self && self->is_open()) self->upload_opened(id, wanted, stored);
  };
  if (services_.blobs.prepare(wanted.id, offset, wanted.size, std::move(report))) return;
  forget_upload(wanted.id);
  fail(id, v1::ERROR_UNAVAILABLE);
}

void Session::upload_opened(std::uint64_t id, const storage::Blob& wanted, blobs::Result<std::uint64_t> stored) {
  const auto writer = services_.writers.find(wanted.id);
  if (writer == services_.writers.end() || writer->second != this) return fail(id, v1::ERROR_CONFLICT);
  if (!stored) {
    forget_upload(wanted.id);
    return fail(id, v1::ERROR_UNAVAILABLE, blobs::name_of(stored.error()));
  }
  if (*stored == wanted.size) return complete_upload(id, wanted.id, wanted.size);
  blob_use().uploads[wanted.id] = {.size = wanted.size, .next = *stored};
  answer_upload(id, *stored, false, wanted.expires);
}

void Session::upload_part(std::uint64_t id, v1::UploadPart& request) {
  const auto blob = blob_id(request.id());
  const auto size = request.data().size();
  if (!blob || size == 0 || size > blobs::max_part_size) return fail(id, v1::ERROR_MALFORMED);
  auto& uploads = blob_use().uploads;
  const auto upload = uploads.find(*blob);
  if (upload == uploads.end()) return fail(id, v1::ERROR_CONFLICT, "this upload is not open here");
  auto& [whole, next] = upload->second;
  if (request.offset() != next || size > whole - next) {
    forget_upload(*blob);
    return fail(id, v1::ERROR_CONFLICT, "not where the part before ended");
  }
  next += size;
  job_waits(size);
  auto report = [weak = weak_from_this(), id, blob = *blob, whole, size](blobs::Result<std::uint64_t> stored) {
    const auto self = weak.lock();
    if (!self) return;
    self->job_done(size);
    if (self->is_open()) self->part_stored(id, blob, whole, stored);
  };
  if (services_.blobs.append(*blob, request.offset(), std::move(*request.mutable_data()), std::move(report))) return;
  job_done(size);
  forget_upload(*blob);
  fail(id, v1::ERROR_UNAVAILABLE);
}

void Session::part_stored(std::uint64_t id, const storage::BlobId& blob, std::uint64_t size,
                          blobs::Result<std::uint64_t> stored) {
  if (!stored) {
    forget_upload(blob);
    return fail(id, code_of(stored.error()), blobs::name_of(stored.error()));
  }
  // Opened anew meanwhile, here or on another connection: this may have been cut off again.
  if (!blobs_ || !blobs_->uploads.contains(blob)) return fail(id, v1::ERROR_CONFLICT, "this upload is not open here");
  if (*stored == size) return complete_upload(id, blob, size);
  answer_upload(id, *stored, false, {});
}

// All of it is on disk: now it can be read.
void Session::complete_upload(std::uint64_t id, const storage::BlobId& blob, std::uint64_t size) {
  forget_upload(blob);
  const auto expires = services_.clock.now() + services_.files.lifetime;
  auto complete = [blob, expires](storage::Store& store) { return store.complete_blob(blob, expires); };
  auto report = [weak = weak_from_this(), &services = services_, id, blob, size, expires](const auto& done) {
    services.writers.erase(blob);
    if (done && *done) ++services.counters.uploads_completed;
    const auto self = weak.lock();
    if (!self) return;
    self->job_done(0);
    if (!self->is_open()) return;
    if (!done) return self->fail(id, v1::ERROR_UNAVAILABLE);
    if (!*done) return self->fail(id, v1::ERROR_UNKNOWN_BLOB);
    self->answer_upload(id, size, true, expires);
  };
  job_waits(0);
  services_.writers[blob] = nullptr;
  if (services_.storage.submit(0, std::move(complete), std::move(report))) return;
  services_.writers.erase(blob);
  job_done(0);
  fail(id, v1::ERROR_UNAVAILABLE);
}

void Session::answer_upload(std::uint64_t id, std::uint64_t stored, bool complete, UnixMillis expires) {
  auto& upload = *answer(id).mutable_upload();
  upload.set_stored(stored);
  upload.set_complete(complete);
  upload.set_expires_at(expires.value);
  send(services_.answer);
}

void Session::forget_upload(const storage::BlobId& blob) {
  if (blobs_) blobs_->uploads.erase(blob);
  const auto writer = services_.writers.find(blob);
  if (writer != services_.writers.end() && writer->second == this) services_.writers.erase(writer);
}

void Session::forget_uploads() {
  if (!blobs_) return;
  std::erase_if(services_.writers, [this](const auto& entry) { return entry.second == this; });
  blobs_.reset();
}

void Session::read_blob(std::uint64_t id, const v1::ReadBlob& request) {
  const auto blob = blob_id(request.id());
  if (!blob || request.bytes() == 0) return fail(id, v1::ERROR_MALFORMED);
  const auto& known = blob_use().known;
  if (known && known->id == *blob && known->expires > services_.clock.now())
    return read_known(id, *known, request.offset(), request.bytes());
  if (!services_.misses.any(owner_->account_id.value)) {
    ++services_.counters.rate_limited;
    return fail(id, v1::ERROR_RATE_LIMITED);
  }
  auto find = [blob = *blob](storage::Store& store) { return store.find_blob(blob); };
  store(id, 0, std::move(find),
        [id, offset = request.offset(), bytes = request.bytes()](Session& self, const auto& found) {
          if (!found) return self.fail(id, v1::ERROR_UNAVAILABLE);
          if (!*found || !(*found)->complete || (*found)->expires <= self.services_.clock.now()) {
            self.services_.misses.charge(self.owner_->account_id.value, 1);
            return self.fail(id, v1::ERROR_UNKNOWN_BLOB);
          }
          self.blob_use().known = **found;
          self.read_known(id, **found, offset, bytes);
        });
}

// Nobody learns whether another account's blob is here.
void Session::remove_blob(std::uint64_t id, const v1::RemoveBlob& request) {
  const auto blob = blob_id(request.id());
  if (!blob) return fail(id, v1::ERROR_MALFORMED);
  if (!services_.misses.any(owner_->account_id.value)) {
    ++services_.counters.rate_limited;
    return fail(id, v1::ERROR_RATE_LIMITED);
  }
  auto remove = [blob = *blob, owner = owner_->account_id](storage::Store& store) {
    const auto found = store.find_blob(blob);
    if (!found) return storage::Result<bool>(std::unexpected(found.error()));
    if (!*found || (*found)->owner != owner) return storage::Result<bool>(false);
    return store.remove_blob(blob).transform([] { return true; });
  };
  store(id, 0, std::move(remove), [id, blob = *blob](Session& self, const auto& removed) {
    if (!removed) return self.fail(id, v1::ERROR_UNAVAILABLE);
    if (*removed) return self.blob_removed(id, blob);
    self.services_.misses.charge(self.owner_->account_id.value, 1);
    self.fail(id, v1::ERROR_UNKNOWN_BLOB);
  });
}

// Its row is gone. Whoever still writes to it is told so with the next part; a file that is not removed now is removed
// at the next start, as it has no row.
void Session::blob_removed(std::uint64_t id, const storage::BlobId& blob) {
  if (const auto writer = services_.writers.find(blob); writer != services_.writers.end() && writer->second != nullptr)
    writer->second->forget_upload(blob);
  if (blobs_ && blobs_->known && blobs_->known->id == blob) blobs_->known.reset();
  if (!services_.blobs.remove({blob})) log(LogLevel::warning, "blob_file_left");
  ++services_.counters.blobs_removed;
  answer(id).mutable_blob_removed();
  send(services_.answer);
}

void Session::read_known(std::uint64_t id, const storage::Blob& blob, std::uint64_t offset, std::uint32_t bytes) {
  if (offset >= blob.size) return fail(id, v1::ERROR_MALFORMED, "behind the end");
  const auto size =
      std::min({static_cast<std::uint64_t>(bytes), std::uint64_t{blobs::max_part_size}, blob.size - offset});
  job_waits(size);
  blob_use().reads.push_back({.request = id, .id = blob.id, .whole = blob.size, .offset = offset, .size = size});
  start_reads();
}

// A client may ask for much with little: what it asks for is read only as far as it takes the answers.
void Session::start_reads() {
  auto& use = blob_use();
  while (!use.reads.empty() && use.reading < blobs::max_reading && connection_->queued_bytes() < blobs::max_reading) {
    const auto read = use.reads.front();
    use.reads.pop_front();
    use.reading += read.size;
    auto report = [weak = weak_from_this(), read](blobs::Result<std::string> data) {
      const auto self = weak.lock();
      if (!self) return;
      self->job_done(read.size);
      if (self->is_open()) self->answer_read(read, std::move(data));
    };
    if (services_.blobs.read(read.id, read.offset, read.size, std::move(report))) continue;
    use.reading -= read.size;
    job_done(read.size);
    fail(read.request, v1::ERROR_UNAVAILABLE);
  }
}

void Session::answer_read(const BlobUse::Read& read, blobs::Result<std::string> data) {
  blob_use().reading -= read.size;
  if (data) {
    auto& part = *answer(read.request).mutable_blob_part();
    part.set_size(read.whole);
    part.set_data(std::move(*data));
    send(services_.answer);
  } else {
    fail(read.request, code_of(data.error()), blobs::name_of(data.error()));
  }
  if (is_open()) start_reads();
}

void Session::on_drained() {
  if (blobs_ && is_open()) start_reads();
}

}  // namespace pqc::server
