#include "client/core.h"

#include "client/messages/content.h"
#include "crypto/suite.h"

namespace pqc::client {

Message Core::visible(const MessageRow& row) {
  auto message = row.message;
  if (const auto* suite = crypto::find_suite(row.suite_number)) message.suite = suite->name;
  if (message.kind != MessageKind::file || message.unsent) return message;
  if (auto file = decode_file(row.content))
    message.file = FileInfo{.name = std::move(file->name),
                            .media_type = std::move(file->media_type),
                            .size = file->size,
                            .transferred = 0,
                            .preview = static_cast<std::uint32_t>(file->preview.size())};
  return message;
}

UnixMillis Core::server_now() const {
  return clock.now() + (relay ? relay->clock_offset() : std::chrono::milliseconds(0));
}

void Core::emit_message(std::int64_t seq) {
  const auto row = store.messages.find(seq);
  if (row && *row) emit(visible(**row));
}

void Core::emit_notices() {
  const auto notices = store.messages.notices_not_shown();
  if (!notices) return;
  for (const auto& notice : *notices) {
    if (notice.seq <= last_notice_) continue;
    last_notice_ = notice.seq;
    emit(notice);
  }
}

}  // namespace pqc::client
