// The way of a file in (docs/spec/attachments.md §6): asked for by the user, opened chunk by chunk into a file of
// another name, and given its name once all of it is known to be what the sender announced.
//
// How far it came is stored after its bytes are on disk. What the server gives in place of the file is refused, and
// nothing of it is kept. A file that nobody asks about any more (save_lease) rests until it is asked for again. Loop
// thread only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "client/core.h"
#include "client/requests.h"

namespace pqc::client {

class Downloads {
 public:
  explicit Downloads(Core& core) : core_(core) {}
  ~Downloads();
  Downloads(const Downloads&) = delete;
  Downloads& operator=(const Downloads&) = delete;

  // Begins, goes on, or says how it stands. Errors: what ends it (file_gone, refused, usage, disk_full and the
  // system's); it can then be asked for again.
  Result<FileTransfer> save(const SaveFile& request);
  // Whether save() would say that it has ended.
  [[nodiscard]] bool ended(std::int64_t message) const;
  void on_online();

 private:
  struct Active;
  using ActivePtr = std::shared_ptr<Active>;
  using Answer = Result<const pqc_chat::v1::ServerFrame*>;

  Result<ActivePtr> begin(const SaveFile& request, const MessageRow& row);
  Result<attachment::Progress> resumable(std::int64_t message, const std::string& part, std::uint64_t size);
  Result<FileTransfer> save_preview(const SaveFile& request, const MessageRow& row);
  Result<FileTransfer> take_outcome(const ActivePtr& active);
  void renew_lease(const ActivePtr& active);
  void resume(const ActivePtr& active);
  void ask(const ActivePtr& active);
  void on_part(const ActivePtr& active, std::uint32_t chunk, std::uint32_t count, Answer answer);
  Status write_next(Active& active, ByteView data, std::uint32_t count);
  Status keep_progress(Active& active, bool now);
  Status finish(Active& active);
  void end(Active& active, Status outcome);
  void discard(Active& active);

  Core& core_;
  std::map<std::int64_t, ActivePtr> active_;
};

}  // namespace pqc::client
