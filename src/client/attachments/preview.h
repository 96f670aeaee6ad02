// A small picture of a picture that is about to be sent (docs/spec/attachments.md §7). It is made by pqc-chat-preview,
// a confined process beside our programs: what decodes pictures is in no process that holds messages or keys.
#pragma once

#include <string>

#include "base/bytes.h"

namespace pqc::client {

// A JPEG of at most limits::preview_bytes; empty for what is no picture, too large, damaged or hostile, and where the
// program is not installed: the file is sent all the same. Takes limits::preview_wait at most: not for a thread that
// serves others.
[[nodiscard]] Bytes make_preview(const std::string& path);

}  // namespace pqc::client
