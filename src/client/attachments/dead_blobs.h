// Sealed files that no message needs any more: taken back, cancelled, or begun anew under another id. The server is
// told, so that they count for the account's share no longer; once it has answered they are forgotten here. Loop thread
// only.
#pragma once

#include "client/core.h"

namespace pqc::client {

class DeadBlobs {
 public:
  explicit DeadBlobs(Core& core) : core_(core) {}
  DeadBlobs(const DeadBlobs&) = delete;
  DeadBlobs& operator=(const DeadBlobs&) = delete;

  // Tells the server of some of them, and of the next ones with its answers.
  void pump();
  void on_offline() { asked_ = 0; }

 private:
  void ask(const TransferTable::BlobId& blob);
  void on_answer(const TransferTable::BlobId& blob, const Status& answer);

  Core& core_;
  std::size_t asked_ = 0;  // questions without an answer
};

}  // namespace pqc::client
