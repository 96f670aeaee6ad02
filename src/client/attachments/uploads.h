// The way of a file out (docs/spec/attachments.md §6): its message waits, unsealed, until the server has all of the
// sealed file; then it goes the way of every message (outbox.h).
//
//   enqueue --> held --open, part, part, …--> complete --> released to the outbox
//                 '---------------- failed (with the reason) ----------------'
//
// One file at a time. What was confirmed is stored now and then, with the chain up to there: after a crash the rest is
// sealed anew, with fresh nonces, and the server forgets what it has behind that. The chain of the whole file is stored
// before its last part goes out, so that a server that has all of it is believed. Loop thread only.
#pragma once

#include <cstdint>
#include <memory>

#include "client/core.h"
#include "client/messages/drafts.h"
#include "client/messages/outbox.h"
#include "client/requests.h"

namespace pqc::client {

class Uploads {
 public:
  Uploads(Core& core, Outbox& outbox) : core_(core), outbox_(outbox) {}
  ~Uploads();
  Uploads(const Uploads&) = delete;
  Uploads& operator=(const Uploads&) = delete;

  // Stores the message. The same file to the same person, not yet sent to its end and unchanged, is the same message.
  // Errors: those of SourceFile, of drafts.h, of the store.
  Result<Message> enqueue(const Draft& draft);

  // Goes on with the first file that waits.
  void pump();
  void on_offline();
  // How far the file of a message is; nothing when it is not on its way.
  Result<std::optional<FileTransfer>> state(std::int64_t message) const;

 private:
  struct Active;
  using Answer = Result<const pqc_chat::v1::ServerFrame*>;

  Result<std::optional<Message>> known(std::int64_t contact, const std::string& path, const FileMark& mark);
  Result<std::int64_t> store(const Draft& draft, const FileMark& mark, const Addressed& addressed);
  Status begin(const TransferRow& row);
  void open();
  void on_opened(Answer answer);
  Status restart();
  void fill();
  Status send_part();
  Status seal(std::size_t chunks, std::string& data);
  void on_stored(Answer answer);
  Status keep_progress(bool now);
  Status finish(const attachment::Chain& chain);
  void stop();
  // Ends the upload that is under way: for a while, or with its message.
  void give_up(const Error& error);
  Status give_up_for_good(std::int64_t message, const Error& error);
  void fail_message(std::int64_t message, const Error& error);
  void retry_later();

  Core& core_;
  Outbox& outbox_;
  std::shared_ptr<Active> active_;
  std::optional<Error> failure_;  // why it stands still
  Loop::HandlePtr retry_;
};

}  // namespace pqc::client
