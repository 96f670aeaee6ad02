#include "client/attachments/dead_blobs.h"

#include "base/log.h"
#include "client/limits.h"
#include "proto/relay.pb.h"

namespace pqc::client {

void DeadBlobs::pump() {
  if (asked_ > 0 || !core_.online()) return;
  const auto blobs = core_.store.transfers.dead(limits::dead_blobs_at_once);
  if (!blobs) return log(LogLevel::error, "blobs.not_removed", {{"why", blobs.error().message}});
  asked_ = blobs->size();
  for (const auto& blob : *blobs) ask(blob);
}

void DeadBlobs::ask(const TransferTable::BlobId& blob) {
  pqc_chat::v1::ClientFrame frame;
  frame.mutable_remove_blob()->set_id(blob.data(), blob.size());
  core_.relay->ask(std::move(frame), [this, blob](Result<const pqc_chat::v1::ServerFrame*> answer) {
    on_answer(blob, answer ? Status() : Status(pass(answer)));
  });
}

void DeadBlobs::on_answer(const TransferTable::BlobId& blob, const Status& answer) {
  if (asked_ > 0) --asked_;
  // What is not there is removed. Otherwise it is asked again on the next connection.
  const bool gone = answer || answer.error().code == ExitCode::file_gone;
  const auto forgotten = gone ? core_.store.transfers.remove_dead(blob) : answer;
  if (!forgotten) return log(LogLevel::info, "blobs.not_removed", {{"why", forgotten.error().message}});
  if (asked_ == 0) pump();
}

}  // namespace pqc::client
